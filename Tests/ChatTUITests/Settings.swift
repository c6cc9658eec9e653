import ChatClient
import ChatWire
import ConfigFile
import Foundation

@testable import chat_tui

extension UserID {
    static let anna = UserID("anna")!
    static let bob = UserID("bob")!
}

/// A folder for one test. It is removed with its content when the test ends.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "chat-tui-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension ConnectionSettings {
    /// - Parameter url: Nothing listens at the default address.
    static func test(
        url: String = "ws://127.0.0.1:9", token: TokenSource = .none, apiKey: String? = nil,
        dataFolder: String = "/nonexistent"
    ) throws -> ConnectionSettings {
        ConnectionSettings(
            user: .anna, server: .remote(try ServerAddress(url: url)), token: token, apiKey: apiKey, authorities: nil,
            heartbeat: .init(), logFile: nil, isLogFileNamed: false, dataFolder: dataFolder,
            configuration: Configuration())
    }
}
