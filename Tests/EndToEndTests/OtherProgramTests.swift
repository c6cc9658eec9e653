import Foundation
import Testing

extension EndToEnd {
    /// What `$BROWSER` and the editor are given of this program.
    @Suite struct OtherProgramTests {
        /// An open socket would be a conversation to read, and one that stands when this program is gone.
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
    }
}
