import ChatClient
import ChatWire
import GRDB
import Testing

@testable import LocalStore

@Suite("What the marketplace says about products, on the disk") struct ListingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func listing(_ id: String, at seconds: Int = 0, title: UntrustedText = "Лампа") -> StoredListing {
        StoredListing(
            Listing(id: id, title: title, price: Price(decimal: "12500.5"), seller: bob, sellerName: "Боб"),
            fetchedAt: noon.advanced(by: .seconds(seconds)))
    }

    @Test("it is there for other windows and later ones, and for commands that only read") func kept() throws {
        let store = try folder.store()
        let (first, bare) = (listing("p"), StoredListing(Listing(id: "q\u{0}é", title: "a\u{0}b"), fetchedAt: noon))
        try store.keep([first, bare])
        let other = try folder.store()
        #expect(try other.listings(of: ["none", "q\u{0}é", "p"]) == [bare, first])
        // Ids are compared byte for byte.
        #expect(try other.listings(of: ["q\u{0}e\u{301}"]).isEmpty)
        let history = try LocalHistory(folder: folder.data, server: server, user: alice)
        #expect(try history.listing(of: "p") == first && history.listing(of: "none") == nil)
        store.close()
        other.close()
        #expect(try folder.store().listings(of: ["p"]) == [first])
        #expect(try folder.store(user: bob).listings(of: ["p"]).isEmpty)
    }

    @Test("the last answer counts, and a product that is gone is forgotten") func replaced() throws {
        let store = try folder.store()
        try store.keep([listing("p"), listing("q")])
        try store.keep([listing("p", at: 5, title: "Торшер"), StoredListing(Listing(id: "q"), fetchedAt: noon)])
        #expect(try store.listings(of: ["p", "q"]) == [listing("p", at: 5, title: "Торшер")])
        try store.keep([])
    }

    @Test("the oldest are forgotten, however many products are named") func bounded() throws {
        let store = try folder.store()
        let all = (0..<StoredListing.maxCount + 10).map { listing("p\($0)", at: $0) }
        try store.keep(all)
        #expect(try store.listings(of: ["p9"]).isEmpty)
        #expect(try store.listings(of: ["p10"]) == [all[10]])
        #expect(try store.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM listings") } == 5000)
    }

    @Test("a file from before this is migrated, and read by commands as it is") func older() throws {
        let store = try folder.store()
        try store.apply([.message(message("1"))])
        try store.queue.write { database in
            try database.execute(
                sql: "DROP TABLE listings; DELETE FROM grdb_migrations WHERE identifier = 'v8'")
        }
        store.close()
        #expect(try LocalHistory(folder: folder.data, server: server, user: alice).listing(of: "p") == nil)
        let next = try folder.store()
        #expect(next.opening == .opened)
        try next.keep([listing("p")])
        #expect(try next.listings(of: ["p"]) == [listing("p")])
        #expect(try next.shown() == "| 1")
    }

    @Test("a price that nobody wrote is none") func oddPrice() throws {
        let store = try folder.store()
        try store.keep([listing("p")])
        try store.queue.write { try $0.execute(sql: "UPDATE listings SET price = -5") }
        #expect(try store.listings(of: ["p"]).first?.listing.price == nil)
    }
}
