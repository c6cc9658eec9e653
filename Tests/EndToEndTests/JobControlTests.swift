import Foundation
import Testing

extension EndToEnd {
    /// What a shell expects of its child programs: stops, signals, and outputs that nobody reads.
    @Suite struct JobControlTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func script(_ text: String) throws -> String {
            let path = home.file("editor-\(UUID().uuidString.prefix(8))")
            try "#!/bin/sh\n\(text)\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
            return path
        }

        private func line(_ text: String, in terminal: TmuxTerminal) throws {
            try terminal.type(text)
            try terminal.press("Enter")
        }

        /// The program in a shell, with its editor open.
        private func startEditor(_ editor: String, shell: [String], _ server: ServerProcess) async throws
            -> TmuxTerminal
        {
            let terminal = try TmuxTerminal([try Programs.installed(shell[0])] + shell.dropFirst(), home: home)
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            try line("EDITOR=\(editor) " + command.map { "'\($0)'" }.joined(separator: " "), in: terminal)
            try await terminal.waitUntilConnected()
            try terminal.press("M-e")
            return terminal
        }

        private var isStopped: Bool {
            ProcessTable.ids(of: "chat-tui", with: home.path).contains { id in
                (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8))?.contains(") T ") == true
            }
        }

        private static let reader = "echo the editor; read line; printf %s \"$line\" > \"$1\""
        private static let bash = ["bash", "--norc", "--noprofile", "-i"]
        private static let dash = ["dash", "-i"]

        /// Including an editor that only stops by itself, and vi, which handles Ctrl-Z as a key.
        @Test(arguments: [bash, dash], ["read", "stop", "vi"])
        func theWholeJobStops(shell: [String], kind: String) async throws {
            let server = try await ServerProcess.start(home: home)
            let editor =
                switch kind {
                case "read": try script(Self.reader)
                case "stop": try script("echo the editor; kill -STOP $$; read line; printf %s \"$line\" > \"$1\"")
                default: "vi"
                }
            let terminal = try await startEditor(editor, shell: shell, server)
            try await terminal.wait(forText: kind == "vi" ? "message.txt" : "the editor")
            if kind != "stop" { try terminal.press("C-z") }
            try await terminal.wait(forText: "Stopped")
            try line("echo $((6*7))", in: terminal)
            try await terminal.wait(for: "the shell's answer") { $0.rows.contains("42") }
            try line("fg", in: terminal)
            try await wait(for: "the job to go on") { isStopped ? nil : true }
            if kind == "vi" {
                try terminal.type("ihello")
                try terminal.press("Escape")
                try line(":wq", in: terminal)
            } else {
                try line("hello", in: terminal)
            }
            try await terminal.wait(for: "the draft") {
                $0.isConnected && $0.inputRows.contains { $0.contains("hello") }
            }
        }

        /// A shell's `kill` continues the program in the background. It must not touch the terminal there.
        @Test(arguments: [true, false]) func aStoppedJobEnds(inEditor: Bool) async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try await startEditor(try script(Self.reader), shell: Self.bash, server)
            try await terminal.wait(forText: "the editor")
            if !inEditor {
                try line("hello", in: terminal)
                try await terminal.wait(for: "the draft") { $0.isConnected }
            }
            try terminal.press("C-z")
            try await terminal.wait(forText: "Stopped")
            try line("kill %1", in: terminal)
            try await wait(for: "the end") {
                ProcessTable.ids(of: "chat-tui", with: home.path).isEmpty ? true : nil
            }
            try line("echo $((6*7))", in: terminal)
            try await terminal.wait(for: "the shell's answer") { $0.rows.contains("42") }
        }

        /// Without a shell that could continue it, nothing stops forever.
        @Test func noShell() async throws {
            let server = try await ServerProcess.start(home: home)
            let editor = try script("echo the editor; kill -STOP $$; " + Self.reader)
            let terminal = try TmuxTerminal(
                ["env", "EDITOR=\(editor)"] + TmuxTerminal.command(.alice, with: .bob, url: server.url), home: home)
            try await terminal.waitUntilConnected()
            try terminal.press("C-z", "M-e")
            try await terminal.wait(for: "the editor, twice") { $0.count(of: "the editor") == 2 }
            try terminal.press("C-z")
            try line("hello", in: terminal)
            try await terminal.wait(for: "the draft") {
                $0.isConnected && $0.inputRows.contains { $0.contains("hello") }
            }
        }

        @Test(arguments: [SIGTERM, SIGHUP]) func endsWhileTheEditorRuns(_ signal: Int32) async throws {
            let server = try await ServerProcess.start(home: home)
            let terminal = try await startEditor(try script(Self.reader), shell: Self.bash, server)
            try await terminal.wait(forText: "the editor")
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, signal) }
            try await wait(for: "the end") {
                ProcessTable.ids(of: "chat-tui", with: home.path).isEmpty ? true : nil
            }
            try line("echo $((6*7))", in: terminal)
            try await terminal.wait(for: "the shell's answer") { $0.rows.contains("42") }
        }

        /// The signals that a shell ignores, written to a file at once.
        private func report(_ name: String) -> String {
            "grep SigIgn /proc/$$/status > \"$HOME/new\"; mv \"$HOME/new\" \"$HOME/\(name)\""
        }

        /// Signals that were ignored at the start stay ignored, in the program and in its children.
        @Test func ignoredSignalsStayIgnored() async throws {
            let server = try await ServerProcess.start(home: home)
            let editor = try script(report("ignored"))
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            let terminal = try TmuxTerminal(
                ["/bin/sh", "-c", "trap '' HUP USR1; \(report("before")); EDITOR=\(editor) exec \"$@\"", "sh"]
                    + command, home: home)
            try await terminal.waitUntilConnected()
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) {
                for signal in [SIGHUP, SIGUSR1] { kill(process, signal) }
            }
            try terminal.press("M-e")
            let ignored = try await wait(for: "the editor") { try? home.read("ignored") }
            let mask = try #require(
                ignored.split(separator: "\t").last.flatMap {
                    UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
                })
            #expect(mask & 0x201 == 0x201)  // HUP is 1, USR1 is 10
            #expect(try ignored == home.read("before"))
            try await terminal.waitUntilConnected()

            let tail = try shell("trap '' HUP INT; exec \"$0\" tail --user alice --url \(server.url)")
            defer { tail.send(SIGKILL) }
            try await Task.sleep(for: .seconds(1))
            for signal in [SIGHUP, SIGINT] { tail.send(signal) }
            try await Task.sleep(for: .milliseconds(300))
            #expect(tail.exitCode == nil)
            tail.send(SIGTERM)
            #expect(try await wait(for: "the end") { tail.exitCode } == 0)
        }

        private func shell(_ script: String, output: Int32? = nil, input: Int32? = nil) throws -> ChildProcess {
            let log = try home.appending(to: "shell.log")
            return try ChildProcess(
                ["/bin/sh", "-c", script, Programs.built("chat-tui")], environment: home.environment, input: input,
                output: output ?? log.fileDescriptor, errors: log.fileDescriptor)
        }

        /// A pipe that is full and stays so.
        private func fullPipe() throws -> OutputPipe {
            let pipe = try OutputPipe()
            let flags = fcntl(pipe.writeEnd, F_GETFL)
            _ = fcntl(pipe.writeEnd, F_SETFL, flags | O_NONBLOCK)
            let bytes = [UInt8](repeating: 0x61, count: 65_536)
            while write(pipe.writeEnd, bytes, bytes.count) > 0 {}
            _ = fcntl(pipe.writeEnd, F_SETFL, flags)
            return pipe
        }

        @Test(arguments: [
            ("tail --since 0", 0), ("--seller bob --plain", 0), ("send --to bob once-more", 0),
            ("export --with bob", 128 + Int(SIGTERM)),
        ])
        func endsThoughNobodyReads(arguments: String, code: Int) async throws {
            let server = try await ServerProcess.start(home: home)
            let window = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await window.send("hello")
            try await window.wait(forText: "hello ✓")
            let (full, input) = (try fullPipe(), try InputPipe())
            let program = try shell(
                "exec \"$0\" \(arguments) --user alice --url \(server.url)", output: full.writeEnd, input: input.readEnd
            )
            defer { program.send(SIGKILL) }
            if arguments.hasPrefix("send") { try await window.wait(forText: "once-more") }
            try await Task.sleep(for: .seconds(1))
            #expect(program.exitCode == nil)
            program.send(SIGTERM)
            #expect(try await wait(for: "the end", within: .seconds(5)) { program.exitCode } == code)
        }
    }
}
