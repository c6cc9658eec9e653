#if Cluster

import CPostgres
import ChatServer
import ChatWire
import Foundation

/// Where a database is and how to log in: a connection string or URI as libpq reads it (PostgreSQL's documentation,
/// 34.1.1). What it leaves out comes from libpq's variables and files, `PGPASSFILE` for one.
public struct DatabaseAddress: Sendable {
    /// The host and the database, without the user and the password. It is for sentences.
    public let name: String
    /// Settings for libpq. Of two with one name the later counts.
    let settings: [(keyword: String, value: String)]

    /// - Throws: if libpq does not understand the text. The sentence repeats nothing of it, because it may hold a
    ///   password.
    public init(_ text: String) throws(StoreOpenError) {
        guard !text.utf8.contains(0), let options = PQconninfoParse(text, nil) else {
            throw .unusable("postgres://", reason: "the address is none that libpq understands")
        }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { given[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        func setting(_ keyword: String, _ variable: String) -> String? {
            given[keyword] ?? ProcessInfo.processInfo.environment[variable]
        }
        let host = setting("host", "PGHOST") ?? setting("hostaddr", "PGHOSTADDR") ?? ""
        let database = setting("dbname", "PGDATABASE") ?? setting("user", "PGUSER") ?? ""
        name = "postgres://\(host)/\(database)"

        // A server that went away is noticed within seconds, and not after the system's quarter of an hour.
        var settings = [
            ("connect_timeout", "10"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10"), ("dbname", text),
            ("client_encoding", "UTF8"), ("fallback_application_name", "chat-server"),
        ]
        if !Self.isLocal(host), setting("sslmode", "PGSSLMODE") == nil {
            settings.append(("sslmode", "verify-full"))
            if setting("sslrootcert", "PGSSLROOTCERT") == nil, !Self.hasOwnAuthorities, let file = Self.authorities {
                settings.append(("sslrootcert", file))
            }
        }
        self.settings = settings
    }

    /// What an operator has to do first where an error's message does not tell.
    ///
    /// - Returns: the rest of a sentence that begins with the message. It is empty if nothing needs to be said.
    func hint(about message: String) -> String {
        if message.contains("no password supplied") { return "; name a file with the password in PGPASSFILE" }
        if message.contains("certificate verify failed") {
            return "; name the certificate of the authority that signed the server's in PGSSLROOTCERT"
        }
        if message.contains("permission denied for schema chat") {
            return "; the server logs in as chat_server, and `chat-server migrate` as the owner of the database"
        }
        if message.contains("\"chat_server") {
            return "; `chat-server migrate` makes this role, and `\\password chat_server` in psql gives it a password"
        }
        return ""
    }

    /// Whether nobody can listen in on the way to the host. Several hosts are given with commas between them.
    private static func isLocal(_ host: String) -> Bool {
        host.split(separator: ",").allSatisfy {
            $0.hasPrefix("/") || $0.hasPrefix("@") || ["localhost", "127.0.0.1", "::1"].contains($0)
        }
    }

    /// Whether the user has given libpq certificate authorities in its own place.
    private static var hasOwnAuthorities: Bool {
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        return FileManager.default.fileExists(atPath: home + "/.postgresql/root.crt")
    }

    /// The system's certificate authorities, where distributions keep them.
    private static var authorities: String? {
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }
}

#endif
