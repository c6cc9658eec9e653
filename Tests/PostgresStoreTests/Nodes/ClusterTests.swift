#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import PostgresStore

/// Two or three nodes on one PostgreSQL, by each bus.
@Suite("Nodes on one PostgreSQL", .serialized, .timeLimit(.minutes(5))) struct ClusterTests {
    // MARK: Messages

    @Test("every device has both users' messages in order, whichever node stores", arguments: Cluster.Bus.allCases)
    func messages(_ bus: Cluster.Bus) async throws {
        try await Cluster.with(3, bus) { cluster in
            var phones: [(alice: Phone, bob: Phone)] = []
            for node in 0..<3 {
                phones.append(
                    (try await cluster.phone(of: alice, on: node), try await cluster.phone(of: bob, on: node)))
            }
            for number in 0..<150 {
                let (one, other) = (phones[number % 3].alice, phones[(number + 1) % 3].bob)
                if number % 2 == 0 { one.writes("\(number)", to: bob) } else { other.writes("\(number)", to: alice) }
            }
            for phone in phones.flatMap({ [$0.alice, $0.bob] }) {
                try await phone.wait("150 messages") { phone.cursors.count >= 150 }
                #expect(phone.cursors == Array(1...150))
            }
        }
    }

    /// The heads of connected users are compared every few seconds.
    @Test("a lost hint delays a message by seconds") func lostHint() async throws {
        try await Cluster.with(2, .nats, nats: try NATSServer()) { cluster in
            let (one, other) = try await cluster.acquaintances()
            let count = other.cursors.count
            // The second node leaves the bus for good.
            await cluster.nodes[1].bus.close()
            #expect(cluster.nodes[1].bus.problem != nil)
            one.writes("nobody hints at this", to: bob)
            try await other.wait("the message") { other.cursors.count == count + 1 }
        }
    }

    // MARK: What is not stored

    @Test("typing, receipts and blocks reach the other node", arguments: Cluster.Bus.allCases)
    func events(_ bus: Cluster.Bus) async throws {
        try await Cluster.with(2, bus) { cluster in
            let (one, other) = try await cluster.acquaintances()
            let second = try await cluster.phone(of: bob, on: 0)
            let last = try #require(other.lastMessage)
            other.says(.typing(receiver: alice))
            other.says(.ack(cursor: other.cursors.last ?? 0))
            other.says(.read(otherUser: alice, messageID: last))
            try await one.hears("typing") { $0 == .typing(user: bob) }
            try await one.hears("delivered") { $0 == .delivered(user: bob, messageID: last) }
            try await one.hears("read") { $0 == .read(user: bob, otherUser: nil, messageID: last) }
            try await second.hears("own read") { $0 == .read(user: bob, otherUser: alice, messageID: last) }

            other.says(.block(alice))
            try await second.hears("own block") { $0 == .blocked(user: alice, isBlocked: true) }
            try await one.wait("bob seems to be away") { one.isOnline(bob) == false }
            one.writes("withheld", to: bob)
            other.says(.unblock(alice))
            try await second.hears("own unblock") { $0 == .blocked(user: alice, isBlocked: false) }
            try await one.wait("bob is back") { one.isOnline(bob) == true }
            for phone in [other, second] {
                try await phone.wait("what was withheld") { phone.lastMessage == one.lastSent }
            }
        }
    }

    @Test(
        "presence: coming, leaving, moving to another node, a node that ends, a node that dies",
        arguments: Cluster.Bus.allCases)
    func presence(_ bus: Cluster.Bus) async throws {
        try await Cluster.with(3, bus) { cluster in
            let (one, other) = try await cluster.acquaintances()
            let before = one.heard.count
            // Bob moves, and Alice sees nothing of it.
            other.leaves()
            let moved = try await cluster.phone(of: bob, on: 2)
            try await Task.sleep(for: .seconds(1))
            moved.leaves()
            // His node ends, and he comes to another.
            let movedAgain = try await cluster.phone(of: bob, on: 1)
            movedAgain.leaves(.server)
            await cluster.nodes[1].end()
            let last = try await cluster.phone(of: bob, on: 2)
            try await Task.sleep(for: .seconds(2))
            #expect(
                !one.heard[before...].contains {
                    if case .presence(let presence) = $0 { !presence.isOnline } else { false }
                })
            // His node dies.
            cluster.nodes[2].kill()
            try await one.wait("bob is away") { one.isOnline(bob) == false }
            withExtendedLifetime(last) {}
            let back = try await cluster.phone(of: bob, on: 0)
            try await one.wait("bob is back") { one.isOnline(bob) == true }
            try await back.wait("alice is there") { back.isOnline(alice) == true }
        }
    }

    @Test("a ban ends the connections on all nodes") func ban() async throws {
        try await Cluster.with(2, .notify) { cluster in
            let phones = [try await cluster.phone(of: bob, on: 0), try await cluster.phone(of: bob, on: 1)]
            try await cluster.nodes[0].store.setBanned(true, bob, at: noon)
            for phone in phones { try await phone.wait("the end") { phone.closedWith == 4504 } }
        }
    }

    @Test("a name that a token gives at one node is told by all") func names() async throws {
        try await Cluster.with(2, .notify) { cluster in
            _ = try await cluster.acquaintances()
            try await cluster.nodes[0].store.setName("Alice B.", of: alice)
            let list = try await cluster.nodes[1].store.conversations(of: bob, limit: 1)
            #expect(list.first?.peerName == "Alice B.")
        }
    }

    // MARK: Faults

    @Test("while NATS is away messages come within seconds, and afterwards everything is as it should be")
    func restartOfNATS() async throws {
        let nats = try NATSServer()
        try await Cluster.with(2, .nats, nats: nats) { cluster in
            let (one, other) = try await cluster.acquaintances()
            nats.stop()
            try await one.wait("the bus is away") { cluster.nodes.allSatisfy { $0.bus.problem != nil } }
            let count = one.cursors.count + 1
            one.writes("without a bus", to: bob)
            try await other.wait("the message") { other.cursors.count >= count }
            let last = try #require(other.lastMessage)
            other.says(.ack(cursor: other.cursors.last ?? 0))
            other.says(.typing(receiver: alice))
            try nats.restart()
            try await one.wait("the bus is back") { cluster.nodes.allSatisfy { $0.bus.problem == nil } }
            try await one.hears("delivered") { $0 == .delivered(user: bob, messageID: last) }
            try await one.wait("bob is there") { one.isOnline(bob) == true }
            #expect(other.cursors == Array(1...other.cursors.count))
            // Nobody types any more who did while the bus was away.
            #expect(!one.heard.contains(.typing(user: bob)))
        }
    }

    @Test("a node that somebody has started without the others' bus is noticed, by both")
    func forgottenBus() async throws {
        try await Cluster.with(2, .nats, last: .notify) { cluster in
            let phones = [try await cluster.phone(of: alice, on: 0), try await cluster.phone(of: bob, on: 1)]
            for node in cluster.nodes {
                let routes = Routes(hub: node.hub, policy: AccessPolicy())
                let end = ContinuousClock.now + .seconds(60)
                while true {
                    let answer = await routes.respond(to: Routes.Request(method: "GET", path: "/readyz"))
                    #expect(answer.status == 200)
                    if answer.body.contains("not on this one's --bus: 1") { break }
                    try #require(.now < end, "\(answer.body)")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            // What is in the database comes all the same.
            phones[0].writes("without a hint", to: bob)
            try await phones[1].wait("the message") { phones[1].cursors == [1] }
        }
        try await Cluster.with(2, .notify) { cluster in
            // As long as the others of this kind needed.
            try await Task.sleep(for: Cluster.timing.lease + Cluster.timing.beat * 20)
            let routes = Routes(hub: cluster.nodes[0].hub, policy: AccessPolicy())
            let answer = await routes.respond(to: Routes.Request(method: "GET", path: "/readyz"))
            #expect(answer.body == #"{"status":"ready"}"#)
        }
    }

    @Test(
        "PostgreSQL ends all connections, and nothing is lost, doubled or out of order",
        arguments: Cluster.Bus.allCases)
    func brokenConnections(_ bus: Cluster.Bus) async throws {
        try await Cluster.with(2, bus) { cluster in
            let (one, other) = try await cluster.acquaintances()
            let count = one.cursors.count + 80
            var clients = [Client(one, on: 0, writesTo: bob), Client(other, on: 1, writesTo: alice)]
            for number in 0..<40 {
                for index in clients.indices { clients[index].writes("\(number)") }
                if number % 10 == 5 {
                    try PostgresServer.shared.sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = '\(cluster.database)' AND usename = 'chat_server'
                        """)
                }
            }
            for index in clients.indices { try await clients[index].sendsAll(cluster) }
            for phone in clients.map(\.phone) {
                #expect(phone.cursors == Array(1...max(1, phone.cursors.count)))
                let again = Phone(of: phone.user, on: cluster.nodes[phone.user == alice ? 1 : 0].hub)
                try await again.logsIn(resume: FeedPosition(epoch: cluster.nodes[0].store.epoch, cursor: 0))
                try await again.wait("all messages") { again.cursors.count >= count }
                #expect(again.cursors == Array(1...count))
                for user in [alice, bob] {
                    #expect(again.texts(of: user).suffix(40) == (0..<40).map { "\($0)" })
                }
            }
        }
    }

    @Test("without its bus a node has a problem") func problem() async throws {
        try await Cluster.with(1, .notify) { cluster in
            let bus = cluster.nodes[0].bus
            let end = ContinuousClock.now + .seconds(30)
            while bus.problem != nil {
                try #require(.now < end)
                try await Task.sleep(for: .milliseconds(10))
            }
            try PostgresServer.shared.sql("ALTER DATABASE \(cluster.database) ALLOW_CONNECTIONS false")
            try PostgresServer.shared.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(cluster.database)'")
            while bus.problem == nil {
                try #require(.now < end)
                try await Task.sleep(for: .milliseconds(10))
            }
            try PostgresServer.shared.sql("ALTER DATABASE \(cluster.database) ALLOW_CONNECTIONS true")
            while bus.problem != nil {
                try #require(.now < end)
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }
}

/// Comes back when its connection ends, as when its node could not read the feed, and sends again what was not confirmed.
private struct Client {
    private(set) var phone: Phone
    private let node: Int
    private let receiver: UserID
    private var written: [(id: ClientMessageID, text: String)] = []
    private var confirmed: Set<ClientMessageID> = []

    init(_ phone: Phone, on node: Int, writesTo receiver: UserID) {
        self.phone = phone
        self.node = node
        self.receiver = receiver
    }

    mutating func writes(_ text: String) { written.append((phone.writes(text, to: receiver), text)) }

    mutating func sendsAll(_ cluster: Cluster) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            confirmed.formUnion(phone.confirmed)
            if written.allSatisfy({ confirmed.contains($0.id) }) { return }
            try #require(.now < end, "\(confirmed.count) of \(written.count) are confirmed")
            if phone.closedWith != nil {
                phone.leaves(.server)
                phone = Phone(of: phone.user, on: cluster.nodes[node].hub)
                try await phone.logsIn(resume: FeedPosition(epoch: cluster.nodes[node].store.epoch, cursor: 0))
                for (id, text) in written where !confirmed.contains(id) { phone.writes(text, to: receiver, id: id) }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension Phone {
    /// The texts of a user's messages, in order.
    fileprivate func texts(of sender: UserID) -> [String] {
        heard.compactMap { event in
            if case .newMessage(let new) = event, new.message.sender == sender { new.message.text.wire } else { nil }
        }
    }

    /// The message that the server confirmed last.
    fileprivate var lastSent: MessageID? {
        heard.compactMap { if case .messageSent(let sent) = $0 { sent.messageID } else { nil } }.last
    }
}

#endif
