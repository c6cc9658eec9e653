import ChatWire
import Logging
import Synchronization

/// How a line of the log is written. Whatever is in the message and the metadata, it is one line without control characters.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, `[connection=7]`, message. What is known of the line stands before the message, so that
    /// no user id can pretend to be part of it.
    case text
    /// For programs: an object with `time`, `level`, `message`, and `connection` and further metadata as strings.
    case json

    public func line(
        time: Timestamp, level: Logger.Level, message: String, metadata: Logger.Metadata = [:]
    ) -> String {
        let metadata = metadata.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        switch self {
        case .text:
            let fields = metadata.map { "\($0)=\(Self.quotedIfNeeded($1))" }.joined(separator: " ")
            let known = fields.isEmpty ? "" : "[\(UntrustedText(fields))] "
            return "\(time.iso8601) \(level) \(known)\(UntrustedText(message))"
        case .json:
            let own = [("time", time.iso8601), ("level", level.rawValue), ("message", message)]
            // A name that comes twice would be read by some as the one, by some as the other.
            let others = metadata.filter { name, _ in !own.contains { $0.0 == name } }
            return "{\((own + others).map { "\(Self.quoted($0)):\(Self.quoted($1))" }.joined(separator: ","))}"
        }
    }

    /// So that no user id can pretend to be two fields.
    private static func quotedIfNeeded(_ text: String) -> String {
        text.contains { " =[]\"".contains($0) } ? quoted(text) : text
    }

    /// After `displayed()` there are no control characters left to escape.
    private static func quoted(_ text: String) -> String {
        let safe = UntrustedText(text).displayed()
        return "\"\(safe.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}

/// Writes the log, a line at once: the one way out, at which `LogFormat` makes each text of an entry safe to read in a terminal.
public struct LineLogHandler: LogHandler {
    /// One for all copies of the logger, so that it may be changed while they are in use.
    public var logLevel: Logger.Level {
        get { level.current.withLock { $0 } }
        set { level.current.withLock { $0 = newValue } }
    }
    public var metadata: Logger.Metadata = [:]
    private let level = Level()
    private let format: LogFormat
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    /// - `write`: Takes a line, which ends with its line break.
    public init(
        _ format: LogFormat, now: @escaping @Sendable () -> Timestamp, write: @escaping @Sendable (String) -> Void
    ) {
        self.format = format
        self.now = now
        self.write = write
    }

    private final class Level: Sendable {
        let current = Mutex(Logger.Level.info)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var metadata = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { metadata["error"] = "\(error)" }
        write(
            format.line(time: now(), level: event.level, message: event.message.description, metadata: metadata) + "\n")
    }
}
