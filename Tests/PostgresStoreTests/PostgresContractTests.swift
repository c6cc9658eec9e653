#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Synchronization
import Testing

@testable import PostgresStore

@Suite struct PostgresContractTests {
    @Test(arguments: Promise.all) func keeps(_ promise: Promise) async throws {
        try await promise.check(PostgresStores())
    }
}

/// Each store has a database of its own, a copy of the migrated one.
struct PostgresStores: StoreFactory {
    private static let count = Atomic<Int>(0)

    func withStore(
        profiles: [UserID: HistoryPage.Profile], _ body: (any MessageStore) async throws -> Void
    ) async throws {
        let server = PostgresServer.shared
        let name = "chat\(Self.count.add(1, ordering: .relaxed).newValue)"
        try server.sql("CREATE DATABASE \(name) TEMPLATE migrated")
        for (user, profile) in profiles {
            func quoted(_ text: String?) -> String { text.map { "$$\($0)$$" } ?? "NULL" }
            try server.sql(
                "INSERT INTO users VALUES (\(quoted(user.wire)), \(quoted(profile.name?.wire)), \(quoted(profile.avatarURL)))",
                database: name)
        }
        let store = try await PostgresStore(server.address(database: name, user: "chat_server"))
        do { try await body(store) } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        try server.sql("DROP DATABASE \(name)")
    }
}

#endif
