import ArgumentParser
import ChatServer
import ChatWire
import Formats
import Foundation
import HostSystem
import Logging
import RateLimiting
import ServerRuntime
import WebSocketTransport

/// The command line. Every flag has an environment variable, whose name is `CHAT_SERVER_` and the flag's. Flags win.
struct ServerOptions: ParsableArguments {
    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?

    @Option(
        help: "The port to listen on; 0 for any free port, 'none' for only the local socket. (default: 8765)",
        completion: .list(["8765", "none"]))
    var port: String?

    @Option(help: "The local socket. (default: $XDG_RUNTIME_DIR/chat-tui/server.sock)", completion: .file())
    var unix: String?

    @Flag(help: "Do not listen on the local socket.")
    var noUnix = false

    @OptionGroup var database: StoreOption

    @OptionGroup var cluster: ClusterOptions

    @Option(help: "Delete messages that are older than this many days. (default: none are deleted)")
    var retain: Int?

    @Option(
        help: "'none' believes any user id, 'jwt' requires tokens. (default: none, with --supabase-url jwt)",
        completion: .list(["none", "jwt"]))
    var auth: String?

    @Option(help: "Where the public keys of RS256 and ES256 tokens are. (default: that of SUPABASE_URL)")
    var jwksUrl: String?

    @OptionGroup var tokens: TokenOptions

    @Option(
        help: "The server's certificate (PEM), with the intermediate certificates; re-read on SIGHUP.",
        completion: .file())
    var tlsCert: String?

    @Option(help: "The certificate's private key (PEM).", completion: .file())
    var tlsKey: String?

    @Option(
        help: "A proxy whose X-Forwarded-For is believed: an address, a block (10.0.0.0/8) or 'unix'; may be repeated.",
        completion: .list(["unix"]))
    var trustedProxy: [String] = []

    @OptionGroup var limits: LimitOptions

    @Option(help: "An origin whose web pages may connect, such as https://example.com; may be repeated.")
    var allowOrigin: [String] = []

    @Flag(help: "Listen beyond this machine even without authentication.")
    var insecureAllowRemote = false

    @Option(
        help: "trace, debug, info, notice, warning, error or critical. (default: info)",
        completion: .list(Logger.Level.allCases.map(\.rawValue)))
    var logLevel: String?

    @Option(help: "A file with the log's level instead of --log-level, re-read on SIGHUP.", completion: .file())
    var logLevelFile: String?

    @Option(
        help: "text for people, json for programs, one object per line. (default: text)",
        completion: .list(LogFormat.allCases.map(\.rawValue)))
    var logFormat: String?

    @Option(help: "Exit after this many seconds without a connection.")
    var exitWhenIdle: Int?

    @Option(help: .hidden)  // for tests, and for proxies that drop connections that are idle for less than 25 s
    var heartbeatSeconds: Int?

    func makeLogger() throws -> Logger {
        let level = try level()
        guard let format = LogFormat(rawValue: value(logFormat, "LOG_FORMAT") ?? "text") else {
            throw ValidationError("--log-format is text or json.")
        }
        return ServerLog.make(format, level)
    }

    private func level() throws -> Logger.Level {
        if let file = try Self.path(value(logLevelFile, "LOG_LEVEL_FILE"), "--log-level-file") {
            if logLevel != nil { throw ValidationError("Give either --log-level or --log-level-file, not both.") }
            do throws(LogLevelFile.Problem) {
                return try LogLevelFile(path: file).read()
            } catch {
                throw ValidationError(error.sentence)
            }
        }
        guard let level = Logger.Level(rawValue: (value(logLevel, "LOG_LEVEL") ?? "info").lowercased()) else {
            throw ValidationError("--log-level is one of \(LogLevelFile.levels).")
        }
        return level
    }

