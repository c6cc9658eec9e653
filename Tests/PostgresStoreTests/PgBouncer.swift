#if Cluster

import Foundation
import Testing

@testable import PostgresStore

/// PgBouncer before a server.
struct PgBouncer {
    /// Where it takes connections from.
    enum Door {
        /// A socket in a folder of its own, for everybody.
        case socket
        /// An address of this machine, with TLS and passwords. The files are the certificate and its key.
        case network(address: String, port: Int, certificate: String, key: String)
    }

    static let isInstalled = FileManager.default.fileExists(atPath: "/usr/sbin/pgbouncer")

    private let folder: String
    var address: DatabaseAddress {
        get throws { try DatabaseAddress("host=\(folder) port=6432 dbname=postgres user=chat_server") }
    }

    /// - Parameters:
    ///   - users: who may log in, with their passwords.
    ///   - role: as whom it logs in at the server; nil for the name of the user.
    init(
        before server: PostgresServer, mode: String, door: Door = .socket,
        users: [String: String] = ["chat_server": ""], role: String? = nil
    ) throws {
        folder = server.folder + "/\(mode)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try users.map { "\"\($0.key)\" \"\($0.value)\"\n" }.joined()
            .write(toFile: folder + "/users", atomically: true, encoding: .utf8)
        var settings = ["logfile = \(folder)/log", "pidfile = \(folder)/pid", "auth_file = \(folder)/users"]
        settings.append("pool_mode = \(mode)")
        var doorFile = folder + "/pid"
        switch door {
        case .socket:
            settings += ["unix_socket_dir = \(folder)", "listen_port = 6432", "auth_type = trust"]
            doorFile = folder + "/.s.PGSQL.6432"
        case .network(let address, let port, let certificate, let key):
            settings += ["unix_socket_dir =", "listen_addr = \(address)", "listen_port = \(port)"]
            settings += ["auth_type = scram-sha-256", "client_tls_sslmode = require"]
            settings += ["client_tls_cert_file = \(certificate)", "client_tls_key_file = \(key)"]
        }
        try """
        [databases]
        * = host=\(server.folder)\(role.map { " user=\($0)" } ?? "")
        [pgbouncer]
        \(settings.joined(separator: "\n"))
        """.write(toFile: folder + "/pgbouncer.ini", atomically: true, encoding: .utf8)
        try PostgresServer.giveToPostgres(folder)
        try PostgresServer.runAsPostgres(["/usr/sbin/pgbouncer", "-d", folder + "/pgbouncer.ini"])
        let end = ContinuousClock.now + .seconds(10)
        while !FileManager.default.fileExists(atPath: doorFile), .now < end { usleep(10_000) }
    }

    /// Returns when its door is free. Threads that run tests block other signals, and so does what they start.
    func stop() throws {
        let text = try String(contentsOfFile: folder + "/pid", encoding: .utf8)
        let id = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(id, SIGKILL)
        let end = ContinuousClock.now + .seconds(10)
        while kill(id, 0) == 0, .now < end { usleep(10_000) }
    }
}

#endif
