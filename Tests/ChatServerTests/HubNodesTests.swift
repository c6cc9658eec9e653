import ChatWire
import StoreContract
import Synchronization
import Testing

@testable import ChatServer

/// Two hubs over one store, with a bus between them.
@Suite("Several nodes") struct HubNodesTests {
    /// Anna is on the first node and Bob on the second. They have written to each other before.
    private func withAnnaAndBob(
        grace: Duration = .milliseconds(1), _ body: (Nodes, _ anna: Device, _ bob: Device) async throws -> Void
    ) async throws {
        try await withNodes(grace: grace) { nodes in
            let (anna, bob) = (Device(nodes.first), Device(nodes.second))
            try await anna.joins(as: "anna", protocolVersion: 2)
            try await bob.joins(as: "bob", protocolVersion: 2)
            for hub in nodes.hubs { try await hub.hasPresent(user("anna"), user("bob")) }
            anna.sends("hello", from: "anna", to: "bob")
            try await bob.hears(1, "new_message")
            try await anna.hears(1, "presence")
            try await bob.hears(1, "presence")
            try await body(nodes, anna, bob)
        }
    }

    /// The last presence that a device was told of a user.
    private func presence(of name: String, at device: Device) -> Bool? {
        device.heard.compactMap { event -> Bool? in
            if case .presence(let presence) = event, presence.user == user(name) { presence.isOnline } else { nil }
        }.last
    }

