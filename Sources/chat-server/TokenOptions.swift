import ArgumentParser
import ChatServer
import ChatWire
import Foundation
import TokenAuth

/// How tokens are checked, and made.
struct TokenOptions: ParsableArguments {
    @Option(help: "A file with the secret of HS256 tokens, at least 32 bytes. (or SUPABASE_JWT_SECRET)")
    var jwtSecretFile: String?

    @Option(help: "The audience that a token has to name. (default: authenticated)")
    var jwtAudience: String?

    @Option(help: "The issuer that a token has to name. (default: any; with SUPABASE_URL, its /auth/v1)")
    var jwtIssuer: String?

    /// What says that tokens are checked, where anything on the command line, or meant for this program alone, does.
    var firstGiven: String? {
        let given = [
            ("--jwt-secret-file", value(jwtSecretFile, "JWT_SECRET_FILE")),
            ("--jwt-audience", value(jwtAudience, "JWT_AUDIENCE")), ("--jwt-issuer", value(jwtIssuer, "JWT_ISSUER")),
        ]
        return given.first { $0.1 != nil }?.0
    }

    func rules(hosted: HostedDatabase?) -> TokenRules {
        TokenRules(
            audience: value(jwtAudience, "JWT_AUDIENCE") ?? "authenticated",
            issuer: value(jwtIssuer, "JWT_ISSUER") ?? hosted?.issuer)
    }

    /// Nil where none is given.
    func secret() throws -> [UInt8]? {
        if let path = value(jwtSecretFile, "JWT_SECRET_FILE") {
            guard let content = FileManager.default.contents(atPath: path) else {
                throw ValidationError("Cannot read the secret in \(UntrustedText(path)).")
            }
            // Editors end a file with a line break, which is no part of the secret.
            var secret = Array(content)
            while let last = secret.last, last == 0x0A || last == 0x0D { secret.removeLast() }
            return try checked(secret, "The secret in \(UntrustedText(path))")
        }
        return try ServerOptions.environment["SUPABASE_JWT_SECRET"].flatMap { $0.isEmpty ? nil : Array($0.utf8) }
            .map { try checked($0, "SUPABASE_JWT_SECRET") }
    }

    private func checked(_ secret: [UInt8], _ name: String) throws -> [UInt8] {
        guard secret.count >= TokenAuthenticator.shortestSecret else {
            throw ValidationError(
                "\(name) has \(secret.count) bytes; with fewer than \(TokenAuthenticator.shortestSecret) it can be guessed. "
                    + "`openssl rand -hex 32` makes one.")
        }
        return secret
    }

    private func value(_ flag: String?, _ name: String) -> String? { flag ?? ServerOptions.variable(name) }
}

/// The address of a hosted database, whose keys and issuer follow from it.
struct HostedDatabase {
    private let base: String

    /// Of `SUPABASE_URL`.
    init?(environment: [String: String]) {
        guard var base = environment["SUPABASE_URL"], !base.isEmpty else { return nil }
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
    }

    var issuer: String { base + "/auth/v1" }
    var keySetURL: String { issuer + "/.well-known/jwks.json" }
}

/// Who may come in, checked.
enum Admittance: Sendable {
    /// Whoever is on this machine.
    case anybody
    case tokens(TokenSettings)
}

struct TokenSettings: Sendable {
    var rules: TokenRules
    var secret: [UInt8]?
    var keySetURL: String?
}
