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

            // A new message is listed at once, the latest conversation first. The first row stays selected until the user
            // moves, and numbers stay with their conversations.
            try await bob.send("Ещё продаю")
            try await alice.wait(forText: "▸ 1 bob (1)  «iPhone 13»")
            try await carl.send("Лодка свободна")
            try await alice.wait(forText: "▸ 2 carl (1)")
            try alice.press("Down")
            try await alice.wait(forText: "▸ 1 bob (1)")
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

        /// A window with one conversation says what waits in the others, and goes there.
        @Test func elsewhere() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let carl = try await TmuxTerminal.chat(Self.carl, with: .alice, at: server.url, home: home)
            try await carl.send("Лодка свободна")
            try await alice.wait(forText: "в других беседах: 1 · Alt-A")
            try alice.press("M-a")
            try await alice.wait(forText: "Лодка свободна")
            try alice.press("Escape")
            try await alice.wait(forText: "▸ 1 carl")
        }

        /// What is set in one window shows in the other one, and outlives both.
        @Test func flags() async throws {
            let server = try await ServerProcess.start(home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            var (one, two) = (try await inbox(at: server.url), try await inbox(at: server.url))
            try await bob.send("Ещё продаю")
            for window in [one, two] { try await window.wait(forText: "bob (1)") }
            try one.press("M-m")
            try await one.wait(forText: "без звука")
            try await two.wait(forText: "без звука")
            try two.press("M-h")
            try await two.wait(forText: "Все беседы в архиве")
            try await one.wait(forText: "Все беседы в архиве")
            for window in [one, two] {
                try window.press("C-d")
                #expect(try await window.waitForExit() == 0)
            }
            one = try await inbox(at: server.url)
            try await one.wait(forText: "Все беседы в архиве")
            try one.press("F8")
            try await one.wait(for: "the archive") { $0.header.contains("Архив") && $0.contains("bob (1) · без звука") }
            // Muted, it stays there; otherwise a new message brings it back.
            try one.press("M-m")
            try await one.wait(forText: "звук включён")
            two = try await inbox(at: server.url)
            try await two.wait(forText: "Все беседы в архиве")
            try await bob.send("Ау")
            try await two.wait(forText: "bob (2)")
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
