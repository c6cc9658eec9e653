import Testing

extension EndToEnd {
    @Suite struct DeliveryTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// Each window must show each text once and in order. A failure prints all windows, since a text may be missing
        /// in one because another never sent it.
        private func expect(_ texts: [String], in windows: [TmuxTerminal]) async throws {
            let state = { try windows.map { try $0.capture().framed }.joined(separator: "\n\n") + serverLog() }
            try await wait(for: "\(texts.count) texts in order, once each", state: state) {
                try windows.allSatisfy { try $0.capture().order(of: texts) == texts } ? true : nil
            }
        }

        private func serverLog() -> String { "\n\nserver.log:\n" + ((try? home.read("server.log")) ?? "") }

        @Test func bothWaysEachTextOnceAndInOrder() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)

            let texts = ["Здравствуйте, ещё продаёте?", "Да, продаю", "Сколько?", "Сто", "Беру 👍"]
            for (index, text) in texts.enumerated() {
                let (writer, reader) = index.isMultiple(of: 2) ? (alice, bob) : (bob, alice)
                try await writer.send(text)
                try await reader.wait(forText: text)
            }
            try await expect(texts, in: [alice, bob])
            #expect(try alice.capture().header.contains("по товару «iPhone 13»"))
            #expect(try alice.capture().header.contains("Иван Петров"))
            #expect(try bob.capture().header.contains("Алиса"))
            #expect(try alice.capture().isConnected && bob.capture().isConnected)
            #expect(try await server.terminate() == 0)
        }

        @Test func manyInOneGo() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home, rows: 60)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home, rows: 60)
            let texts = (10..<30).map { "номер \($0)" }
            for text in texts {
                try await alice.send(text)
            }
            try await expect(texts, in: [alice, bob])
        }

        /// History, messages that arrive while it is loaded, and later ones join without a gap or a repeat.
        @Test func joiningInTheMiddle() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home, rows: 60)
            let command = try TmuxTerminal.command(.bob, with: .alice, url: server.url)
            let texts = (10..<40).map { "номер \($0)" }
            var bob: TmuxTerminal?
            for (index, text) in texts.enumerated() {
                if index == 5 { bob = try TmuxTerminal(command, home: home, rows: 60) }
                try await alice.send(text)
            }
            try await expect(texts, in: [alice, try #require(bob)])
        }

        @Test func historyIsThereForWhoComesLater() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.send("Вы дома?")
            try await alice.wait(forText: "✓")
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try await bob.wait(forText: "Вы дома?")
        }
    }
}
