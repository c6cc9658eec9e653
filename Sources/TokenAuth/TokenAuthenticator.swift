import ChatServer
import ChatWire
import Logging

/// Checks JSON Web Tokens: HS256 with a secret, RS256 and ES256 with the public keys of an address.
///
/// The algorithm follows from the key, and the key from what is configured: a token whose header names another one, `none`,
/// or a key that is not known, is refused before anything of it is believed.
public final class TokenAuthenticator: Authenticator {
    private let rules: TokenRules
    private let secret: VerificationKey?
    private let source: KeySource?
    private let fetcher: KeyFetcher?

    /// - Parameters:
    ///   - secret: For HS256, of at least `shortestSecret` bytes; nil where no such token counts.
    ///   - keySetURL: Where the public keys are; nil where no such token counts.
    public convenience init(rules: TokenRules, secret: [UInt8]?, keySetURL: String?, log: Logger) async {
        await self.init(rules: rules, secret: secret, keySetURL: keySetURL, pace: .init(), log: log)
    }

    init(rules: TokenRules, secret: [UInt8]?, keySetURL: String?, pace: KeySource.Pace, log: Logger) async {
        self.rules = rules
        if let secret { self.secret = await VerificationKey(secret: secret) } else { self.secret = nil }
        let fetcher = keySetURL.map { KeyFetcher(url: $0) }
        self.fetcher = fetcher
        source = fetcher.map { fetcher in KeySource(pace: pace, log: log) { try await fetcher.fetch() } }
        // Nobody waits for it, so that the server starts where the address does not answer.
        if let source { Task { await source.refresh() } }
    }

    /// As long as the hash (RFC 7518, section 3.2).
    public static let shortestSecret = 32

    public func identify(_ token: String, now: Timestamp) async throws(AuthenticationError) -> Identity {
        let header = try TokenHeader(of: token)
        guard let key = try await key(for: header), key.algorithm == header.algorithm else {
            throw .rejected("it is signed by a key, or in a way, that does not count here")
        }
        guard let claims = await key.claims(of: token) else {
            throw .rejected("its signature is wrong, or its claims are not what they should be")
        }
        return try rules.identity(of: claims, now: now)
    }

    private func key(for header: TokenHeader) async throws(AuthenticationError) -> VerificationKey? {
        switch header.algorithm {
        case "HS256": return secret
        case "RS256", "ES256":
            guard let id = header.keyID else { return nil }
            return try await source?.key(id)
        default: return nil
        }
    }

    /// To be called when nobody asks any more.
    public func close() async {
        await fetcher?.close()
    }
}
