import ChatWire
import Foundation
import HostSystem
import Logging

/// A file that holds the log's level. It is read again on each SIGHUP.
public struct LogLevelFile {
    public var path: String

    public init(path: String) { self.path = path }

    public enum Problem: Error {
        case unreadable(String, FileObstacle)
        case noLevel(String)

        public var sentence: String {
            switch self {
            case .unreadable(let path, let obstacle):
                "Cannot read the log's level in \(UntrustedText(path)): \(obstacle)."
            case .noLevel(let path):
                "The log's level in \(UntrustedText(path)) is none: it is one of \(LogLevelFile.levels)."
            }
        }
    }

    public static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    public func read() throws(Problem) -> Logger.Level {
        let content: [UInt8]
        do throws(InputFile.Problem) {
            content = try InputFile.contents(of: path, limit: 1024)
        } catch {
            throw .unreadable(path, FileObstacle(error))
        }
        let text = String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let level = Logger.Level(rawValue: text.lowercased()) else { throw .noLevel(path) }
        return level
    }
}
