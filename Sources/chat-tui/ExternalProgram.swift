import Foundation

/// Runs the programs that the user's environment names. What a message holds is an argument of theirs, never a shell's.
struct ExternalProgram {
    private let arguments: [String]

    /// The words of the first variable that is set, as in `EDITOR='emacsclient -t'`.
    init?(named variables: [String], environment: [String: String] = ProcessInfo.processInfo.environment) {
        let value = variables.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        arguments = value?.split(separator: " ").map(String.init) ?? []
        if arguments.isEmpty { return nil }
    }

    /// The first of this name in PATH.
    init?(inPath name: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let path = ChildProcess.path(of: name, environment: environment) else { return nil }
        arguments = [path]
    }

    /// A shell would take a part of an address for a command.
    private static let shells: Set = ["sh", "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "tcsh", "zsh", "eval"]

    private static func isShell(_ word: String) -> Bool {
        shells.contains(word.split(separator: "/").last.map(String.init) ?? "")
    }

    static var browser: ExternalProgram? { ExternalProgram(named: ["BROWSER"]) }
    /// Every system has `vi`, but for the smallest.
    static var editor: ExternalProgram? {
        ExternalProgram(named: ["VISUAL", "EDITOR"]) ?? ExternalProgram(inPath: "vi")
    }

    /// Runs it on the terminal, and waits for its end. False if it did not start, or failed.
    func run(on file: String) -> Bool {
        guard let process = try? ChildProcess.start(arguments + [file], in: .terminal) else { return false }
        return ChildProcess.waitForEnd(of: process) == 0
    }

    /// Runs it beside this program, without the terminal. False if it did not start: a shell does not.
    func start(with address: String) -> Bool {
        // By custom it may be a list, and say where the address goes.
        let words = Array(arguments.joined(separator: " ").prefix { $0 != ":" }.split(separator: " ").map(String.init))
        let isPlaced = words.contains { $0.contains("%s") }
        let all = isPlaced ? words.map { $0.replacingOccurrences(of: "%s", with: address) } : words + [address]
        guard !words.isEmpty, !words.contains(where: Self.isShell),
            let process = try? ChildProcess.start(all, in: .ownSession(errors: "/dev/null"))
        else { return false }
        Thread.detachNewThread { _ = ChildProcess.waitForEnd(of: process) }
        return true
    }
}

/// A text in a file that only this user can read, for as long as another program edits it.
struct PrivateFile {
    let path: String
    private let folder: String

    init?(_ text: String) {
        var template = Array((NSTemporaryDirectory() + "chat-tui-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { return nil }  // 0700
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = folder + "/message.txt"
        let attributes = [FileAttributeKey.posixPermissions: 0o600]
        let isMade = FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes)
        guard isMade else {
            remove()
            return nil
        }
    }

    /// What is in it, whatever the program made of the bytes.
    var text: String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
