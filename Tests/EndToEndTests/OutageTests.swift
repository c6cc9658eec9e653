import Testing

extension EndToEnd {
    @Suite struct OutageTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func serverDiesAndComesBack() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try await alice.send("до сбоя")
            try await bob.wait(forText: "до сбоя")

            server.kill9()
            for window in [alice, bob] {
                try await window.wait(for: "‘Подключение...’ and no ‘●’", within: .seconds(3)) {
                    $0.contains("Подключение...") && !$0.isConnected
                }
            }
            try await expectEnterIsRefused(in: alice, text: "во время сбоя")

            let restarted = try await server.restarted()
            for window in [alice, bob] { try await window.waitUntilConnected(within: .seconds(15)) }
            try alice.press("Enter")
            try await bob.wait(forText: "во время сбоя")
            try await alice.wait(for: "an empty input line") { $0.isInputEmpty }

            let texts = ["до сбоя", "во время сбоя"]
            for window in [alice, bob] {
                try await window.wait(for: "both texts once, in order") { $0.order(of: texts) == texts }
            }
            let stored = try restarted.get("/messages?userId=alice&otherUserId=bob")
            for text in texts { #expect(stored.ranges(of: text).count == 1) }
        }

        /// Checks the words and the kept text, and that typing goes on.
        private func expectEnterIsRefused(in window: TmuxTerminal, text: String) async throws {
            try window.type(text)
            try await window.wait(for: "the text in the input line") { $0.inputRows.contains { $0.contains(text) } }
            try window.press("Enter")
            let screen = try await window.wait(forText: "текст сохранён")
            #expect(screen.inputRows.contains { $0.contains(text) })
            #expect(!screen.scrollback.contains { $0.contains(text) })
            try window.type("!")
            try await window.wait(forText: text + "!")
            try window.press("BSpace")
            try await window.wait(for: "the text without ‘!’") { !$0.contains(text + "!") && $0.contains(text) }
        }

        @Test func connectingIsRedAndConnectedIsGreen() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let header = try alice.captureWithStyles().header
            #expect(header.contains(/\u{1B}\[[0-9;]*32m●/))
            server.kill9()
            try await alice.wait(forText: "Подключение...", within: .seconds(3))
            let counterLine = try alice.captureWithStyles().counterLine
            #expect(counterLine.contains(/\u{1B}\[[0-9;]*31m *Подключение\.\.\./))
        }

        /// No server has ever answered. The program opens all the same, and Ctrl-R does not wait for the next attempt.
        @Test func startsWithoutAServer() async throws {
            let server = try await ServerProcess.start(home: home)
            server.kill9()
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            let alice = try TmuxTerminal(command, home: home)
            try await alice.wait(for: "the header, and ‘Подключение...’") {
                $0.header.contains("Иван Петров") && $0.contains("Подключение...")
            }
            let restarted = try await server.restarted()
            try alice.press("C-r")
            try await alice.waitUntilConnected(within: .seconds(3))
            #expect(try await restarted.terminate() == 0)
            try await alice.wait(for: "no ‘●’", within: .seconds(3)) { !$0.isConnected }
        }
    }
}
