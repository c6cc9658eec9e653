import Testing

extension EndToEnd {
    @Suite struct SlowLinkTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// A page of 200 long messages takes a quarter of a minute at 16 kB/s, and arrives.
        @Test func aLongHistoryComesOverASlowLink() async throws {
            let server = try await ServerProcess.start(
                home: home, options: ["--message-rate", "0", "--byte-rate", "0"])
            let bob = try RawClient(port: server.port, user: "bob")
            for number in 0..<200 {
                let text = String(repeating: "длинно ", count: 68) + "номер \(number)"
                bob.send(text, from: "bob", to: "alice")
                #expect(try bob.nextText().contains("message_sent"))
            }
            let link = try FaultyProxy(to: server.port, bytesPerSecond: 16_000)
            let alice = try await TmuxTerminal.chat(
                .alice, with: .bob, at: "ws://127.0.0.1:\(link.port)", home: home)
            try await alice.wait(forText: "номер 199", within: .seconds(60))
            let log = try home.read("state/chat-tui/chat-tui.log")
            #expect(!log.contains("timed out"))
        }
    }
}
