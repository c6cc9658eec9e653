import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem
import Logging

/// The client's log: appended to a file that only this user can read, a line an entry.
struct LogFile: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    private let file: FileHandle

    static func logger(_ settings: ConnectionSettings, _ texts: Texts) throws(UsageFailure) -> Logger {
        let handler = try open(settings, texts)
        return Logger(label: "chat-tui") { _ in handler }
    }

    /// A log that the user did not ask for keeps nobody from chatting: where its usual place cannot be written, nothing is
    /// logged.
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

    /// Makes the file, and its folder.
    static func open(_ path: String) throws(FileProblem) -> Int32 {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if path != "/dev/null" { try PrivateFolder.prepare(folder) }
        return try OwnFile.openLog(path)
    }

    /// So that it does not grow for ever: the last part is kept beside it. Only of a log, and over nothing but one.
    static func setAsideIfLong(_ path: String) {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
        guard size > longest, isLog(path), isLog(path + ".old") else { return }
        rename(path, path + ".old")
    }

    /// Or there is nothing.
    private static func isLog(_ path: String) -> Bool {
        guard let isThere = try? OwnFile.check(path) else { return false }
        guard isThere, let descriptor = try? OwnFile.openLog(path) else { return !isThere }
        close(descriptor)
        return true
    }

    private static let longest = 4 << 20

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = "\(Moment.now.wall.iso8601) \(event.level) \(UntrustedText(event.message.description))\n"
        // One write appends the line whole, also where two windows share the file. A full disk must not end the chat.
        try? file.write(contentsOf: Data(line.utf8))
    }
}

extension Texts {
    /// For the program's own lines in the log. They are in the language of the client's, whatever `--lang` says.
    static let ofLog = Texts(.russian)
}
