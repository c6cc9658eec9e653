#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import PostgresStore

/// Bob reads in the old web client, or writes there, while both have devices on two nodes. `is_read` goes both ways.
@Suite("Reading in the web client", .serialized, .timeLimit(.minutes(5))) struct ReadElsewhereTests {
    private let server = PostgresServer.shared

    /// As PostgREST does for somebody who is logged in.
    private func sql(as user: UserID, _ statement: String, in cluster: Cluster) throws {
        try server.sql(
            """
            SET ROLE authenticated; SET request.jwt.claims = '{"sub": "\(user.wire)", "role": "authenticated"}';
            \(statement)
            """, database: cluster.database)
    }

    private func read(_ id: MessageID, by user: UserID, of peer: UserID? = nil) -> ServerEvent {
        .read(user: user, otherUser: peer, messageID: id)
    }

    @Test("the sender and the reader's devices are told, on every node", arguments: Cluster.Bus.allCases)
    func devicesAreTold(_ bus: Cluster.Bus) async throws {
        try await Cluster.with(2, bus) { cluster in
            let (one, other) = try await cluster.acquaintances()
            let (second, third) = (try await cluster.phone(of: alice, on: 1), try await cluster.phone(of: bob, on: 0))
            let last = try #require(other.lastMessage)
            try sql(as: bob, "UPDATE messages SET is_read = true WHERE is_read IS NOT TRUE", in: cluster)
            for phone in [one, second] { try await phone.hears("read") { $0 == read(last, by: bob) } }
            for phone in [other, third] { try await phone.hears("own read") { $0 == read(last, by: bob, of: alice) } }
            #expect(!one.heard.contains(read(last, by: bob, of: alice)))
        }
    }

    @Test("a mark on a message that a device is still to be sent comes behind it") func order() async throws {
        try await Cluster.with(2, .notify) { cluster in
            let (one, other) = try await cluster.acquaintances()
            for number in 0..<20 {
                // The edge function stores, and the reader's window is open. Alice hears of both at once.
                try server.sql(
                    """
                    INSERT INTO messages (sender_id, receiver_id, message_text) VALUES ('alice', 'bob', '\(number)');
                    UPDATE messages SET is_read = true WHERE message_text = '\(number)'
                    """, database: cluster.database)
            }
            for phone in [one, other] {
                try await phone.wait("twenty messages") { phone.texts.suffix(20) == (0..<20).map { "\($0)" } }
                let last = try #require(phone.lastMessage)
                try await phone.wait("read") { phone.heard.reads.last == last }
                // Nobody hears of a message that they do not have.
                for (index, event) in phone.heard.enumerated() {
                    if case .read(_, _, let id) = event { #expect(phone.heard[..<index].messages.contains(id)) }
                }
            }
        }
    }

    @Test("what was marked while the server did not listen is told when it does") func lostNotification() async throws {
        try await Cluster.with(2, .nats) { cluster in
            let (one, other) = try await cluster.acquaintances()
            let last = try #require(other.lastMessage)
            // The server's role gets no connection, unlike a superuser.
            try server.sql("ALTER DATABASE \(cluster.database) CONNECTION LIMIT 0")
            try server.sql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = '\(cluster.database)' AND usename = 'chat_server'
                """)
            try sql(as: bob, "UPDATE messages SET is_read = true WHERE is_read IS NOT TRUE", in: cluster)
            try server.sql("ALTER DATABASE \(cluster.database) CONNECTION LIMIT -1")
            try await one.hears("read") { $0 == read(last, by: bob) }
            try await other.hears("own read") { $0 == read(last, by: bob, of: alice) }
        }
    }

    @Test("what a device reads is read in the table") func devicesMark() async throws {
        try await Cluster.with(1, .notify) { cluster in
            let (one, other) = (try await cluster.phone(of: alice, on: 0), try await cluster.phone(of: bob, on: 0))
            for number in 0..<3 { one.writes("\(number)", to: bob) }
            other.writes("an answer", to: alice)
            try await other.wait("the messages") { other.cursors.count == 4 }
            let ids = other.heard.messages
            let listener = try DatabaseConnection(server.address(database: cluster.database, user: "chat_server"))
            let channel = Query(name: "channel", sql: "SELECT chat.channel()")
            let name = try #require(listener.run([channel])[0].text(0, 0))
            try listener.execute("LISTEN \(name)_read")
            other.says(.read(otherUser: alice, messageID: ids[1]))
            try await one.hears("read") { $0 == read(ids[1], by: bob) }
            let database = try DatabaseConnection(server.address(database: cluster.database, user: "owner"))
            func marked(_ name: String) throws -> [String] {
                let query = Query(
                    name: name, sql: "SELECT message_text FROM messages WHERE is_read ORDER BY message_text")
                let rows = try database.run([query])[0]
                return (0..<rows.count).compactMap { rows.text($0, 0) }
            }
            #expect(try marked("some") == ["0", "1"])
            other.says(.read(otherUser: alice, messageID: ids[2]))
            try await one.hears("read") { $0 == read(ids[2], by: bob) }
            #expect(try marked("all") == ["0", "1", "2"])
            // The database tells nobody of what the nodes have told. That of another program it does.
            try sql(as: alice, "UPDATE messages SET is_read = true WHERE is_read IS NOT TRUE", in: cluster)
            try await other.hears("read") { $0 == read(ids[3], by: alice) }
            #expect(try listener.notifications(within: .seconds(10)).count == 1)
        }
    }
}

extension Phone {
    /// The texts of what came from another device or user.
    fileprivate var texts: [String] {
        heard.compactMap { if case .newMessage(let new) = $0 { new.message.text.wire } else { nil } }
    }
}

extension Collection where Element == ServerEvent {
    fileprivate var messages: [MessageID] {
        compactMap { event in
            switch event {
            case .newMessage(let new): new.message.id
            case .messageSent(let sent): sent.messageID
            default: nil
            }
        }
    }

    fileprivate var reads: [MessageID] {
        compactMap { if case .read(_, _, let id) = $0 { id } else { nil } }
    }
}

#endif
