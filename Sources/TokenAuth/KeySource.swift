import ChatServer
import ChatWire
import Logging

/// The issuer's public keys, fetched from its address and cached.
///
/// The keys are fetched again when a token fits none of them, but at most once per interval, however many such tokens
/// come. They are also fetched again after a while, so that a revoked key stops counting. If a fetch fails, the cached
/// keys stay in use. The server starts without waiting for the first fetch.
///
/// Only a fetch that began after a token was presented can prove that its key does not exist: the key may be newer than
/// the fetches before. An answer from a cache (a Supabase project's is kept ten minutes at the edge) proves nothing
/// about keys that are newer than itself.
actor KeySource {
    struct Pace: Sendable {
        /// Time between two fetches.
        var interval: Duration = .seconds(30)
        /// Time after a failed fetch. It doubles with each further failure, up to `interval`.
        var intervalAfterFailure: Duration = .seconds(5)
        /// Keys that are older than this are fetched again in the background.
        var freshFor: Duration = .seconds(300)
        /// Tokens wait for a fetch if the keys are older than this. Otherwise a key that was revoked meanwhile would
        /// count once more, however long nobody has logged in.
        var trustedFor: Duration = .seconds(600)

        /// - Parameter failures: The number of consecutive failures.
        func interval(after failures: Int) -> Duration {
            failures == 0 ? interval : min(interval, intervalAfterFailure * (1 << min(failures - 1, 16)))
        }
    }

    /// Where the keys are, for the log.
    private let address: String
    private let fetch: @Sendable () async throws -> KeySetAnswer
    private let pace: Pace
    private let log: Logger
    /// Nil until the first fetch succeeds.
    private var keys: [Kind: [VerificationKey]]?
    private var fetchedAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    /// The number of fetches that failed since the last good one.
    private var failures = 0
    private var underway: Task<Void, Never>?
    /// `begun` counts the fetches that were begun. `lastGood` is the number of the fetch that gave the present keys.
    private var begun = 0
    private var lastGood = 0
    /// How long the present keys had been in a cache when they arrived.
    private var ageInSeconds = 0

    /// What identifies a key. Two keys of the same id but of different types are two keys.
    private struct Kind: Hashable {
        /// Nil for a key without an id (`kid`).
        var id: String?
        var algorithm: String
    }

    init(
        address: String, pace: Pace = Pace(), log: Logger, fetch: @escaping @Sendable () async throws -> KeySetAnswer
    ) {
        self.address = address
        self.pace = pace
        self.log = log
        self.fetch = fetch
    }

    /// The claims of a token, verified with the keys.
    /// - Returns: nil if it is certain that none of the keys signed the token.
    /// - Throws: `AuthenticationError.unavailable` while that cannot be decided, because the keys could not be fetched
    ///   or it is too early to fetch them again.
    func claims(
        of token: String, _ header: TokenHeader, now: Timestamp
    ) async throws(AuthenticationError) -> TokenClaims? {
        let begunBefore = begun
        if isOlder(than: pace.trustedFor), isTimeToFetch || underway != nil {
            await refresh()
        } else if isOlder(than: pace.freshFor), isTimeToFetch {
            Task { await refresh() }
        }
        if case .known(let claims) = await check(token, header) { return claims }
        if let underway {
            await underway.value
        } else if isTimeToFetch {
            await refresh()
        }
        if case .known(let claims) = await check(token, header) { return claims }
        if failures > 0 || keys == nil { throw .unavailable("the keys to check tokens with could not be fetched") }
        if lastGood <= begunBefore { throw .unavailable("no key fits, and it is too early to look for new ones") }
        if let issued = header.claimedIssueTime, issued > now.seconds - Int64(ageInSeconds) {
            throw .unavailable("no key fits, and the keys come from a cache that may not have the newest yet")
        }
        return nil
    }

    /// Why there are no keys; nil if there are. Without keys this tries to fetch them again, because nobody else may:
    /// a load balancer sends no clients to a server that is not ready.
    func problem() -> String? {
        if keys != nil { return nil }
        if isTimeToFetch { Task { await refresh() } }
        return failures > 0 ? "the public keys cannot be fetched" : "the public keys are not fetched yet"
    }

    private static let maxKeys = 100
    /// A day: a cache that keeps keys longer is out of order, and its word must not keep tokens undecided for ever.
    private static let maxAgeInSeconds = 86_400

    private enum Verdict {
        /// Nil if the key that the token names did not sign it. No other key has that name.
        case known(TokenClaims?)
        case unknown
    }

    /// Checks with the keys as they are when it begins. A fetch may replace them meanwhile.
    private func check(_ token: String, _ header: TokenHeader) async -> Verdict {
        let keys = candidates(for: header)
        let claims = await VerificationKey.claims(of: token, among: keys)
        return claims != nil || header.keyID != nil && !keys.isEmpty ? .known(claims) : .unknown
    }

    /// The keys that may have signed a token. A token that names no key fits only if there is exactly one key of its
    /// type.
    private func candidates(for header: TokenHeader) -> [VerificationKey] {
        guard let keys else { return [] }
        if let id = header.keyID { return keys[Kind(id: id, algorithm: header.algorithm)] ?? [] }
        let all = keys.filter { $0.key.algorithm == header.algorithm }.flatMap(\.value)
        return all.count == 1 ? all : []
    }

    /// Fetches the keys. Callers that ask while a fetch is under way share it.
    func refresh() async {
        if let underway { return await underway.value }
        triedAt = .now
        begun += 1
        let task = Task {
            await fetchOnce()
            // The task clears this itself, before any waiter goes on. Otherwise the next caller would wait for a fetch
            // that has ended.
            underway = nil
        }
        underway = task
        await task.value
    }

    /// Fetches the keys in a fetch that begins after this call. One that is under way may miss a change, so this waits
    /// for it and begins another.
    func refreshAnew() async {
        if let underway { await underway.value }
        await refresh()
    }

    private var isTimeToFetch: Bool {
        guard let triedAt else { return true }
        return .now - triedAt >= pace.interval(after: failures)
    }

    /// False before the first fetch.
    private func isOlder(than age: Duration) -> Bool { fetchedAt.map { .now - $0 > age } ?? false }

    private func fetchOnce() async {
        do {
            let answer = try await fetch()
            guard let entries = KeySetEntry.entries(of: answer.json) else { throw NotAKeySet() }
            var fetched: [Kind: [VerificationKey]] = [:]
            for entry in entries.prefix(Self.maxKeys) {
                guard let key = await VerificationKey(entry) else { continue }
                fetched[Kind(id: entry.id, algorithm: key.algorithm), default: []].append(key)
            }
            guard !fetched.isEmpty else { throw NotAKeySet() }
            let count = fetched.values.map(\.count).reduce(0, +)
            if failures > 0 || keys == nil { log.notice("Fetched \(count) token keys.") }
            (keys, fetchedAt, failures, lastGood) = (fetched, .now, 0, begun)
            ageInSeconds = max(0, min(answer.ageInSeconds, Self.maxAgeInSeconds))
        } catch {
            if failures == 0 {
                log.warning(
                    """
                    Cannot fetch the token keys from \(UntrustedText(address)): \(UntrustedText("\(error)")). \
                    \(keys == nil ? "Tokens that need them are not accepted until they are there." : "The previous keys stay in use.")
                    """)
            }
            failures += 1
        }
    }

    private struct NotAKeySet: Error, CustomStringConvertible {
        let description = "what the address gives holds no RSA or P-256 key"
    }
}
