import Foundation
import Testing

extension EndToEnd {
    /// However the program ends, the terminal is restored.
    @Suite struct LeavingTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// A shell that records the terminal's modes before and after the program.
        private func startInShell(_ server: ServerProcess) async throws -> TmuxTerminal {
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            try home.write(
                """
                printf '\\033]2;before\\033\\\\'
                stty -a > \(home.file("modes.before"))
                echo the shell was here
                export SWIFT_BACKTRACE=interactive=no,color=no  # or a crash waits half a minute for a person
                \(command.map { "'\($0)'" }.joined(separator: " "))
                echo "exit code $?"
                stty -a > \(home.file("modes.after"))
                echo done
                exec sleep 1000
                """, to: "script.sh")
            let terminal = try TmuxTerminal(["/bin/sh", home.file("script.sh")], home: home)
            try await terminal.waitUntilConnected()
            #expect(try terminal.property("alternate_on") == "1")
            #expect(try terminal.property("pane_title") != "before")
            return terminal
        }

        private func expectRestored(_ terminal: TmuxTerminal) async throws {
            let screen = try await terminal.wait(for: "the shell") { $0.rows.contains("done") }
            #expect(screen.contains("the shell was here"))
            #expect(screen.contains("exit code 0"))
            #expect(try terminal.property("alternate_on") == "0")
            #expect(try terminal.property("pane_title") == "before")
            #expect(try terminal.property("cursor_flag") == "1")
            #expect(try home.read("modes.after") == home.read("modes.before"))
        }

        private func processID() async throws -> pid_t {
            try await wait(for: "the program's process") {
                ProcessTable.ids(of: "chat-tui", with: home.path).first
            }
        }

        @Test func byControlD() async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try await startInShell(server)
            try terminal.press("C-d")
            try await expectRestored(terminal)
        }

        @Test func byControlCTwice() async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try await startInShell(server)
            try terminal.press("C-c")
            try await terminal.wait(forText: "Ctrl-C")
            try terminal.press("C-c")
            try await expectRestored(terminal)
        }

        @Test(arguments: [SIGTERM, SIGHUP])
        func bySignal(_ signal: Int32) async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try await startInShell(server)
            kill(try await processID(), signal)
            try await expectRestored(terminal)
        }

        @Test func byACrash() async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try await startInShell(server)
            kill(try await processID(), SIGABRT)
            try await terminal.wait(for: "the shell", within: .seconds(60)) { $0.rows.contains("done") }
            #expect(try terminal.capture().contains("exit code \(128 + SIGABRT)"))
            #expect(try terminal.property("alternate_on") == "0")
            #expect(try home.read("modes.after") == home.read("modes.before"))
        }

        @Test func theWindowIsClosed() async throws {
            let server = try await ServerProcess.start(home: home)
            var terminal: TmuxTerminal? = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            _ = try await processID()
            try #require(terminal != nil)
            terminal = nil  // ends tmux, and with it the terminal
            try await wait(for: "the end of the program") {
                ProcessTable.ids(of: "chat-tui", with: home.path).isEmpty ? true : nil
            }
        }

        @Test func suspendedAndContinued() async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try TmuxTerminal(
                [try Programs.installed("bash"), "--norc", "--noprofile", "-i"], home: home)
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            try terminal.type(command.map { "'\($0)'" }.joined(separator: " "))
            try terminal.press("Enter")
            try await terminal.waitUntilConnected()
            try terminal.type("черновик")
            try await terminal.wait(forText: "черновик")

            try terminal.press("C-z")
            try await terminal.wait(forText: "Stopped")
            #expect(try terminal.property("alternate_on") == "0")
            try terminal.type("echo $((6*7))")
            try terminal.press("Enter")
            try await terminal.wait(for: "the shell's answer") { $0.rows.contains("42") }

            try terminal.type("fg")
            try terminal.press("Enter")
            try await terminal.wait(for: "the program, with the draft") {
                $0.isConnected && $0.inputRows.contains { $0.contains("черновик") }
            }
            #expect(try terminal.property("alternate_on") == "1")
            try terminal.type("!")
            try await terminal.wait(forText: "черновик!")
        }
    }
}
