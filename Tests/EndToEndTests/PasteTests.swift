import Testing

extension EndToEnd {
    @Suite struct PasteTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func severalLinesAreNotSent() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try alice.paste("первая строка\nвторая строка\nтретья")
            let pasted = try await alice.wait(for: "three rows in the input") {
                $0.inputRows.map { $0.trimmingSpaces } == ["первая строка", "вторая строка", "третья"]
            }
            #expect(pasted.counterLine.contains("34/500"))
            #expect(!pasted.scrollback.contains { $0.contains("строка") })

            try alice.press("Enter")
            let received = try await bob.wait(forText: "третья")
            let texts = ["первая строка", "вторая строка", "третья"]
            #expect(received.order(of: texts) == texts)
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            #expect(stored.ranges(of: "message_text").count == 1)
            #expect(stored.contains(#"первая строка\nвторая строка\nтретья"#))
        }

        /// Sequences that the terminal would treat as keys or commands are text in a paste, and harmless on the other
        /// screen.
        @Test func sequencesArePastedAsText() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            try alice.paste("до \u{1B}[2J\u{1B}]2;взлом\u{07} после")
            try await alice.wait(forText: "после")
            try alice.press("Enter")
            let received = try await bob.wait(forText: "после")
            #expect(received.isConnected)
            #expect(try !bob.property("pane_title").hasPrefix("взлом"))
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: String { String(trimmingPrefix(while: { $0 == " " })) }
}
