import ChatServer
import ChatWire
import Logging
import Synchronization
import WebSocketTransport

/// Checks JSON Web Tokens: HS256 with shared secrets, RS256 and ES256 with public keys fetched from an address.
///
/// The configured key determines the algorithm. A token whose header names another algorithm, `none`, or an unknown key
/// is refused before any of its claims is used (RFC 8725, sections 3.1 and 3.2).
public final class TokenAuthenticator: Authenticator {
    private let rules: TokenRules
    private let secrets: Mutex<[VerificationKey]>
    private let source: KeySource?

    /// - Parameters:
    ///   - secrets: The secrets for HS256, each of at least `minSecretBytes` bytes. A token signed with any of them
    ///     counts. Empty if HS256 tokens are refused.
    ///   - keySetURL: The address of the JSON Web Key Set; nil if RS256 and ES256 tokens are refused.
    public convenience init(rules: TokenRules, secrets: [[UInt8]], keySetURL: String?, log: Logger) async {
        await self.init(rules: rules, secrets: secrets, keySetURL: keySetURL, pace: .init(), log: log)
    }

    init(
        rules: TokenRules, secrets: [[UInt8]], keySetURL: String?, pace: KeySource.Pace,
        timeout: Duration = .seconds(5), tls: ClientTLS = ClientTLS(), log: Logger
    ) async {
        self.rules = rules
        self.secrets = Mutex(await Self.keys(of: secrets))
        source = keySetURL.flatMap { url in
            KeyFetcher(url: url, timeout: timeout, tls: tls).map { fetcher in
                KeySource(address: url, pace: pace, log: log) { try await fetcher.fetch() }
            }
        }
        // Nothing waits for this fetch, so the server also starts while the address does not answer.
        if let source { Task { await source.refresh() } }
    }

    /// In bytes: as long as the hash (RFC 7518, section 3.2).
    public static let minSecretBytes = 32

    public func identify(_ token: String, now: Timestamp) async throws(AuthenticationError) -> Identity {
        let header = try TokenHeader(of: token)
        guard let claims = try await claims(of: token, header, now) else {
            throw .rejected("no key that counts here signed it, or its claims are not what they should be")
        }
        return try rules.identity(of: claims, now: now)
    }

    /// With a secret there are tokens that can be checked without the public keys.
    public func problem() async -> String? {
        if secrets.withLock({ !$0.isEmpty }) { return nil }
        return await source?.problem()
    }

    private func claims(
        of token: String, _ header: TokenHeader, _ now: Timestamp
    ) async throws(AuthenticationError) -> TokenClaims? {
        switch header.algorithm {
        case "HS256": return await VerificationKey.claims(of: token, among: secrets.withLock { $0 })
        case "RS256", "ES256": return try await source?.claims(of: token, header, now: now)
        default: return nil
        }
    }

    // MARK: - While it runs

    /// Replaces the secrets. Connections whose tokens were checked already stay until those tokens expire.
    public func use(secrets: [[UInt8]]) async {
        let keys = await Self.keys(of: secrets)
        self.secrets.withLock { $0 = keys }
    }

    /// Fetches the public keys now, however recent the last fetch is. If it fails, the keys from before stay in use.
    public func refreshKeys() async {
        await source?.refreshAnew()
    }

    private static func keys(of secrets: [[UInt8]]) async -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for secret in secrets { keys.append(await VerificationKey(secret: secret)) }
        return keys
    }
}
