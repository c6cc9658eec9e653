import ArgumentParser
import ChatServer
import ChatWire
import Formats
import Foundation
import HostSystem
import TokenAuth

/// How tokens are checked and made.
struct TokenOptions: ParsableArguments {
    @Option(
        help:
            "A file with a secret for HS256 tokens, at least 32 bytes, re-read on SIGHUP; may be repeated. (or SUPABASE_JWT_SECRET)",
        completion: .file())
    var jwtSecretFile: [String] = []

    @Option(help: "The audience that a token must name. (default: authenticated)")
    var jwtAudience: String?

    @Option(help: "The issuer that a token must name. (default: any; with SUPABASE_URL, its /auth/v1)")
    var jwtIssuer: String?

    @Option(
        help:
            "Require tokens of this Supabase project, such as https://REF.supabase.co. It sets keys, issuer and audience."
    )
    var supabaseUrl: String?

    /// The first flag or variable of this program that asks for tokens; nil if none is given. `SUPABASE_` variables do
    /// not count, since they may be there for another program.
    var firstGiven: String? {
        let given = [
            ("--jwt-secret-file", secretFiles.first), ("--jwt-audience", value(jwtAudience, "JWT_AUDIENCE")),
            ("--jwt-issuer", value(jwtIssuer, "JWT_ISSUER")),
        ]
        return given.first { $0.1 != nil }?.0
    }

    /// The project whose tokens are asked for, by the flag or its variable; nil if none is named.
    /// - Throws: `ValidationError` if the address is none, or if another flag sets what follows from it.
    func project() throws -> HostedDatabase? {
        guard let url = value(supabaseUrl, "SUPABASE_URL") else { return nil }
        guard let project = HostedDatabase(url: url) else {
            throw ValidationError(
                "--supabase-url is the address of a project, such as https://abcdefghijklmnopqrst.supabase.co (or "
                    + "http:// on this machine), with nothing after the host, not '\(UntrustedText(url))'.")
        }
        let others = [
            ("--jwt-audience", value(jwtAudience, "JWT_AUDIENCE")), ("--jwt-issuer", value(jwtIssuer, "JWT_ISSUER")),
        ]
        if let other = others.first(where: { $0.1 != nil })?.0 { throw Self.conflict(with: other) }
        return project
    }

    static func conflict(with flag: String) -> ValidationError {
        ValidationError("--supabase-url sets by itself what \(flag) is for: leave one of the two out.")
    }

    func rules(hosted: HostedDatabase?) -> TokenRules {
        TokenRules(
            audience: value(jwtAudience, "JWT_AUDIENCE") ?? "authenticated",
            issuer: value(jwtIssuer, "JWT_ISSUER") ?? hosted?.issuer)
    }

    /// The secrets. Any of them may have signed a token; `chat-server token` signs with the first. Empty if none is
    /// given.
    func secrets() throws -> [[UInt8]] {
        let files = try secretPaths()
        do throws(SecretFile.Problem) {
            var secrets: [[UInt8]] = []
            for path in files { secrets.append(try SecretFile(path: path).read()) }
            if secrets.isEmpty, let secret = ServerOptions.environment["SUPABASE_JWT_SECRET"], !secret.isEmpty {
                secrets = [try SecretFile.checked(Array(secret.utf8), "SUPABASE_JWT_SECRET")]
            }
            return secrets
        } catch {
            throw ValidationError(error.sentence)
        }
    }

    /// The paths of the secret files, with `~` expanded.
    func secretPaths() throws -> [String] {
        try secretFiles.map { try ServerOptions.path($0, "--jwt-secret-file") as String }
    }

    /// The variable holds paths with spaces between them. If all of it is the path of an existing file, it is that one
    /// path.
    var secretFiles: [String] {
        if !jwtSecretFile.isEmpty { return jwtSecretFile }
        guard let text = ServerOptions.variable("JWT_SECRET_FILE") else { return [] }
        let isOneFile =
            (try? ServerOptions.path(text, "") as String).map { FileManager.default.fileExists(atPath: $0) } ?? false
        return isOneFile ? [text] : text.split(separator: " ").map(String.init)
    }

    private func value(_ flag: String?, _ name: String) -> String? { flag ?? ServerOptions.variable(name) }
}

/// The address of a hosted database. The address of its keys and its issuer follow from it.
struct HostedDatabase {
    private let base: String

    /// Returns nil unless it is `https://HOST`, or `http://` on this machine. A path, a query or a user name is a
    /// mistake: the address of another page was copied.
    init?(url: String) {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        guard let parts = URLComponents(string: base), let host = parts.host, !host.isEmpty, parts.path.isEmpty,
            parts.query == nil, parts.fragment == nil, parts.user == nil, parts.password == nil,
            parts.scheme == "https" || parts.scheme == "http" && Loopback.contains(host: host)
        else { return nil }
        self.base = base
    }

    /// Reads `SUPABASE_URL`, which may be there for another program. Its address is checked where it is used.
    init?(environment: [String: String]) {
        guard var base = environment["SUPABASE_URL"], !base.isEmpty else { return nil }
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
    }

    var issuer: String { base + "/auth/v1" }
    var keySetURL: String { issuer + "/.well-known/jwks.json" }
}
