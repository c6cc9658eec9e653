import Testing

extension EndToEnd {
    @Suite struct BlockTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// A blocked user's message is confirmed to them and shown to nobody until the block ends. The block outlives the
        /// window.
        @Test func aBlockedPersonIsNotHeard() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try await bob.send("до блокировки")
            try await alice.wait(forText: "до блокировки")
            try await alice.send("/block")
            try await alice.wait(for: "the block") { $0.isConnected && $0.header.contains("заблокирован(а)") }
            try await bob.send("после блокировки")
            try await bob.wait(for: "✓") { $0.row(of: "после блокировки ✓") != nil }

            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)
            let later = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await later.wait(for: "the block") { $0.header.contains("заблокирован(а)") }
            try await later.wait(forText: "до блокировки")
            let during = try await bob.wait(for: "the text") { $0.row(of: "после блокировки ✓") != nil }
            #expect(during.row(of: "после блокировки ✓✓") == nil)
            try await later.send("/unblock")
            try await later.wait(forText: "Блокировка снята")
            try await later.wait(forText: "после блокировки")
            // Now it is true.
            try await bob.wait(for: "✓✓") { $0.row(of: "после блокировки ✓✓") != nil }
            try await bob.send("и снова")
            let screen = try await later.wait(forText: "и снова")
            #expect(!screen.header.contains("заблокирован(а)"))
        }
    }
}
