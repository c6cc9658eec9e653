#if Cluster

import Foundation
import Synchronization

@testable import PostgresStore

/// A PostgreSQL server of the tests' own: a cluster in a temporary folder, a socket in it, and no network.
///
/// PostgreSQL refuses to run as root, so root's tests run it as the user that Debian's package makes.
final class PostgresServer: Sendable {
    /// The folder of the socket.
    let folder: String
    private let settings: String

    /// A server with a database `migrated`, on which the roles are. Two transactions that make the same role at once fail.
    static let shared: PostgresServer = {
        do {
            let server = try PostgresServer()
            try server.sql(Layout.roles())
            try server.sql("CREATE DATABASE migrated OWNER postgres")
            _ = try Migrator.migrate(server.address(database: "migrated", user: "postgres"))
            return server
        } catch { fatalError("PostgreSQL does not start: \(error)") }
    }()

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Makes a cluster and starts it.
    ///
    /// - Parameter settings: More of the server's settings, as `name=value`.
    convenience init(_ settings: [String] = []) throws {
        try self.init(settings) { folder in
            try Self.asPostgres([
                "initdb", "-D", folder + "/data", "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync",
            ])
        }
    }

    /// Starts a standby of another server.
    convenience init(standbyOf primary: PostgresServer) throws {
        try self.init([]) { folder in
            try Self.asPostgres([
                "pg_basebackup", "-h", primary.folder, "-U", "owner", "-D", folder + "/data", "-R", "--no-sync",
                "--checkpoint=fast",
            ])
        }
    }

    private init(_ settings: [String], makeData: (_ folder: String) throws -> Void) throws {
        let number = Self.folders.withLock { $0.count }
        folder = FileManager.default.temporaryDirectory.appending(path: "pg\(getpid())-\(number)")
            .path(percentEncoded: false)
        self.settings = (["listen_addresses=", "fsync=off", "max_connections=1000"] + settings).map { "-c \($0)" }
            .joined(separator: " ")
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.giveToPostgres(folder)
        try makeData(folder)
        Self.folders.withLock { folders in
            if folders.isEmpty { atexit { PostgresServer.endAll() } }
            folders.append(folder)
        }
        try start()
    }

    private static let folders = Mutex<[String]>([])

    private static func endAll() {
        for folder in folders.withLock(\.self) {
            try? asPostgres(["pg_ctl", "-D", folder + "/data", "-m", "immediate", "stop"])
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    static func giveToPostgres(_ path: String) throws {
        if getuid() == 0 { try run("/usr/bin/env", ["chown", "-R", "postgres", path]) }
    }

    // MARK: - Running

    func start() throws {
        try Self.asPostgres([
            "pg_ctl", "-D", folder + "/data", "-w", "-l", folder + "/log", "-o", "-k \(folder) \(settings)", "start",
        ])
    }

    /// As if its processes were killed.
    func stop() throws { try Self.asPostgres(["pg_ctl", "-D", folder + "/data", "-w", "-m", "immediate", "stop"]) }

    /// Makes a standby a server of its own.
    func promote() throws { try Self.asPostgres(["pg_ctl", "-D", folder + "/data", "-w", "promote"]) }

    // MARK: - Using

    func address(database: String, user: String) throws -> DatabaseAddress {
        try DatabaseAddress(parameters(database, user))
    }

    private func parameters(_ database: String, _ user: String) -> String {
        "host=\(folder) dbname=\(database) user=\(user)"
    }

    func sql(_ statements: String, database: String = "postgres", user: String = "owner") throws {
        try Self.run(
            "/usr/bin/env",
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", parameters(database, user), "-c", statements])
    }

    private static func asPostgres(_ command: [String]) throws {
        let rest = [try programs() + "/" + command[0]] + command.dropFirst()
        try runAsPostgres(rest)
    }

    /// Foundation waits for the end of a process until every descendant has closed a descriptor that all inherit. A server
    /// would never. These commands for bash close it.
    static let closingDescriptors =
        #"for f in /proc/$$/fd/*; do f=${f##*/}; if [ "$f" -gt 2 ]; then eval "exec $f>&-"; fi; done"#

    /// - Parameter command: May leave processes behind.
    static func runAsPostgres(_ command: [String]) throws {
        let closing = closingDescriptors + #"; exec "$@""#
        let user = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        try run("/usr/bin/env", ["bash", "-c", closing, "bash"] + user + command)
    }

    /// Debian keeps the server's programs apart, by version.
    private static func programs() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = try FileManager.default.contentsOfDirectory(atPath: root).compactMap { Int($0) }
        guard let newest = versions.max() else { throw Failure(description: "install Debian's package postgresql") }
        return "\(root)/\(newest)/bin"
    }

    static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: "/")
        let errors = FileManager.default.temporaryDirectory.appending(path: "pg-errors-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: arguments.joined(separator: " ") + ": "
                    + (try String(contentsOf: errors, encoding: .utf8)))
        }
    }
}

#endif
