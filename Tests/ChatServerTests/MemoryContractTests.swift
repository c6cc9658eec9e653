import ChatServer
import ChatWire
import StoreContract
import Testing

@Suite struct MemoryContractTests {
    @Test(arguments: Promise.all) func keeps(_ promise: Promise) async throws {
        try await promise.check(MemoryStores())
    }
}

private struct MemoryStores: StoreFactory {
    func withStore(
        profiles: [UserID: HistoryPage.Profile], _ body: (any MessageStore) async throws -> Void
    ) async throws {
        let store = MemoryStore(profiles: profiles)
        try await body(store)
        await store.close()
    }
}