    func settings() throws -> ServerSettings {
        var settings = ServerSettings(store: try database.parsed())
        try checkNamedFolders(settings.store)
        settings.host = value(host, "HOST") ?? settings.host
        settings.port = try parsedPort()
        settings.localSocket = try localSocket()
        settings.insistsOnLocalSocket = value(unix, "UNIX") != nil
        settings.retention = try retention()
        if let retention = settings.retention, case .other = settings.store {
            let days = Int(retention / .seconds(86_400))
            throw ValidationError(
                """
                --retain works on SQLite's file only. In PostgreSQL: as the owner, DELETE FROM messages WHERE created_at < \
                now() - interval '\(days) days'
                """)
        }
        settings.tls = try tlsFiles()
        let tokens = try acceptedTokens()
        if let tokens { settings.authentication = { await tokens.authentication(log: $0) } }
        let allowsRemote = try allowsRemote(settings.host, requiresToken: tokens != nil)
        settings.policy = AccessPolicy(allowedOrigins: try parsedOrigins(), allowsRemote: allowsRemote)
        settings.trustedProxies = try parsedProxies()
        try limits.apply(to: &settings)
        try cluster.apply(to: &settings)
        settings.logLevelFile = try Self.path(value(logLevelFile, "LOG_LEVEL_FILE"), "--log-level-file")
        settings.exitWhenIdle = try number(exitWhenIdle, "EXIT_WHEN_IDLE", "--exit-when-idle", 1...86_400).map {
            .seconds($0)
        }
        settings.heartbeatSeconds =
            try number(heartbeatSeconds, "HEARTBEAT_SECONDS", "--heartbeat-seconds", 1...25)
            ?? settings.heartbeatSeconds
        return settings
    }

    /// Only the standard folders are created. Another one that is missing may be a typing error, and a new database
    /// there would look like lost messages.
    private func checkNamedFolders(_ store: ServerSettings.Store) throws {
        if database.isNamed, case .sqlite(let path) = store { try Self.checkFolder(of: path, "--store") }
        if let path = try Self.path(value(unix, "UNIX"), "--unix"), !(try flag(noUnix, "NO_UNIX")) {
            try Self.checkFolder(of: path, "--unix")
        }
    }

    private static func checkFolder(of path: String, _ flag: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if PrivateFolder.isMissing(folder) {
            throw ValidationError(
                "\(flag): there is no folder \(UntrustedText(folder)): correct the path, or create it.")
        }
        if !PrivateFolder.canBe(folder) {
            throw ValidationError("\(flag): \(UntrustedText(folder)) is no folder: correct the path.")
        }
    }

    /// Nil if no token is required.
    func acceptedTokens() throws -> TokenSettings? {
        let given = value(jwksUrl, "JWKS_URL").map { _ in "--jwks-url" } ?? tokens.firstGiven
        let project = try tokens.project()
        switch value(auth, "AUTH") {
        case "jwt": return try tokenSettings(project)
        case nil where project != nil: return try tokenSettings(project)
        case "none" where project != nil:
            throw ValidationError(
                "--supabase-url requires tokens, and --auth none believes any user id: leave one of the two out.")
        case "none", nil:
            if let given {
                throw ValidationError(
                    "\(given) applies only to --auth jwt: add --auth jwt, or leave it out.")
            }
            return nil
        default: throw ValidationError("--auth is none or jwt.")
        }
    }

    /// - Parameter project: That of `--supabase-url`; nil if the flag is not given.
    private func tokenSettings(_ project: HostedDatabase?) throws -> TokenSettings {
        let (secrets, files) = (try tokens.secrets(), try tokens.secretPaths())
        let url = value(jwksUrl, "JWKS_URL")
        if url != nil, project != nil { throw TokenOptions.conflict(with: "--jwks-url") }
        let hosted = url == nil ? project ?? HostedDatabase(environment: Self.environment) : nil
        guard let keySetURL = url ?? hosted?.keySetURL else {
            if secrets.isEmpty {
                throw ValidationError(
                    "--auth jwt needs keys to check tokens with: --supabase-url for those of a Supabase project, --jwks-url "
                        + "for RS256 and ES256, --jwt-secret-file (or SUPABASE_JWT_SECRET) for HS256.")
            }
            return TokenSettings(rules: tokens.rules(hosted: nil), secrets: secrets, secretFiles: files, keySetURL: nil)
        }
        guard let parts = URLComponents(string: keySetURL), let host = parts.host, !host.isEmpty,
            parts.scheme == "https" || parts.scheme == "http" && Loopback.contains(host: host)
        else {
            throw ValidationError(
                "Keys to check tokens with are fetched from https:// only (or http:// on this machine): "
                    + "\(url == nil ? "SUPABASE_URL" : "--jwks-url") gives \(UntrustedText(keySetURL)).")
        }
        return TokenSettings(
            rules: tokens.rules(hosted: hosted), secrets: secrets, secretFiles: files, keySetURL: keySetURL)
    }

    private func allowsRemote(_ host: String, requiresToken: Bool) throws -> Bool {
        let isInsecure = try flag(insecureAllowRemote, "INSECURE_ALLOW_REMOTE")
        if requiresToken {
            if isInsecure {
                throw ValidationError(
                    "--auth jwt lets anybody with a token connect from anywhere: leave --insecure-allow-remote out.")
            }
            return true
        }
        if !Loopback.contains(host: host) && !isInsecure {
            throw ValidationError(
                "There is no authentication, so --host \(UntrustedText(host)) would let anyone read "
                    + "everything: require tokens with --auth jwt, use a loopback address, or say "
                    + "--insecure-allow-remote.")
        }
        return isInsecure
    }

