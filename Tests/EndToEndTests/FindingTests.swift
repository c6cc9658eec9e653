import Testing

extension EndToEnd {
    /// The search in all conversations, `/date`, and `chat-tui search`.
    @Suite struct FindingTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func findOpenAndBack() async throws {
            var server: ServerProcess? = try await ServerProcess.start(home: home, options: ["--message-rate", "0"])
            let url = try #require(server).url
            // The message that is looked for is many pages above what the window loads.
            let lines = ["Продаёте диван?"] + (1...150).map { "строка \($0)" }
            for (user, input) in [("bob", lines.joined(separator: "\n")), ("carl", "Дивана не осталось?")] {
                let sent = try CommandRun(
                    ["--plain", "--user", user, "--seller", "alice", "--url", url], home: home, input: input)
                #expect(try await sent.waitForExit(within: .seconds(60)).code == 0)
            }
            let program = try Programs.built("chat-tui")
            let alice = try TmuxTerminal([program, "--user", "alice", "--url", url], home: home)
            try await alice.waitUntilConnected()
            try await alice.wait(forText: "▸ 1 carl (1)")
            for peer in ["bob", "carl"] {
                try alice.type("/seller \(peer)")
                try alice.press("Enter")
                try await alice.wait(forText: peer == "bob" ? "строка 150" : "Дивана не осталось?")
                try alice.press("C-Home")
                try await alice.wait(forText: peer == "bob" ? "Продаёте диван?" : "Дивана не осталось?")
            }
            try alice.press("Escape", "Escape")
            try await alice.wait(forText: "Найти беседу")

            // It needs no server.
            server = nil
            try await alice.wait(forText: "Подключение...")
            try alice.press("M-s")
            try alice.type("диваны")
            try await alice.wait(for: "both") { $0.contains("▸ carl") && $0.contains("Продаёте диван?") }
            try alice.press("Down", "Enter")
            try await alice.wait(for: "the message among its neighbours") {
                $0.header.contains("bob") && $0.contains("Продаёте диван?") && $0.contains("строка 1")
            }
            try alice.press("Escape")
            try await alice.wait(for: "the same result") { $0.contains("▸ bob") && $0.contains("carl") }
            try alice.press("Escape")
            try await alice.wait(forText: "Найти беседу")
        }
    }
}