    private func id(ofLastMessageAt device: Device) throws -> String {
        try #require(
            device.heard.compactMap { event -> String? in
                if case .newMessage(let new) = event { new.message.id.wire } else { nil }
            }.last)
    }

    // MARK: Messages

    @Test("whichever node stores, each device has the whole feed in order")
    func feeds() async throws {
        try await withNodes(3) { nodes in
            let annas = nodes.hubs.map { Device($0) }
            let bobs = nodes.hubs.map { Device($0) }
            for anna in annas { try await anna.joins(as: "anna", protocolVersion: 2) }
            for bob in bobs { try await bob.joins(as: "bob", protocolVersion: 2) }
            for number in 0..<60 {
                let device = number % 2 == 0 ? annas[number % 3] : bobs[number % 3]
                let names = number % 2 == 0 ? ("anna", "bob") : ("bob", "anna")
                device.sends("\(number)", from: names.0, to: names.1)
            }
            for device in annas + bobs {
                try await wait { device.cursors.count >= 60 }
                #expect(device.cursors == Array(1...60))
            }
        }
    }

    @Test("a message that an unblock delivers reaches the devices on other nodes")
    func unblock() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            let other = Device(nodes.first)
            try await other.joins(as: "bob", protocolVersion: 2)
            bob.says(.block(user("anna")))
            try await other.hears(1, "blocked")
            anna.sends("withheld", from: "anna", to: "bob")
            try await anna.hears(2, "message_sent")
            bob.says(.unblock(user("anna")))
            try await other.hears(1, "new_message")
            #expect(other.texts == ["withheld"])
            try await other.hears(2, "blocked")
        }
    }

    // MARK: Receipts and typing

    @Test("typing, delivery and reading are told across nodes, and reading to one's own devices, too")
    func receipts() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            let other = Device(nodes.first)
            try await other.joins(as: "bob", protocolVersion: 2)
            bob.says(.typing(receiver: user("anna")))
            bob.says(.ack(cursor: 1))
            let id = try id(ofLastMessageAt: bob)
            bob.says(#"{"type":"read","otherUserId":"anna","messageId":"\#(id)"}"#)
            try await anna.hears(1, "typing")
            try await anna.hears(1, "delivered")
            try await anna.hears(1, "read")
            try await other.hears(1, "read")
        }
    }

    /// A device acts on what its user has read and whom they block. So a node only asks the database about it.
    @Test("nobody's own marks and blocks can be forged on the bus, and no message") func forgedReceipts() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            let id = try id(ofLastMessageAt: bob)
            let (one, other) = (user("anna"), user("bob"))
            let forged = ServerEvent.newMessage(
                .init(message: Message(id: "m", sender: one, receiver: other, text: "forged", createdAt: noon)))
            let read = ServerEvent.read(user: other, otherUser: one, messageID: MessageID(id))
            let blocked = ServerEvent.blocked(user: one, isBlocked: true)
            nodes.buses[0].publish(
                [false, true].flatMap { isBehind in
                    [forged, .resyncRequired, read, blocked].map {
                        .relay($0, to: other, behindMessages: isBehind)
                    }
                })
            nodes.buses[0].publish([.relay(.typing(user: one), to: other, behindMessages: false)])
            try await bob.hears(1, "typing")
            try await wait { bob.heard.contains(.blocked(user: one, isBlocked: false)) }
            #expect(!bob.heard.contains(blocked) && !bob.heard.contains(read) && bob.texts == ["hello"])
            bob.says(.read(otherUser: one, messageID: MessageID(id)))
            try await anna.hears(1, "read")
            nodes.buses[0].publish([.relay(read, to: other, behindMessages: true)])
            try await wait { bob.heard.contains(read) }
        }
    }

    @Test("no receipt comes before the message that it is about")
    func receiptsComeBehindMessages() async throws {
        try await withNodes(3) { nodes in
            // Anna writes at one node and looks at another, which hears of her messages late or never.
            nodes.buses[1].decide { parcel in
                let isHint = parcel.events.contains { if case .feedsGrew = $0 { true } else { false } }
                return isHint ? .getsLost : .arrives
            }
            let (anna, watching, bob) = (Device(nodes.hubs[0]), Device(nodes.hubs[1]), Device(nodes.hubs[2]))
            for device in [anna, watching] { try await device.joins(as: "anna", protocolVersion: 2) }
            try await bob.joins(as: "bob", protocolVersion: 2)
            for number in 1...10 {
                anna.sends("\(number)", from: "anna", to: "bob")
                try await bob.hears(number, "new_message")
                bob.says(.ack(cursor: number))
            }
            try await watching.hears(10, "new_message")
            let last = try id(ofLastMessageAt: watching)
            try await wait { watching.heard.contains(.delivered(user: user("bob"), messageID: MessageID(last))) }
            let heard = watching.heard
            let message = try #require(heard.lastIndex { $0.kind == "new_message" })
            let receipt = try #require(heard.lastIndex { $0.kind == "delivered" })
            #expect(message < receipt)
        }
    }

    @Test("what the bus loses of receipts and presence is made up for")
    func losses() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            nodes.buses[0].decide { $0.events.isEmpty ? .arrives : .getsLost }
            bob.says(.ack(cursor: 1))
            let id = try id(ofLastMessageAt: bob)
            bob.says(#"{"type":"read","otherUserId":"anna","messageId":"\#(id)"}"#)
            try await anna.hears(1, "delivered")
            try await anna.hears(1, "read")
            #expect(nodes.first.nodes?.figures.gaps ?? 0 > 0)
        }
    }

    @Test("a node whose news come late does not say that somebody is away who is elsewhere by now")
    func outdatedPresence() async throws {
        try await withNodes(3) { nodes in
            let (anna, bob) = (Device(nodes.hubs[0]), Device(nodes.hubs[1]))
            try await anna.joins(as: "anna", protocolVersion: 2)
            try await bob.joins(as: "bob", protocolVersion: 2)
            try await nodes.first.hasPresent(user("anna"), user("bob"))
            nodes.buses[2].publish([
                .tell([user("anna")], about: user("bob"), lastSeen: Timestamp(seconds: 1_700_000_000)),
                .relay(.typing(user: user("carol")), to: user("anna"), behindMessages: false),
            ])
            try await anna.hears(1, "typing")
            #expect(presence(of: "bob", at: anna) != false)
        }
    }

    @Test("what comes twice is told once")
    func doubles() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            for bus in nodes.buses { bus.decide { _ in .comesTwice } }
            bob.says(.typing(receiver: user("anna")))
            anna.sends("again", from: "anna", to: "bob")
            try await bob.hears(2, "new_message")
            bob.says(.ack(cursor: 2))
            try await anna.hears(1, "delivered")
            #expect(bob.cursors == [1, 2])
            #expect(anna.heard.count { $0.kind == "typing" } == 1 && anna.heard.count { $0.kind == "delivered" } == 1)
        }
    }

    // MARK: Presence

    @Test("peers on other nodes are told who comes and leaves")
    func presence() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            bob.leaves()
            try await wait { presence(of: "bob", at: anna) == false }
            let again = Device(nodes.second)
            try await again.joins(as: "bob", protocolVersion: 2)
            try await wait { presence(of: "bob", at: anna) == true }
            try await wait { presence(of: "anna", at: again) == true }
        }
    }

    @Test("whoever moves from one node to another never seems to have left")
    func moving() async throws {
        try await withAnnaAndBob(grace: .milliseconds(300)) { nodes, anna, bob in
            var devices = [bob]
            for number in 0..<6 {
                devices.last?.leaves()
                let device = Device(nodes.hubs[number % 2])
                try await device.joins(as: "bob", protocolVersion: 2)
                devices.append(device)
                try await Task.sleep(for: .milliseconds(100))
            }
            try await Task.sleep(for: .milliseconds(500))
            let told = anna.heard.compactMap { if case .presence(let presence) = $0 { presence.isOnline } else { nil } }
            #expect(!told.contains(false))
            devices.last?.leaves()
            try await wait { presence(of: "bob", at: anna) == false }
        }
    }

    @Test("the users of a node that died are offline after its lease, and online again elsewhere")
    func deadNode() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            nodes.kill(1)
            try await wait { presence(of: "bob", at: anna) == false }
            #expect(nodes.first.nodes?.figures.others == 0)
            try await wait { nodes.first.registry.withLock { $0.others.isEmpty } }
            var seen: [UserID: Timestamp] = [:]
            while seen.isEmpty { seen = await nodes.store.lastSeen(of: [user("bob")]) }
            let again = Device(nodes.first)
            try await again.joins(as: "bob", protocolVersion: 2)
            try await wait { presence(of: "bob", at: anna) == true }
        }
    }

    @Test("the users of a node that ends have time to come to another")
    func handover() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            nodes.second.beginDraining()
            bob.leaves(.server)
            await nodes.second.leaveNodes(within: .seconds(9))
            let again = Device(nodes.first)
            try await again.joins(as: "bob", protocolVersion: 2)
            try await wait { nodes.first.nodes?.figures.others == 0 }
            #expect(presence(of: "bob", at: anna) == true)
        }
    }

    @Test("a node that was cut off finds out who is where")
    func cutOff() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            nodes.buses[0].goesAway(true)
            try await wait { presence(of: "bob", at: anna) == false }
            bob.leaves()
            let carol = Device(nodes.second)
            try await carol.joins(as: "carol", protocolVersion: 2)
            nodes.buses[0].goesAway(false)
            try await wait {
                nodes.first.registry.withLock { $0.isOnline(user("carol")) && !$0.isOnline(user("bob")) }
            }
            let again = Device(nodes.second)
            try await again.joins(as: "bob", protocolVersion: 2)
            try await wait { presence(of: "bob", at: anna) == true }
        }
    }

    @Test("whoever is blocked learns nothing of the blocker's presence from another node, nor when a node dies")
    func blockedUsersLearnNothing() async throws {
        try await withAnnaAndBob { nodes, anna, bob in
            bob.says(.block(user("anna")))
            try await wait { presence(of: "bob", at: anna) == false }
            let told = anna.heard.count { $0.kind == "presence" }
            nodes.kill(1)
            try await wait { nodes.first.nodes?.figures.others == 0 }
            try await Task.sleep(for: .milliseconds(100))
            #expect(anna.heard.count { $0.kind == "presence" } == told)
        }
    }

    // MARK: Limits

    @Test("the limit of messages holds over all nodes")
    func messageLimit() async throws {
        try await withNodes(2, { $0.rate = .init(burst: 4, perSecond: 1) }) { nodes in
            let devices = nodes.hubs.map { Device($0) }
            for device in devices { try await device.joins(as: "anna", protocolVersion: 2) }
            for number in 1...4 {
                devices[0].sends("\(number)", from: "anna", to: "bob")
                try await devices[1].hears(number, "new_message")
            }
            devices[1].sends("5", from: "anna", to: "bob")
            try await devices[1].hears(1, "error")
            #expect(devices[1].failures.map(\.code) == [.rateLimited])
        }
    }

    @Test("the limit of an address's connections holds over all nodes")
    func addressLimit() async throws {
        try await withNodes { nodes in
            let limits = nodes.hubs.map { _ in AddressLimiter(AddressLimits(handshakes: 10)) }
            let routes = zip(nodes.hubs, limits).map { Routes(hub: $0, policy: AccessPolicy(), addresses: $1) }
            let request = Routes.Request(method: "GET", path: "/", address: "192.0.2.1")
            for _ in 0..<10 { #expect(routes[0].refusal(ofUpgrade: request) == nil) }
            // The clocks of the tests stand still, so no permit comes back.
            try await wait { nodes.second.nodes?.figures.taken ?? 0 >= 10 }
            try await wait { routes[1].refusal(ofUpgrade: request)?.status == 429 }
        }
    }

    @Test("a node without its bus is not ready")
    func readiness() async throws {
        try await withNodes { nodes in
            let routes = Routes(hub: nodes.first, policy: AccessPolicy())
            let request = Routes.Request(method: "GET", path: "/readyz")
            #expect(await routes.respond(to: request).status == 200)
            nodes.buses[0].goesAway(true)
            #expect(await routes.respond(to: request).status == 503)
        }
    }

    @Test("the metrics name the node")
    func metrics() async throws {
        try await withNodes { nodes in
            let routes = Routes(hub: nodes.second, policy: AccessPolicy())
            let page = await routes.respond(to: Routes.Request(method: "GET", path: "/metrics")).body
            #expect(page.contains("chat_server_node_info{node=\"node 1\"} 1"))
            #expect(page.contains("chat_server_nodes 1"))
        }
    }
}
