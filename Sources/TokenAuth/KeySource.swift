import ChatServer
import ChatWire
import Logging

/// The public keys of whoever makes the tokens, fetched from its address and kept.
///
/// They are fetched again for a token that none of them fits, but only so often, however many such tokens there are; and
/// after a while, so that a key that was taken back does not count for ever. While the source is down the keys from before
/// stay in use. The server starts without waiting for them.
///
/// That a key does not exist is only known from a fetch that began after somebody asked for it. Before, nobody knows: it
/// may be new.
actor KeySource {
    struct Pace: Sendable {
        /// Between two fetches.
        var interval: Duration = .seconds(30)
        /// After one that failed; twice as long after each further one, up to `interval`.
        var intervalAfterFailure: Duration = .seconds(5)
        /// Older keys are fetched anew, in the background.
        var freshFor: Duration = .seconds(600)

        /// - Parameter failures: How many failed one after the other.
        func interval(after failures: Int) -> Duration {
            failures == 0 ? interval : min(interval, intervalAfterFailure * (1 << min(failures - 1, 16)))
        }
    }

    private let fetch: @Sendable () async throws -> [UInt8]
    private let pace: Pace
    private let log: Logger
    /// Nil until they were fetched once.
    private var keys: [Kind: [VerificationKey]]?
    private var fetchedAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    /// How many fetches failed since the last good one.
    private var failures = 0
    private var underway: Task<Void, Never>?
    /// How many fetches were begun, and which of them gave the keys that are here.
    private var begun = 0
    private var lastGood = 0

    /// What tells keys apart. Two of one id are two where they are of different types.
    private struct Kind: Hashable {
        /// Nil for a key without a name of its own.
        var id: String?
        var algorithm: String
    }

    init(pace: Pace = Pace(), log: Logger, fetch: @escaping @Sendable () async throws -> [UInt8]) {
        self.pace = pace
        self.log = log
        self.fetch = fetch
    }

    /// The claims of a token that one of the keys signed, or nil where it is certain that none of them did.
    func claims(of token: String, _ header: TokenHeader) async throws(AuthenticationError) -> TokenClaims? {
        let begunBefore = begun
        if isStale, isTimeToFetch { Task { await refresh() } }
        if case .known(let claims) = await check(token, header) { return claims }
        if let underway {
            await underway.value
        } else if isTimeToFetch {
            await refresh()
        }
        if case .known(let claims) = await check(token, header) { return claims }
        if failures > 0 || keys == nil { throw .unavailable("the keys to check tokens with could not be fetched") }
        if lastGood <= begunBefore { throw .unavailable("no key fits, and it is too early to look for new ones") }
        return nil
    }

    private static let mostKeys = 100

    private enum Verdict {
        /// Nil where the key that the token names did not sign it: no other one has that name.
        case known(TokenClaims?)
        case unknown
    }

    /// By the keys that are here now: others may come while it is at work.
    private func check(_ token: String, _ header: TokenHeader) async -> Verdict {
        let keys = fitting(header)
        let claims = await VerificationKey.claims(of: token, among: keys)
        return claims != nil || header.keyID != nil && !keys.isEmpty ? .known(claims) : .unknown
    }

    /// Those that a token may be signed by. One that names none may be signed by the only one of its type.
    private func fitting(_ header: TokenHeader) -> [VerificationKey] {
        guard let keys else { return [] }
        if let id = header.keyID { return keys[Kind(id: id, algorithm: header.algorithm)] ?? [] }
        let all = keys.filter { $0.key.algorithm == header.algorithm }.flatMap(\.value)
        return all.count == 1 ? all : []
    }

    /// Fetches the keys; many who ask at once wait for the same fetch.
    func refresh() async {
        if let underway { return await underway.value }
        triedAt = .now
        begun += 1
        let task = Task {
            await fetchOnce()
            // Here, before anybody who waits goes on: the next one must not take it for one that is still to end.
            underway = nil
        }
        underway = task
        await task.value
    }

    /// Fetches the keys as they are from now on: a fetch that is under way began before.
    func refreshAnew() async {
        if let underway { await underway.value }
        await refresh()
    }

    private var isTimeToFetch: Bool {
        guard let triedAt else { return true }
        return .now - triedAt >= pace.interval(after: failures)
    }

    private var isStale: Bool { fetchedAt.map { .now - $0 > pace.freshFor } ?? false }

    private func fetchOnce() async {
        do {
            let json = try await fetch()
            guard let entries = KeySetEntry.entries(of: json) else { throw NotAKeySet() }
            var fetched: [Kind: [VerificationKey]] = [:]
            for entry in entries.prefix(Self.mostKeys) {
                guard let key = await VerificationKey(entry) else { continue }
                fetched[Kind(id: entry.id, algorithm: key.algorithm), default: []].append(key)
            }
            guard !fetched.isEmpty else { throw NotAKeySet() }
            let count = fetched.values.map(\.count).reduce(0, +)
            if failures > 0 || keys == nil { log.notice("\(count) keys to check tokens with were fetched.") }
            (keys, fetchedAt, failures, lastGood) = (fetched, .now, 0, begun)
        } catch {
            if failures == 0 {
                log.warning(
                    """
                    The keys to check tokens with cannot be fetched: \(UntrustedText("\(error)")). \
                    \(keys == nil ? "Nobody can come in by them until they can." : "Those from before stay in use.")
                    """)
            }
            failures += 1
        }
    }

    private struct NotAKeySet: Error, CustomStringConvertible {
        let description = "what the address gives holds no RSA or P-256 key"
    }
}
