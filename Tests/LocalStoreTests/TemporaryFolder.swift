import Foundation
import GRDB

/// A folder for one test. It is removed with its content when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "chat-local-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The folder of the test's stores. The first store creates it.
    var data: String { path + "/data/chat-tui" }

    /// The names in the store's folder.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: data).sorted() }
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
        configuration.allowsUnsafeTransactions = true  // one that outlives a call
        connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    }

    func release() throws {
        try connection.inDatabase { try $0.execute(sql: "ROLLBACK") }
    }
}
