import ChatServer
import Logging

/// The server's log, on standard error.
public enum ServerLog {
    public static func make(_ format: LogFormat, _ level: Logger.Level) -> Logger {
        LogQueue.standardError.tellDropped { count in
            let text = "\(count) lines of the log were dropped, because nobody took them."
            return format.line(time: Server.now(), level: .warning, message: text) + "\n"
        }
        var log = Logger(label: "chat-server") { _ in
            LineLogHandler(format, now: Server.now, write: LogQueue.standardError.write)
        }
        log.logLevel = level
        return log
    }

    /// Writes out what was logged. A reader that does not read delays the end by three seconds at most.
    public static func flush() {
        LogQueue.standardOutput.flush(within: 1)
        LogQueue.standardError.flush(within: 2)
    }
}
