import Testing

extension EndToEnd {
    /// One person in the list of conversations, and two who write to them.
    @Suite struct InboxTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private static let carl = Person(id: "carl", name: "Карл")

        private func inbox(at url: String) async throws -> TmuxTerminal {
            let program = try Programs.built("chat-tui")
            let terminal = try TmuxTerminal([program, "--user", "alice", "--url", url], home: home)
            try await terminal.waitUntilConnected()
            return terminal
        }

        @Test func listOpenAndBack() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await inbox(at: server.url)
            try await alice.wait(forText: "Бесед пока нет")
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            let carl = try await TmuxTerminal.chat(Self.carl, with: .alice, at: server.url, home: home)

            // A new message is listed at once, the latest conversation first, and the selection does not move.
            try await bob.send("Ещё продаю")
            try await alice.wait(forText: "▸ 1 bob (1)  «iPhone 13»")
            try await carl.send("Лодка свободна")
            try await alice.wait(forText: "1 carl (1)")
            try await alice.wait(forText: "▸ 2 bob (1)")
            #expect(try alice.property("pane_title") == "(2) Беседы — chat-tui")

            // A draft stays with its conversation, and a read message is not unread any more.
            try alice.press("Enter")
            try await alice.wait(for: "Bob's conversation") {
                $0.header.contains("bob") && $0.isConnected && $0.contains("Ещё продаю")
                    && $0.contains("в других беседах: 1")
            }
            try await bob.wait(forText: "✓✓")
            try alice.type("Сколько стоит")
            try await alice.wait(forText: "13/500")
            try alice.press("Escape")
            try await alice.wait(forText: "черновик: Сколько стоит")
            try await alice.wait(for: "nothing unread of Bob") { $0.contains("▸ 2 bob  «iPhone 13»") }

            // Alt-A opens an unread conversation. A message written there makes it the first in the list.
            try alice.press("M-a")
            try await alice.wait(forText: "Лодка свободна")
            try await alice.send("Беру лодку")
            try await carl.wait(forText: "Беру лодку")
            try alice.press("Escape")
            try await alice.wait(for: "Carl first, in Alice's words") {
                $0.contains("▸ 1 carl  «iPhone 13»") && $0.contains("вы: Беру лодку")
            }

            // The filter works in the other keyboard layout, too. Alt-1 opens what it found, with the draft.
            try alice.type("ищи")
            try await alice.wait(for: "Bob alone") { $0.contains("1 bob") && !$0.contains("carl") }
            try alice.press("M-1")
            try await alice.wait(for: "the draft") { $0.inputRows.contains { $0.contains("Сколько стоит") } }
            try alice.press("Enter")
            try await bob.wait(forText: "Сколько стоит")
        }

        /// The stored list is there without a server, and is updated when a server is back.
        @Test func worksWithoutServer() async throws {
            var server = try await ServerProcess.start(home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try await bob.send("Вы дома?")
            try await bob.wait(forText: "✓")
            var alice = try await inbox(at: server.url)
            try await alice.wait(forText: "Вы дома?")
            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)

            server.kill9()
            let program = try Programs.built("chat-tui")
            alice = try TmuxTerminal([program, "--user", "alice", "--url", server.url], home: home)
            try await alice.wait(for: "the stored list, and no connection") {
                $0.contains("▸ 1 bob (1)") && $0.counterLine.contains("Подключение...")
            }
            server = try await server.restarted()
            try await bob.waitUntilConnected(within: .seconds(40))
            try await alice.waitUntilConnected(within: .seconds(40))
            try await bob.send("Ау")
            try await alice.wait(forText: "▸ 1 bob (2)")
        }
    }
}
