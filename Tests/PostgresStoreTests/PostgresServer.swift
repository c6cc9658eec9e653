#if Cluster

import Foundation

@testable import PostgresStore

/// A PostgreSQL server of the tests' own: a cluster in a temporary folder, a socket in it, and no network.
///
/// PostgreSQL refuses to run as root, so root's tests run it as the user that Debian's package makes.
final class PostgresServer: Sendable {
    /// The folder of the socket.
    let folder: String

    static let shared: PostgresServer = {
        do { return try PostgresServer() } catch { fatalError("PostgreSQL does not start: \(error)") }
    }()

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "pg\(getpid())").path(percentEncoded: false)
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if getuid() == 0 { try Self.run("/usr/bin/env", ["chown", "postgres", folder]) }
        try Self.asPostgres([
            "initdb", "-D", folder + "/data", "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync",
        ])
        try Self.asPostgres([
            "pg_ctl", "-D", folder + "/data", "-w", "-l", folder + "/log", "-o",
            "-k \(folder) -c listen_addresses= -c fsync=off -c max_connections=200", "start",
        ])
        Self.folders.append(folder)
        atexit {
            for folder in PostgresServer.folders {
                try? PostgresServer.asPostgres(["pg_ctl", "-D", folder + "/data", "-m", "immediate", "stop"])
                try? FileManager.default.removeItem(atPath: folder)
            }
        }
    }

    // Only the initialiser of `shared` and the end of the process touch it.
    nonisolated(unsafe) private static var folders: [String] = []

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
        let program = try programs() + "/" + command[0]
        let rest = [program] + command.dropFirst()
        // Foundation waits for the end of a process until every descendant has closed a descriptor that all inherit.
        // The server would never.
        let closing = #"for f in /proc/$$/fd/*; do f=${f##*/}; [ "$f" -gt 2 ] && eval "exec $f>&-"; done; exec "$@""#
        let user = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        try run("/usr/bin/env", ["bash", "-c", closing, "bash"] + user + rest)
    }

    /// Debian keeps the server's programs apart, by version.
    private static func programs() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = try FileManager.default.contentsOfDirectory(atPath: root).compactMap { Int($0) }
        guard let newest = versions.max() else { throw Failure(description: "install Debian's package postgresql") }
        return "\(root)/\(newest)/bin"
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
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
