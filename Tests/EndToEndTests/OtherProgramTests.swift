import Foundation
import Testing

extension EndToEnd {
    /// What `$BROWSER` and the editor inherit from this program.
    @Suite struct OtherProgramTests {
        /// An inherited socket could be read, and would stay open after this program is gone.
        @Test(arguments: [("BROWSER", ["C-o", "Enter"]), ("EDITOR", ["M-e"])])
        func getsNoneOfItsFiles(variable: String, keys: [String]) async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            try home.write(
                "#!/bin/sh\nreadlink /proc/$$/fd/* > \"$HOME/list\"\nmv \"$HOME/list\" \"$HOME/files\"\n", to: "program"
            )
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: home.file("program"))
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            let alice = try TmuxTerminal(["env", "\(variable)=\(home.file("program"))"] + command, home: home)
            try await alice.waitUntilConnected()
            try await alice.send("https://example.org/")
            try await alice.wait(forText: "https://example.org/ ✓")
            for key in keys { try alice.press(key) }
            let files = try await wait(for: "the program") { try? home.read("files") }
            #expect(files.contains("/dev/"))
            #expect(!files.contains("socket:") && !files.contains("anon_inode:") && !files.contains(home.file("data")))
        }

        // MARK: - What an editor saved

        /// A window whose editor is this shell script. Temporary files are in the home's `tmp`.
        private func window(_ home: Home, at url: String, editor: String) throws -> TmuxTerminal {
            try? FileManager.default.createDirectory(atPath: home.file("tmp"), withIntermediateDirectories: false)
            try home.write("#!/bin/sh\n\(editor)\n", to: "editor")
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: home.file("editor"))
            let variables = ["env", "EDITOR=\(home.file("editor"))", "TMPDIR=\(home.file("tmp"))"]
            return try TmuxTerminal(
                variables + TmuxTerminal.command(.alice, with: .bob, url: url), home: home, columns: 120)
        }

        private func leftFiles(_ home: Home) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: home.file("tmp"))
        }

        private func end(_ home: Home, by signal: Int32) async throws {
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, signal) }
            try await wait(for: "the end") {
                ProcessTable.ids(of: "chat-tui", with: home.path).isEmpty ? true : nil
            }
        }

        @Test(arguments: [SIGTERM, SIGHUP]) func whatTheEditorSavedIsTheDraft(signal: Int32) async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            let editor = "printf 'saved in the editor' > \"$1\"; echo > \(home.file("saved")); exec sleep 100"
            let alice = try window(home, at: server.url, editor: editor)
            try await alice.waitUntilConnected()
            try alice.type("before")
            try await alice.wait(forText: "before")
            try alice.press("M-e")
            try await wait(for: "the editor") { try? home.read("saved") }
            try await end(home, by: signal)
            #expect(try leftFiles(home) == [])
            let again = try window(home, at: server.url, editor: "true")
            try await again.wait(forText: "saved in the editor")
        }

        /// An editor that runs on keeps its file.
        @Test func theFileOfAnEditorThatStaysIsKept() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            let editor = """
                trap '' TERM HUP
                printf 'saved so far' > "$1"
                echo $$ > \(home.file("new")); mv \(home.file("new")) \(home.file("editor.pid"))
                exec sleep 100
                """
            let alice = try window(home, at: server.url, editor: editor)
            try await alice.waitUntilConnected()
            try alice.press("M-e")
            let id = try await wait(for: "the editor") {
                (try? home.read("editor.pid")).flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            }
            defer { kill(id, SIGKILL) }
            try await end(home, by: SIGTERM)
            let path = try "\(home.file("tmp"))/\(#require(leftFiles(home).first))/message.txt"
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "saved so far")
            try await alice.wait(forText: "файл редактора остался: \(path)")
            let again = try window(home, at: server.url, editor: "true")
            try await again.wait(forText: "saved so far")
        }

        @Test func anEditorThatIsKilledLeavesWhatItSaved() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            let editor = "printf 'saved in time' > \"$1\"; echo swap > \"$1.swp\"; kill -9 $$"
            let alice = try window(home, at: server.url, editor: editor)
            try await alice.waitUntilConnected()
            try alice.press("M-e")
            try await alice.wait(for: "what it saved, and what it left") {
                $0.inputRows.contains { $0.contains("saved in time") } && $0.contains("редактор успел сохранить")
                    && $0.contains("Файл редактора остался")
            }
            let folder = try #require(leftFiles(home).first)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: home.file("tmp/\(folder)")) == ["message.txt.swp"])
        }

        @Test func noRoomForTheEditorsFileIsNotTheEditorsFault() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            let command = try TmuxTerminal.command(.alice, with: .bob, url: server.url)
            let alice = try TmuxTerminal(
                ["env", "EDITOR=true", "TMPDIR=\(home.file("nowhere"))"] + command, home: home, columns: 120)
            try await alice.waitUntilConnected()
            try alice.press("M-e")
            let screen = try await alice.wait(forText: "TMPDIR")
            #expect(!screen.contains("EDITOR") && screen.contains("нет такой папки"))
        }
    }
}
