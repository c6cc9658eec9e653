import ChatClient
import ChatWire
import LocalStore
import Synchronization
import Testing

@testable import chat_tui

@Suite("Looking up products") struct ProductDirectoryTests {
    /// A disk in memory.
    private final class Cache: ListingCache {
        let stored = Mutex<[String: StoredListing]>([:])
        let isFull = Mutex(false)

        func listings(of ids: [String]) throws(StoreFailure) -> [StoredListing] {
            stored.withLock { stored in ids.compactMap { stored[$0] } }
        }

        func keep(_ listings: [StoredListing]) throws(StoreFailure) {
            if isFull.withLock(\.self) { throw .diskFull }
            stored.withLock { stored in
                for listing in listings { stored[listing.listing.id] = listing.listing.isEmpty ? nil : listing }
            }
        }
    }

    private struct Down: Error {}

    /// A marketplace that counts what it is asked.
    private final class Marketplace: Sendable {
        let requests = Mutex<[[String]]>([])
        let isDown = Mutex(false)

        func answer(_ ids: [String]) throws -> [Listing] {
            requests.withLock { $0.append(ids) }
            if isDown.withLock(\.self) { throw Down() }
            // One more than it was asked for, and not those that begin with `x`.
            return ids.filter { !$0.hasPrefix("x") }.map { Listing(id: $0, title: UntrustedText("T\($0)")) }
                + [Listing(id: "other", title: "nobody asked"), Listing(id: ids[0], title: "a second one")]
        }

        var count: Int { requests.withLock(\.count) }
    }

    private let cache = Cache()
    private let marketplace = Marketplace()
    private let delivered = Delivered()

    /// What was delivered, in order.
    private final class Delivered: Sendable {
        let listings = Mutex<[Listing]>([])
    }

    private func directory(_ pace: ProductDirectory.Pace = .init(), at moment: Moment = .now) -> ProductDirectory {
        ProductDirectory(cache: cache, pace: pace, now: { moment }) { [marketplace] in
            try marketplace.answer($0)
        } deliver: { [delivered] listings in
            delivered.listings.withLock { $0 += listings }
        }
    }

    private func wait(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private var titles: [String] {
        delivered.listings.withLock { $0.map { "\($0.id) \($0.title?.wire ?? "-")" } }
    }

    @Test("the disk answers first, then the marketplace, of which only what was asked for counts")
    func order() async throws {
        cache.stored.withLock {
            $0["p"] = StoredListing(Listing(id: "p", title: "old"), fetchedAt: Timestamp(seconds: 0))
        }
        directory().lookUp(["p", "x1"])
        try await wait { titles.count >= 3 && cache.stored.withLock { $0["p"]?.listing.title } == "Tp" }
        #expect(titles == ["p old", "p Tp", "x1 -"])
        #expect(cache.stored.withLock { $0.keys.sorted() } == ["p"])
    }

    @Test("what is fresh on the disk needs no request; a time in the future is that of a wrong clock")
    func fresh() async throws {
        let moment = Moment.now
        for (id, age) in [("new", 300), ("old", 700), ("future", -50)] {
            cache.stored.withLock {
                $0[id] = StoredListing(
                    Listing(id: id, title: "kept"), fetchedAt: moment.wall.advanced(by: .seconds(-age)))
            }
        }
        directory(at: moment).lookUp(["new", "old", "future"])
        try await wait { titles.count == 5 }
        #expect(marketplace.requests.withLock(\.self) == [["old", "future"]])
    }

    @Test("many products are asked for in batches, one after another, and none twice") func batches() async throws {
        let directory = directory()
        let ids = (0..<120).map { "p\($0)" }
        directory.lookUp(ids)
        directory.lookUp(ids)
        try await wait { titles.count >= 120 }
        directory.lookUp(ids)
        directory.lookUp(["last"])
        try await wait { titles.contains("last Tlast") }
        #expect(marketplace.requests.withLock { $0.map(\.count) } == [50, 50, 20, 1])
    }

    @Test("without an answer nothing is said, and a connection or time leads to it") func down() async throws {
        marketplace.isDown.withLock { $0 = true }
        let slow = directory()
        slow.lookUp((0..<60).map { "p\($0)" })
        try await wait { marketplace.count == 1 }
        marketplace.isDown.withLock { $0 = false }
        slow.connected()
        try await wait { titles.count >= 60 }
        #expect(Set(titles).count == 60)

        marketplace.isDown.withLock { $0 = true }
        let quick = directory(.init(freshFor: .seconds(600), pause: .milliseconds(5)))
        let before = marketplace.count
        quick.lookUp(["q"])
        try await wait { marketplace.count > before + 2 }
        marketplace.isDown.withLock { $0 = false }
        try await wait { titles.contains("q Tq") }
    }

    @Test("a full disk takes nothing away from the screen") func fullDisk() async throws {
        cache.isFull.withLock { $0 = true }
        directory().lookUp(["p"])
        try await wait { titles == ["p Tp"] }
    }
}
