import ChatClient
import ChatUI
import ChatWire
import Foundation
import Logging

/// The client's log: appended to a file that only this user can read, a line an entry.
struct LogFile: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    private let file: FileHandle

    /// Nobody is kept from chatting by a log that they did not ask for: where its usual place cannot be written, there is
    /// none.
    static func open(_ settings: ConnectionSettings, _ texts: Texts) throws(UsageFailure) -> any LogHandler {
        if let file = LogFile(path: settings.logFile) { return file }
        guard settings.isLogFileNamed else { return SwiftLogNoOpLogHandler() }
        throw UsageFailure(sentence: texts.logFile(settings.logFile))
    }

    /// Nil if the file cannot be opened or made.
    init?(path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty && !FileManager.default.fileExists(atPath: folder) {
            try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        Self.setAsideIfLong(path)
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// So that it does not grow for ever: the last part is kept beside it.
    static func setAsideIfLong(_ path: String) {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
        if size > longest { rename(path, path + ".old") }
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
