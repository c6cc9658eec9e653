import ChatUI
import Dispatch
import Foundation
import HostSystem

/// The programs on this machine that can take a text for the clipboard, the most direct first. The text goes to their
/// standard input: as an argument, every user of the machine could read it.
struct Clipboard: Sendable {
    /// A program that was found.
    private struct Taker: Sendable {
        var words: [String]
        var path: String
        var isTmux = false
    }

    private let takers: [Taker]
    /// How long a program may take. Xclip waits for ever for a display that does not answer.
    private let limit: Duration

    /// Texts are copied one after the other, so that the last one stays.
    private static let queue = DispatchQueue(label: "clipboard")

    init(environment: [String: String] = ProcessInfo.processInfo.environment, limit: Duration = .seconds(2)) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        // Somebody who came over SSH sees another desktop than this machine's, unless X11 is forwarded to them.
        let isRemote = value("SSH_CONNECTION") != nil || value("SSH_TTY") != nil
        let hasX11 = value("DISPLAY").map { !isRemote || !$0.hasPrefix(":") } ?? false
        var candidates: [[String]] = []
        if value("WAYLAND_DISPLAY") != nil, !isRemote {
            candidates.append(["wl-copy", "--type", "text/plain;charset=utf-8"])
        }
        if hasX11 {
            candidates.append(["xclip", "-selection", "clipboard", "-in"])
            candidates.append(["xsel", "--clipboard", "--input"])
        }
        if !isRemote { candidates.append(["pbcopy"]) }
        var takers = candidates.compactMap { words in
            ChildProcess.path(of: words[0], environment: environment).map { Taker(words: words, path: $0) }
        }
        if value("TMUX") != nil, let path = ChildProcess.path(of: "tmux", environment: environment) {
            let asks = [";", "display-message", "-p", "#{prefix} #{client_termfeatures}"]
            // Before version 3.2, tmux has no `-w`, which passes the text on to the terminal.
            takers += [["-w", "-"], ["-"]].map {
                Taker(words: ["tmux", "load-buffer"] + $0 + asks, path: path, isTmux: true)
            }
        }
        self.takers = takers
        self.limit = limit
    }

    /// Whether no program can take anything.
    var isEmpty: Bool { takers.isEmpty }

    /// Gives the text to the first program that takes it, beside this thread. `done` receives nil if none did.
    func take(_ text: String, done: @escaping @Sendable (CopyOutcome?) -> Void) {
        Self.queue.async { done(take(text)) }
    }

    /// The same on this thread.
    func take(_ text: String) -> CopyOutcome? {
        for taker in takers {
            let process = TimedProcess(
                words: taker.words, program: taker.path, wantsOutput: taker.isTmux, limit: limit)
            guard let output = process.run(input: Array(text.utf8)) else { continue }
            guard taker.isTmux else { return .clipboard(program: taker.words[0]) }
            let answer = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            let features = answer.dropFirst().first?.split(separator: ",") ?? []
            return .tmux(
                prefix: answer.first.map(String.init) ?? "",
                isPassedOn: taker.words.contains("-w") && features.contains("clipboard"))
        }
        return nil
    }
}
