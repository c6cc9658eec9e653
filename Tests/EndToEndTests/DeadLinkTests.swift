import Foundation
import Testing

extension EndToEnd {
    /// Links that look open and carry nothing. Both ends ping every second here, with the real time limit of 10 s.
    @Suite struct DeadLinkTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func bothEndsNoticeAndTheClientComesBack() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--heartbeat-seconds", "1"])
            let network = try FaultyProxy(to: server.port)
            let command = try TmuxTerminal.command(.alice, with: .bob, url: "ws://127.0.0.1:\(network.port)")
            let alice = try TmuxTerminal(command + ["--heartbeat-seconds", "1"], home: home)
            try await alice.waitUntilConnected()

            network.swallow()
            let start = ContinuousClock.now
            try await alice.wait(for: "no ‘●’", within: .seconds(12)) { !$0.isConnected }
            try await wait(for: "the server to notice", within: .seconds(12) - (.now - start)) {
                try home.read("server.log").contains("Пользователь отключен: alice") ? true : nil
            }
            #expect(try server.get("/status").contains(#""connections":0"#))
            #expect(ContinuousClock.now - start >= .seconds(9))  // a time limit, not a broken connection

            network.heal()
            try alice.press("C-r")
            try await alice.waitUntilConnected()
        }

        /// The message is stored, but its confirmation is lost.
        @Test func aMessageWhoseConfirmationIsLostIsStoredOnce() async throws {
            let server = try await ServerProcess.start(home: home)
            let network = try FaultyProxy(to: server.port)
            let alice = try await TmuxTerminal.chat(
                .alice, with: .bob, at: "ws://127.0.0.1:\(network.port)", home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)

            network.swallow([.toClient])
            try await alice.send("Дошло?")
            try await bob.wait(forText: "Дошло?")
            #expect(try !alice.capture().contains("✓"))
            network.heal()
            try await alice.wait(forText: "Дошло? ✓")
            try await alice.send("Теперь точно")
            for window in [alice, bob] {
                try await window.wait(for: "each text once") {
                    $0.order(of: ["Дошло?", "Теперь точно"]) == ["Дошло?", "Теперь точно"]
                }
            }
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            #expect(stored.ranges(of: "Дошло?").count == 1)
        }

        /// The client was stopped for longer than the server waits, as by a debugger or a shell. It catches up at once.
        @Test func aStoppedClientComesBack() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--heartbeat-seconds", "1"])
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let process = try #require(ProcessTable.ids(of: "chat-tui", with: home.path).first)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)

            kill(process, SIGSTOP)
            defer { kill(process, SIGCONT) }
            try await wait(for: "the server to notice", within: .seconds(15)) {
                try home.read("server.log").contains("Пользователь отключен: alice") ? true : nil
            }
            try await bob.send("Вы здесь?")
            kill(process, SIGCONT)
            try await alice.wait(for: "the connection and the text", within: .seconds(3)) {
                $0.isConnected && $0.contains("Вы здесь?")
            }
        }
    }
}
