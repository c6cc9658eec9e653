import ChatUI
import Foundation
import Testing

@testable import chat_tui

/// Copying with scripts in place of the desktop's programs. They run one after the other: a script that is being written
/// cannot be started, and a process that another test starts holds it open for a moment.
@Suite(.serialized) final class ClipboardTests {
    private let folder: String

    init() throws {
        signal(SIGPIPE, SIG_IGN)  // as the program does
        folder = NSTemporaryDirectory() + "clipboard-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A program that notes its arguments and its input.
    private func install(_ name: String, then rest: String = "exit 0", reads: Bool = true) throws {
        let path = "\(folder)/\(name)"
        let read = reads ? "/bin/cat > '\(path).input'" : ":"
        let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" > '\(path).arguments'\n\(read)\n\(rest)\n"
        try script.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    }

    private func noted(_ name: String) -> String? { try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

    private func clipboard(_ variables: [String: String], limit: Duration = .seconds(20)) -> Clipboard {
        Clipboard(environment: variables.merging(["PATH": folder]) { $1 }, limit: limit)
    }

    private static let text = "$(touch x) 'ё\" \n--option \u{1B}[31m"

    @Test(arguments: [
        (["WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0", "TMUX": "x"], "wl-copy"),
        (["DISPLAY": ":0", "TMUX": "x"], "xclip"),
        (["SSH_CONNECTION": "1 2 3 4", "DISPLAY": "localhost:10.0"], "xclip"),
        ([:], "pbcopy"),
    ])
    func theMostDirectProgramTakesIt(_ variables: [String: String], _ program: String) throws {
        for name in ["wl-copy", "xclip", "xsel", "pbcopy", "tmux"] { try install(name) }
        #expect(clipboard(variables).take(Self.text) == .clipboard(program: program))
        #expect(noted("\(program).input") == Self.text, "the text goes to standard input")
        #expect(noted("\(program).arguments")?.contains("touch") == false)
        let others = ["wl-copy", "xclip", "xsel", "pbcopy", "tmux"].filter { $0 != program }
        #expect(others.allSatisfy { noted("\($0).input") == nil })
    }

    @Test(arguments: [
        ("C-b  ", CopyOutcome.tmux(prefix: "C-b", isPassedOn: false)),
        ("C-a 256,clipboard,title", .tmux(prefix: "C-a", isPassedOn: true)),
        ("", .tmux(prefix: "", isPassedOn: false)),
    ])
    func tmuxTellsWhereItWent(_ answer: String, _ outcome: CopyOutcome) throws {
        try install("tmux", then: "echo '\(answer)'")
        // Over SSH, the desktop of this machine is not the user's.
        let remote = ["TMUX": "x", "SSH_TTY": "/dev/pts/1", "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"]
        for name in ["wl-copy", "xclip", "pbcopy"] { try install(name) }
        #expect(clipboard(remote).take(Self.text) == outcome)
        #expect(noted("tmux.input") == Self.text)
        #expect(noted("tmux.arguments")?.contains("touch") == false)
    }

    /// Tmux before version 3.2 has no `-w`.
    @Test func anOldTmuxKeepsItToItself() throws {
        try install("tmux", then: "[ \"$2\" = -w ] && exit 1; echo 'C-b clipboard'")
        #expect(clipboard(["TMUX": "x"]).take(Self.text) == .tmux(prefix: "C-b", isPassedOn: false))
    }

    @Test func theNextProgramTriesIt() throws {
        try install("wl-copy", then: "exit 1")
        try install("xsel")
        let variables = ["WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"]
        #expect(clipboard(variables).take(Self.text) == .clipboard(program: "xsel"))
    }

    /// A program that does not end, or does not read, is ended.
    @Test(arguments: [true, false]) func aProgramThatHangsIsLeft(reads: Bool) throws {
        try install("xclip", then: "exec /bin/sleep 1000", reads: reads)
        let clipboard = clipboard(["DISPLAY": ":0"], limit: .milliseconds(300))
        #expect(clipboard.take(String(repeating: "ж", count: 200_000)) == nil)
    }

    /// A script's programs end with it, but not those that serve the selection after a success.
    @Test(arguments: [true, false]) func whatAScriptStartedEndsWithIt(hangs: Bool) throws {
        try install("xclip", then: "/bin/sleep 1000 & echo $! > \"$0.child\"; \(hangs ? "wait" : "exit 0")")
        let outcome = clipboard(["DISPLAY": ":0"], limit: hangs ? .seconds(2) : .seconds(20)).take(Self.text)
        #expect(outcome == (hangs ? nil : .clipboard(program: "xclip")))
        let child = try #require(noted("xclip.child").flatMap { pid_t($0.dropLast()) })
        defer { kill(child, SIGKILL) }
        if hangs {
            let limit = ContinuousClock.now + .seconds(20)
            while Self.runs(child), ContinuousClock.now < limit { usleep(10_000) }
        }
        #expect(Self.runs(child) != hangs)
    }

    /// A process that has ended may still be waited for by nobody.
    private static func runs(_ process: pid_t) -> Bool {
        let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return state?.split(separator: " ").dropFirst(2).first.map { $0 != "Z" } ?? false
    }

    /// Such a program did not take the whole text, whatever its exit code says.
    @Test func aProgramThatDoesNotReadTookNothing() throws {
        try install("xclip", reads: false)
        #expect(clipboard(["DISPLAY": ":0"]).take(String(repeating: "ж", count: 200_000)) == nil)
    }

    @Test func aLongTextArrivesWhole() throws {
        try install("xclip")
        let text = String(repeating: "ж\n", count: 200_000)
        #expect(clipboard(["DISPLAY": ":0"]).take(text) == .clipboard(program: "xclip"))
        #expect(noted("xclip.input") == text)
    }

    @Test(arguments: [[:], ["TERM": "xterm"], ["DISPLAY": ""], ["SSH_TTY": "x", "DISPLAY": ":0"]])
    func nobodyTakesIt(_ variables: [String: String]) throws {
        if variables["SSH_TTY"] != nil { try install("xclip") }
        #expect(clipboard(variables).isEmpty)
        #expect(clipboard(variables).take("x") == nil)
    }
}
