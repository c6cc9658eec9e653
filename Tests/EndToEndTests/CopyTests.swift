import Foundation
import Testing

extension EndToEnd {
    /// Copying says who took the text.
    @Suite struct CopyTests {
        /// The kit's tmux has no setting about the clipboard, so it swallows what a program in it sends (OSC 52).
        @Test func insideTmux() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            let window = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home, columns: 120)
            try await window.send("«текст» $(x) 'y'")
            try window.press("M-w")
            try await window.wait(forText: "Скопировано в буфер tmux: вставка Ctrl-B ]")
            #expect(try window.buffer() == "«текст» $(x) 'y'")
        }

        @Test func byAProgramOfTheDesktop() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            try FileManager.default.createDirectory(atPath: home.file("bin"), withIntermediateDirectories: false)
            try home.write("#!/bin/sh\ncat > \"$HOME/clipboard\"\n", to: "bin/xclip")
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: home.file("bin/xclip"))
            let variables = ["env", "DISPLAY=:0", "PATH=\(home.file("bin")):\(Programs.searchPath)"]
            let window = try TmuxTerminal(
                variables + TmuxTerminal.command(.alice, with: .bob, url: server.url), home: home)
            try await window.waitUntilConnected()
            try await window.send("текст")
            try window.press("M-w")
            try await window.wait(forText: "Скопировано (xclip): 5 символов")
            #expect(try home.read("clipboard") == "текст")
        }

        /// Without tmux's socket, only the terminal is left, and it does not answer.
        @Test func byTheTerminal() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            let window = try TmuxTerminal(
                ["env", "-u", "TMUX"] + TmuxTerminal.command(.alice, with: .bob, url: server.url), home: home)
            try await window.waitUntilConnected()
            try await window.send("текст")
            try window.press("M-w")
            try await window.wait(forText: "Отправлено терминалу (OSC 52): примет ли он, неизвестно")
        }
    }
}