    private func parsedPort() throws -> Int? {
        let text = value(port, "PORT") ?? "8765"
        if text == "none" {
            if try localSocket() == nil {
                throw ValidationError("With --no-unix and --port none there is nothing to listen on.")
            }
            return nil
        }
        guard let port = Int(text), (0...65_535).contains(port) else {
            throw ValidationError("--port is a number from 0 to 65535, or 'none'.")
        }
        return port
    }

    private func localSocket() throws -> String? {
        if try flag(noUnix, "NO_UNIX") { return nil }
        return try Self.path(value(unix, "UNIX"), "--unix") ?? Self.folders.localSocket
    }

    private func retention() throws -> Duration? {
        try number(retain, "RETAIN", "--retain", 1...36_500).map { .seconds($0 * 86_400) }
    }

    private func tlsFiles() throws -> ServerSettings.TLSFiles? {
        switch (
            try Self.path(value(tlsCert, "TLS_CERT"), "--tls-cert"),
            try Self.path(value(tlsKey, "TLS_KEY"), "--tls-key")
        ) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return .init(certificate: certificate, key: key)
        default: throw ValidationError("--tls-cert and --tls-key must be given together.")
        }
    }

    private func parsedProxies() throws -> TrustedProxies {
        let texts = list(trustedProxy, "TRUSTED_PROXY")
        let ranges = try texts.filter { $0 != "unix" }.map { text in
            guard let range = AddressRange(text) else {
                throw ValidationError(
                    "--trusted-proxy is an IP address, a block such as 10.0.0.0/8, or 'unix' for whoever uses the local "
                        + "socket, not '\(UntrustedText(text))'.")
            }
            return range
        }
        return TrustedProxies(ranges, includesUnixSocket: texts.contains("unix"))
    }

    private func parsedOrigins() throws -> Set<WebOrigin> {
        try Set(
            list(allowOrigin, "ALLOW_ORIGIN").map { text in
                guard let origin = WebOrigin(text) else {
                    throw ValidationError(
                        "--allow-origin is what a browser sends as Origin, such as https://chat.example or "
                            + "http://chat.example:8080, one for each site (letters beyond ASCII as xn--…), "
                            + "not '\(UntrustedText(text))'.")
                }
                return origin
            })
    }

    /// The variable of a repeatable flag holds its values with spaces between them.
    private func list(_ flags: [String], _ name: String) -> [String] {
        if !flags.isEmpty { return flags }
        return Self.variable(name)?.split(separator: " ").map(String.init) ?? []
    }

    private func number(_ flag: Int?, _ name: String, _ flagName: String, _ range: ClosedRange<Int>) throws -> Int? {
        try Self.number(flag, name, flagName, range)
    }

    static func number(
        _ flag: Int?, _ name: String, _ flagName: String, _ range: ClosedRange<Int>
    ) throws -> Int? {
        guard let text = flag.map(String.init) ?? variable(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ValidationError("\(flagName) is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    private func flag(_ flag: Bool, _ name: String) throws -> Bool {
        if flag { return true }
        switch Self.variable(name)?.lowercased() {
        case nil, "0", "false", "no": return false
        case "1", "true", "yes": return true
        default: throw ValidationError("CHAT_SERVER_\(name) is 1 or 0.")
        }
    }

    private func value(_ flag: String?, _ name: String) -> String? {
        flag ?? Self.variable(name)
    }

    static func variable(_ name: String) -> String? {
        environment["CHAT_SERVER_" + name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The process's environment. Tests replace it.
    @TaskLocal static var environment = ProcessInfo.processInfo.environment
    static var folders: StandardFolders { .found(environment: environment) }

    static func path(_ text: String?, _ flag: String) throws -> String? {
        guard let text else { return nil }
        return try path(text, flag) as String
    }

    static func path(_ text: String, _ flag: String) throws -> String {
        do throws(UserPath.Invalid) {
            return try UserPath.expand(text, home: folders.home)
        } catch {
            switch error {
            case .empty: throw ValidationError("\(flag) has an empty path.")
            case .noHome: throw ValidationError("\(flag): ~ means nothing, since HOME is not a folder.")
            case .otherHome:
                throw ValidationError("\(flag): only ~/ stands for a home; write the path of another in full.")
            }
        }
    }
}
