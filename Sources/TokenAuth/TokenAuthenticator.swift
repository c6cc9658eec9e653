import ChatServer
import ChatWire
import Logging
import Synchronization

/// Checks JSON Web Tokens: HS256 with secrets, RS256 and ES256 with the public keys of an address.
///
/// The algorithm follows from the key, and the key from what is configured: a token whose header names another one, `none`,
/// or a key that is not known, is refused before anything of it is believed.
public final class TokenAuthenticator: Authenticator {
    private let rules: TokenRules
    private let secrets: Mutex<[VerificationKey]>
    private let source: KeySource?

    /// - Parameters:
    ///   - secrets: For HS256, of at least `shortestSecret` bytes each, any of which counts; none where no such token does.
    ///   - keySetURL: Where the public keys are; nil where no such token counts.
    public convenience init(rules: TokenRules, secrets: [[UInt8]], keySetURL: String?, log: Logger) async {
        await self.init(rules: rules, secrets: secrets, keySetURL: keySetURL, pace: .init(), log: log)
    }

    init(
        rules: TokenRules, secrets: [[UInt8]], keySetURL: String?, pace: KeySource.Pace,
        timeout: Duration = .seconds(5), log: Logger
    ) async {
        self.rules = rules
        self.secrets = Mutex(await Self.keys(of: secrets))
        let fetcher = keySetURL.flatMap { KeyFetcher(url: $0, timeout: timeout) }
        source = fetcher.map { fetcher in KeySource(pace: pace, log: log) { try await fetcher.fetch() } }
        // Nobody waits for it, so that the server starts where the address does not answer.
        if let source { Task { await source.refresh() } }
    }

    /// As long as the hash (RFC 7518, section 3.2).
    public static let shortestSecret = 32

    public func identify(_ token: String, now: Timestamp) async throws(AuthenticationError) -> Identity {
        let header = try TokenHeader(of: token)
        guard let claims = try await claims(of: token, header) else {
            throw .rejected("no key that counts here signed it, or its claims are not what they should be")
        }
        return try rules.identity(of: claims, now: now)
    }

    private func claims(of token: String, _ header: TokenHeader) async throws(AuthenticationError) -> TokenClaims? {
        switch header.algorithm {
        case "HS256": return await VerificationKey.claims(of: token, among: secrets.withLock { $0 })
        case "RS256", "ES256": return try await source?.claims(of: token, header)
        default: return nil
        }
    }

    // MARK: - While it runs

    /// Takes these secrets in place of those from before. Tokens that were checked already count to their end.
    public func use(secrets: [[UInt8]]) async {
        let keys = await Self.keys(of: secrets)
        self.secrets.withLock { $0 = keys }
    }

    /// Fetches the public keys now, whenever that was done last. Where they cannot be had, those from before stay in use.
    public func refreshKeys() async {
        await source?.refreshAnew()
    }

    private static func keys(of secrets: [[UInt8]]) async -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for secret in secrets { keys.append(await VerificationKey(secret: secret)) }
        return keys
    }
}
