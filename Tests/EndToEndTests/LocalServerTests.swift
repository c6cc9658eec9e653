import Foundation
import Testing

extension EndToEnd {
    /// No URL, and no server started by hand.
    @Suite struct LocalServerTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private var servers: [pid_t] { ProcessTable.ids(of: "chat-server", with: home.path) }

        @Test func twoTerminalsFindEachOther() async throws {
            defer { for id in servers { kill(id, SIGKILL) } }
            // Both windows start a server at once. One of the servers finds the socket taken.
            let windows = try [(Person.alice, Person.bob), (.bob, .alice)].map { user, peer in
                try TmuxTerminal(TmuxTerminal.command(user, with: peer, url: nil), home: home)
            }
            for window in windows { try await window.waitUntilConnected() }
            try await windows[0].send("Привет с этой же машины")
            try await windows[1].wait(forText: "Привет с этой же машины")
            let server = try await wait(for: "one server", state: { "\(servers)" }) {
                servers.count == 1 ? servers.first : nil
            }
            try expectPrivate("run/chat-tui", "state/chat-server", "data/chat-server")

            // The server does not end with the windows' terminals.
            for window in windows { try window.press("C-d") }
            for window in windows { #expect(try await window.waitForExit() == 0) }
            #expect(servers == [server])
            let later = try await TmuxTerminal.chat(.bob, with: .alice, at: nil, home: home)
            try await later.wait(forText: "Привет с этой же машины")

            kill(server, SIGTERM)
            try await later.wait(for: "no ‘●’", within: .seconds(3)) { !$0.isConnected }
            // It was this program's own server, so it starts another.
            try await later.waitUntilConnected()
        }

        /// The window that started the server sees how it ended: it was killed. It did serve, so another is started.
        @Test func aKilledServerIsReplacedAtOnce() async throws {
            defer { for id in servers { kill(id, SIGKILL) } }
            var windows: [TmuxTerminal] = []
            for (user, peer) in [(Person.alice, Person.bob), (.bob, .alice)] {
                windows.append(try await TmuxTerminal.chat(user, with: peer, at: nil, home: home))
            }
            for text in ["после первой", "после второй"] {
                let server = try #require(servers.first)
                kill(server, SIGKILL)
                _ = try await wait(for: "another server", within: .seconds(3), state: { "\(servers)" }) {
                    servers.first.flatMap { $0 == server ? nil : $0 }
                }
                // This is sooner than after the pause that an error causes.
                for window in windows {
                    try await window.wait(for: "‘●’ again", within: .seconds(3)) { $0.isConnected }
                }
                // No process is left of it, nor of a server that a window started in vain.
                let programs = ProcessTable.ids(of: "chat-tui", with: home.path)
                #expect(programs.count >= 2)
                _ = try await wait(for: "no corpses", state: { "\(ProcessTable.corpses(of: programs))" }) {
                    ProcessTable.corpses(of: programs).isEmpty ? true : nil
                }
                try await windows[0].send(text)
                try await windows[1].wait(forText: text)
            }
        }

        /// The server outlives the window that started it, so signals ignored there do not matter to it.
        @Test func endsWhenItIsToldTo() async throws {
            defer { for id in servers { kill(id, SIGKILL) } }
            let command = "trap '' TERM INT HUP; exec \(try Programs.built("chat-tui")) send --user alice --to bob x"
            try Programs.run(["/bin/sh", "-c", command], environment: home.environment)
            let server = try #require(servers.first)
            kill(server, SIGTERM)
            _ = try await wait(for: "its end", within: .seconds(10), state: { "\(servers)" }) {
                servers.isEmpty ? true : nil
            }
        }

        private func expectPrivate(_ folders: String...) throws {
            for folder in folders {
                let attributes = try FileManager.default.attributesOfItem(atPath: home.file(folder))
                #expect(attributes[.posixPermissions] as? Int == 0o700, "\(folder)")
            }
        }

        /// The user is told where to look, and the server is not started again and again.
        @Test func saysThatTheServerDoesNotStart() async throws {
            let folder = home.file("data/chat-server")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try home.write("no database, whatever else it is\n", to: "data/chat-server/chat.sqlite")
            let alice = try TmuxTerminal(TmuxTerminal.command(.alice, with: .bob, url: nil), home: home)
            try await alice.wait(forText: "Сервер не запускается")
            try await alice.wait(forText: "state/chat-server/chat-server.log")
            try await Task.sleep(for: .seconds(2))  // time enough to start too many
            #expect(try home.read("state/chat-server/chat-server.log").split(separator: "\n").count <= 2)
            try FileManager.default.removeItem(atPath: home.file("data/chat-server/chat.sqlite"))
            try alice.press("C-r")
            defer { for id in servers { kill(id, SIGKILL) } }
            try await alice.waitUntilConnected()
        }

        @Test func endsWhenIdle() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--exit-when-idle", "1"])
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.send("ещё здесь")
            try await Task.sleep(for: .seconds(2))  // longer than it waits when nobody is connected
            #expect(try alice.capture().isConnected)
            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)
            #expect(try await server.waitForExit() == 0)
        }
    }
}
