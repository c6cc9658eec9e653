import ChatClient
import ChatWire
import Dispatch
import LocalStore

/// Where what the marketplace says is kept, so that it is there without a connection.
protocol ListingCache: Sendable {
    func listings(of ids: [String]) throws(StoreFailure) -> [StoredListing]
    func keep(_ listings: [StoredListing]) throws(StoreFailure)
}

extension DiskStore: ListingCache {}

/// Looks up products for the screen, which does not wait for it: first on the disk, then in the marketplace.
///
/// What cannot be had is left out without a word, and asked for again when there is a connection. Nobody is asked for
/// more than `batch` products at once, and there is one request at a time.
actor ProductDirectory {
    /// Asks the marketplace. The answer has what it says about these products, and nothing about those that it does not
    /// have or show.
    typealias Fetch = @Sendable ([String]) async throws -> [Listing]

    struct Pace: Sendable {
        /// What is older is asked for again.
        var freshFor: Duration = .seconds(600)
        /// The pause after a failure. It doubles with each further one, up to `freshFor`.
        var pause: Duration = .seconds(15)
    }

    static let batch = 50
    /// More than a window asks for.
    private static let maxRemembered = 4000

    private let cache: any ListingCache
    private let fetch: Fetch
    private let pace: Pace
    private let now: @Sendable () -> Moment
    private let deliver: @Sendable ([Listing]) -> Void
    private let disk = DispatchQueue(label: "ProductDirectory")

    private var waiting: [String] = []
    /// When the marketplace answered for a product, whether it has it or not.
    private var answered: [UntrustedText: ContinuousClock.Instant] = [:]
    private var unanswered: Set<UntrustedText> = []
    private var failures = 0
    private var isRunning = false
    /// The product that was asked for last. The user looks at it, so it is kept fresh.
    private var latest: String?
    private var later: Task<Void, Never>?

    init(
        cache: any ListingCache, pace: Pace = Pace(), now: @escaping @Sendable () -> Moment = { Moment.now },
        fetch: @escaping Fetch, deliver: @escaping @Sendable ([Listing]) -> Void
    ) {
        (self.cache, self.pace, self.now, self.fetch, self.deliver) = (cache, pace, now, fetch, deliver)
    }

    nonisolated func lookUp(_ ids: [String]) { Task { await add(ids) } }

    /// There is a connection again, so what was not answered may be now.
    nonisolated func connected() { Task { await askAgain() } }

    private func askAgain() async {
        failures = 0
        await again()
    }

    private func add(_ ids: [String]) async {
        // The product in the header comes first.
        if let id = ids.first { latest = id }
        for id in ids where !waiting.contains(id) && waiting.count < Self.maxRemembered { waiting.append(id) }
        guard !isRunning else { return }
        isRunning = true
        var isAnswered = true
        while !waiting.isEmpty {
            let ids = Array(waiting.prefix(Self.batch))
            waiting.removeFirst(ids.count)
            let due = await showKept(ids)
            if due.isEmpty { continue }
            // After a failure the others would fail, too.
            if isAnswered { isAnswered = await ask(for: due) }
            if !isAnswered { unanswered.formUnion(due.map { UntrustedText($0) }) }
        }
        isRunning = false
        later?.cancel()
        let pause = unanswered.isEmpty ? pace.freshFor : min(pace.freshFor, pace.pause * (1 << min(failures - 1, 10)))
        later = Task { [weak self] in
            try? await Task.sleep(for: pause)
            if !Task.isCancelled { await self?.again() }
        }
    }

    private func again() async { await add([latest].compactMap(\.self) + unanswered.map(\.wire)) }

    /// Delivers what is on the disk.
    /// - Returns: the products to ask for.
    private func showKept(_ ids: [String]) async -> [String] {
        let (kept, time) = (await stored(ids), now())
        if !kept.isEmpty { deliver(kept.map(\.listing)) }
        let fresh = Set(kept.filter { isFresh($0, at: time.wall) }.map { UntrustedText($0.listing.id) })
        return ids.filter { id in
            let id = UntrustedText(id)
            return !fresh.contains(id) && answered[id].map { time.instant - $0 > pace.freshFor } ?? true
        }
    }

    /// - Returns: whether there was an answer.
    private func ask(for ids: [String]) async -> Bool {
        let listings: [Listing]
        do {
            listings = Self.sorted(try await fetch(ids), for: ids)
        } catch {
            failures += 1
            return false
        }
        let time = now()
        failures = 0
        unanswered.subtract(ids.map { UntrustedText($0) })
        if answered.count > Self.maxRemembered { answered = [:] }
        for id in ids { answered[UntrustedText(id)] = time.instant }
        deliver(listings)
        await keep(listings.map { StoredListing($0, fetchedAt: time.wall) })
        return true
    }

    /// What was asked for, each once. Of what the answer lacks it says nothing.
    private static func sorted(_ answer: [Listing], for ids: [String]) -> [Listing] {
        let found = Dictionary(answer.map { (UntrustedText($0.id), $0) }) { first, _ in first }
        return ids.map { found[UntrustedText($0)] ?? Listing(id: $0) }
    }

    /// A time in the future is that of a clock which was wrong.
    private func isFresh(_ stored: StoredListing, at time: Timestamp) -> Bool {
        stored.fetchedAt <= time && time - stored.fetchedAt <= pace.freshFor
    }

    private func stored(_ ids: [String]) async -> [StoredListing] {
        await withCheckedContinuation { continuation in
            disk.async { [cache] in continuation.resume(returning: (try? cache.listings(of: ids)) ?? []) }
        }
    }

    private func keep(_ listings: [StoredListing]) async {
        await withCheckedContinuation { continuation in
            disk.async { [cache] in
                // Without room on the disk it is asked for again.
                try? cache.keep(listings)
                continuation.resume()
            }
        }
    }
}
