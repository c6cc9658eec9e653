import ChatServer
import ChatWire
import Logging

/// The public keys of whoever makes the tokens, fetched from its address and kept.
///
/// They are fetched again for a key id that is not among them, but only so often, however many tokens name such ids; and
/// after a while, so that a key that was taken back does not count for ever. While the source is down the keys from before
/// stay in use. The server starts without waiting for them.
actor KeySource {
    struct Pace: Sendable {
        /// Between two fetches, and where the last one failed.
        var interval: Duration = .seconds(30)
        var intervalAfterFailure: Duration = .seconds(5)
        /// Older keys are fetched anew, in the background.
        var freshFor: Duration = .seconds(600)
    }

    private let fetch: @Sendable () async throws -> [UInt8]
    private let pace: Pace
    private let log: Logger
    /// Nil until they were fetched once.
    private var keys: [String: VerificationKey]?
    private var fetchedAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    private var hasFailed = false
    private var underway: Task<Void, Never>?

    init(pace: Pace = Pace(), log: Logger, fetch: @escaping @Sendable () async throws -> [UInt8]) {
        self.pace = pace
        self.log = log
        self.fetch = fetch
    }

    /// The key of this id, or nil where there is no such key.
    func key(_ id: String) async throws(AuthenticationError) -> VerificationKey? {
        if keys?[id] == nil, isTimeToFetch || underway != nil { await refresh() }
        // It may be a new key, where the last look at the source failed.
        guard let keys, keys[id] != nil || !hasFailed else {
            throw .unavailable("the keys to check tokens with could not be fetched")
        }
        if let fetchedAt, .now - fetchedAt > pace.freshFor, isTimeToFetch { Task { await refresh() } }
        return keys[id]
    }

    /// Fetches the keys; many who ask at once wait for the same fetch.
    func refresh() async {
        if let underway { return await underway.value }
        triedAt = .now
        let task = Task { await fetchOnce() }
        underway = task
        await task.value
        underway = nil
    }

    private var isTimeToFetch: Bool {
        guard let triedAt else { return true }
        return .now - triedAt >= (hasFailed ? pace.intervalAfterFailure : pace.interval)
    }

    private func fetchOnce() async {
        do {
            let json = try await fetch()
            guard let entries = KeySetEntry.entries(of: json) else { throw NotAKeySet() }
            var fetched: [String: VerificationKey] = [:]
            for entry in entries {
                if let id = entry.id, let key = await VerificationKey(entry) { fetched[id] = key }
            }
            guard !fetched.isEmpty else { throw NotAKeySet() }
            if hasFailed || keys == nil { log.notice("\(fetched.count) keys to check tokens with were fetched.") }
            (keys, fetchedAt, hasFailed) = (fetched, .now, false)
        } catch {
            if !hasFailed {
                log.warning(
                    """
                    The keys to check tokens with cannot be fetched: \(UntrustedText("\(error)")). \
                    \(keys == nil ? "Nobody can come in by them until they can." : "Those from before stay in use.")
                    """)
            }
            hasFailed = true
        }
    }

    private struct NotAKeySet: Error, CustomStringConvertible {
        let description = "what the address gives holds no RSA or P-256 key with a kid"
    }
}
