#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import PostgresStore

/// Several nodes and other programs write at once, with repeats that reach two nodes, and blocks that come and go.
@Suite(.timeLimit(.minutes(3))) struct ConcurrencyTests {
    private let layout = Layout.marketplace
    private let server = PostgresServer.shared
    private static let names = ["alice", "bob", "carol", "dave"]

    @Test(arguments: [1, 2, UInt64.random(in: 1000...UInt64.max)])
    func nodesKeepEverythingInOrder(seed: UInt64) async throws {
        let database = try layout.database()
        let stored = try await withThrowingTaskGroup(of: Int.self) { nodes in
            for node in 0..<4 {
                nodes.addTask { try await work(seed: seed &+ UInt64(node), in: database) }
            }
            return try await nodes.reduce(0, +)
        }
        let connection = try DatabaseConnection(server.address(database: database, user: "owner"))
        func column(_ query: String) throws -> [String?] {
            let rows = try connection.run([Query(name: "query \(query.hashValue)", sql: query)])[0]
            return (0..<rows.count).map { rows.text($0, 0) }
        }
        try DatabaseRules.check(DatabaseRules.always, with: column)
        #expect(try column("SELECT count(*)::text FROM messages") == ["\(stored)"], "seed \(seed)")
        #expect(
            try column("SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()") == ["0"])
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    /// - Returns: how many messages it stored.
    private func work(seed: UInt64, in database: String) async throws -> Int {
        var random = SplitMix(state: seed)
        let store = try await PostgresStore(server.address(database: database, user: "chat_server"))
        let web = try DatabaseConnection(server.address(database: database, user: "owner"))
        try web.execute("SET ROLE service_role")
        var stored = 0
        func someone() -> UserID { layout.user(Self.names.randomElement(using: &random)!) }
        for _ in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:  // another program, several rows in any order
                let rows = (0..<Int.random(in: 1...5, using: &random))
                    .map { _ in "('\(someone().wire)', '\(someone().wire)', 'web')" }
                try web.execute(
                    "INSERT INTO messages (sender_id, receiver_id, message_text) VALUES \(rows.joined(separator: ", "))"
                )
                stored += rows.count
            case 1:
                let (one, other) = (someone(), someone())
                if one != other { try await store.setBlocked(.random(using: &random), other, by: one) }
            case 2:
                let last = try await store.lastCursor(of: someone())
                _ = try await store.acknowledge([Acknowledgement(user: someone(), cursor: last)])
            default:
                // Few ids, so that nodes send the same ones. The text tells the id, or is a conflict.
                let drafts = (0..<[1, 4, 16, 64].randomElement(using: &random)!).map { _ in
                    let id = Int.random(in: 0..<400, using: &random)
                    let isKept = Bool.random(using: &random)
                    return draft(
                        Int.random(in: 0..<10, using: &random) == 0 ? "other" : "\(id)", from: someone(), to: someone(),
                        id: isKept ? ClientMessageID("\(id)") : nil)
                }
                stored += try await store.append(drafts).filter { $0.stored != nil }.count
            }
        }
        try await store.close()
        return stored
    }
}

#endif
