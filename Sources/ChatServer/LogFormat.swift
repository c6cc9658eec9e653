import ChatWire
import Logging
import Synchronization

/// The format of a log line. Whatever the message and the metadata contain, it is one line without control characters.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people: time, level, metadata such as `[connection=7]`, message. The metadata comes before the message, so
    /// that no user id can look like metadata.
    case text
    /// For programs: a JSON object with `time`, `level`, `message`, `connection` and further metadata. All values are
    /// strings.
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
            // Programs differ in which one they use if a name occurs twice.
            let others = metadata.filter { name, _ in !own.contains { $0.0 == name } }
            return "{\((own + others).map { "\(Self.quoted($0)):\(Self.quoted($1))" }.joined(separator: ","))}"
        }
    }

    /// Quotes the text if it could look like two fields.
    private static func quotedIfNeeded(_ text: String) -> String {
        text.contains { " =[]\"".contains($0) } ? quoted(text) : text
    }

    /// `displayed()` leaves no control characters to escape.
    private static func quoted(_ text: String) -> String {
        let safe = UntrustedText(text).displayed()
        return "\"\(safe.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}

/// Writes the log, one line per call. All lines leave the server here: `LogFormat` makes every text in them safe for a
/// terminal.
public struct LineLogHandler: LogHandler {
    /// The level. All copies of the logger share it, so that it can be changed while they are in use.
    public var logLevel: Logger.Level {
        get { level.current.withLock { $0 } }
        set { level.current.withLock { $0 = newValue } }
    }
    public var metadata: Logger.Metadata = [:]
    private let level = Level()
    private let format: LogFormat
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    /// - `write`: Takes one line with its line break.
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
