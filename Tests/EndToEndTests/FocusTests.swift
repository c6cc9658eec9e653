import Testing

extension EndToEnd {
    /// With its defaults, tmux reports the focus to no program.
    @Suite struct FocusTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func aHiddenWindowRingsAndReadsNothing() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try bob.press("Right")  // an earlier key is no reason either
            try bob.hide()
            try await alice.send("видно?")
            try await alice.wait(forText: "видно? ✓✓")
            try await wait(for: "the bell", state: { "none" }) { try bob.hasRung() ? true : nil }
            #expect(try !hasRead(server))

            try bob.show()
            try await bob.wait(forText: "видно?")
            #expect(try !hasRead(server))
            try bob.press("Right")
            try await wait(for: "the receipt", state: { "none" }) { try hasRead(server) ? true : nil }
        }

        private func hasRead(_ server: ServerProcess) throws -> Bool {
            try server.get("/messages?userId=alice&otherUserId=bob&limit=1").contains(#""read""#)
        }
    }
}
