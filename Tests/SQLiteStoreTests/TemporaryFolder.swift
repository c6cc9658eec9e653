import Foundation
import GRDB

/// A temporary folder of one test. It is removed with its content when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "chat-store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String = "chat.sqlite") -> String { path + "/" + name }
}

/// The permission bits of a file or folder.
func mode(of path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
}

/// Another program that holds a database's lock.
struct LockHolder {
    private let connection: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true  // the transaction outlives the call
        // A settlement may be under way.
        configuration.busyMode = .timeout(10)
        connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    }

    func release() throws {
        try connection.inDatabase { try $0.execute(sql: "ROLLBACK") }
    }
}
