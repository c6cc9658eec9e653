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

    static func open(_ settings: ConnectionSettings, _ texts: Texts) throws(UsageFailure) -> LogFile {
        guard let file = LogFile(path: settings.logFile) else {
            throw UsageFailure(sentence: texts.logFile(settings.logFile))
        }
        return file
    }

    /// Nil if the file cannot be opened or made.
    init?(path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty && !FileManager.default.fileExists(atPath: folder) {
            try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

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
