import ChatServer
import ChatWire
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct SQLiteContractTests {
    @Test(arguments: Promise.all) func keeps(_ promise: Promise) async throws {
        try await promise.check(SQLiteStores())
    }
}

private struct SQLiteStores: StoreFactory {
    func withStore(
        profiles: [UserID: HistoryPage.Profile], _ body: (any MessageStore) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        try await store.pool.write { database in
            for (user, profile) in profiles {
                try database.execute(
                    sql: "INSERT INTO users (id, name, avatar_url) VALUES (?, ?, ?)",
                    arguments: [user, profile.name, profile.avatarURL])
            }
        }
        try await body(store)
        try store.close()
    }
}
