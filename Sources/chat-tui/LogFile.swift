import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem
import Logging

/// The client's log: a file that only this user can read, with one line per entry.
struct LogFile: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    private let file: FileHandle

    static func logger(_ settings: ConnectionSettings, _ texts: Texts) throws(UsageFailure) -> Logger {
        let handler = try open(settings, texts)
        return Logger(label: "chat-tui") { _ in handler }
    }

    /// If the standard log file cannot be written, nothing is logged. A log that the user did not ask for must not
    /// prevent chatting.
    private static func open(_ settings: ConnectionSettings, _ texts: Texts) throws(UsageFailure) -> any LogHandler {
        guard let path = settings.logFile else { return SwiftLogNoOpLogHandler() }
        do throws(FileProblem) {
            return try LogFile(path: path)
        } catch {
            guard settings.isLogFileNamed else { return SwiftLogNoOpLogHandler() }
            throw UsageFailure(sentence: texts.logFile(path, error))
        }
    }

    init(path: String) throws(FileProblem) {
        Self.setAsideIfLong(path)
        file = FileHandle(fileDescriptor: try Self.open(path), closeOnDealloc: true)
    }

    /// Creates the file and its folder, and opens the file for appending.
    /// - Returns: the file's descriptor.
    static func open(_ path: String) throws(FileProblem) -> Int32 {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if path != "/dev/null" { try PrivateFolder.prepare(folder) }
        return try OwnFile.openLog(path)
    }

    /// Renames a long log to `.old`, so that it does not grow without a limit. Only a log is renamed, and only a log is
    /// replaced.
    static func setAsideIfLong(_ path: String) {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
        guard size > maxBytes, isLog(path), isLog(path + ".old") else { return }
        rename(path, path + ".old")
    }

    /// Whether the file is a log, or does not exist.
    private static func isLog(_ path: String) -> Bool {
        guard let isThere = try? OwnFile.check(path) else { return false }
        guard isThere, let descriptor = try? OwnFile.openLog(path) else { return !isThere }
        close(descriptor)
        return true
    }

    private static let maxBytes = 4 << 20

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = "\(Moment.now.wall.iso8601) \(event.level) \(UntrustedText(event.message.description))\n"
        // A single write appends the whole line, even if two windows share the file. A full disk must not end the
        // program.
        try? file.write(contentsOf: Data(line.utf8))
    }
}

extension Texts {
    /// The texts of the program's own lines in the log. They have the language of the client's lines, whatever `--lang`
    /// says.
    static let ofLog = Texts(.russian)
}
