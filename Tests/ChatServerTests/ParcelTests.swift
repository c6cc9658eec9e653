import ChatWire
import StoreContract
import Testing

@testable import ChatServer

@Suite("Parcels of events as texts") struct ParcelTests {
    private let node = NodeID(name: "a b", run: "1")

    @Test("no text is larger than the bus carries, and all of them together are what was published")
    func size() throws {
        let users = (0..<200).map { user(String(repeating: "ж", count: 1 + $0 % 128)) }
        for maxBytes in [800, 1000, 7999] {
            var writer = ParcelWriter(node, maxBytes: maxBytes)
            let arrivals = users.map { NodeEvent.came($0, isAnnounced: true) }
            let texts = writer.texts(of: arrivals + [.tell(users, about: bob, lastSeen: nil)])
            #expect(texts.allSatisfy { $0.utf8.count < maxBytes })
            let parcels = try texts.map { try #require(Parcel($0)) }
            #expect(parcels.map(\.number) == Array(1...texts.count))
            let told = parcels.flatMap(\.events).flatMap { event -> [UserID] in
                if case .tell(let peers, _, _) = event { peers } else { [] }
            }
            #expect(told == users)
            #expect(parcels.flatMap(\.events).count(where: { if case .came = $0 { true } else { false } }) == 200)
        }
    }

    @Test("a parcel says when it was published") func time() {
        let start = ContinuousClock.now
        var writer = ParcelWriter(node, maxBytes: 800, start: start)
        let texts = writer.texts(of: [.came(alice, isAnnounced: true)], now: start + .milliseconds(1500))
        #expect(texts.map { Parcel($0)?.sentAfter } == [.milliseconds(1500)])
        #expect(Parcel("1\ta\tb\t1\nc\t1\talice")?.sentAfter == nil && Parcel("1\ta\tb\t1\na\tx")?.sentAfter == nil)
        #expect(Parcel("1\ta\tb\t1\na\t-9223372036854775808")?.events.isEmpty == true)
    }

    @Test("what a later version says is passed over, and no text traps")
    func unknown() {
        #expect(
            Parcel("1\ta b\t1\t7\nx\ty\nc\t1\talice\nc\t1\ng\tno\t1\talice")
                == Parcel(node: node, number: 7, events: [.came(alice, isAnnounced: true)]))
        for text in ["", "\n", "1\ta\tb", "2\ta\tb\t1", "1\ta\tb\tx", "1\ta\tb\t1\nr\t1\talice\t{"] {
            #expect(Parcel(text)?.events.isEmpty ?? true)
        }
    }

    @Test(
        "whoever can publish on the bus cannot say what never happens",
        arguments: [
            "g\t5\t9223372036854775807\talice", "g\t5\t-1\talice", "g\t-1\t0\talice", "h\t9223372036854775807\t1.2.3.4",
            "h\t-9223372036854775807\t1.2.3.4", "l\t1\t-9223372036854775807\talice", "l\t1\t9223372036854775807\talice",
            "t\t-1\talice\tbob", "t\tx\talice\tbob", "h\t1\t", "h\t1\t" + String(repeating: "1", count: 65), "w\t\t1",
            "w\ta\t", "w\t" + String(repeating: "a", count: 129) + "\t1",
        ])
    func forged(_ line: String) {
        #expect(Parcel("1\ta\tb\t1\n" + line)?.events.isEmpty ?? true)
    }

    private static let id: MessageID = "0f8fad5b-d9cb-469f-a165-70867728950e"
    private static let presence = ServerEvent.Presence(user: bob, isOnline: false, lastSeen: noon)

    @Test(
        "what nodes relay is read as it was written",
        arguments: [
            (.typing(user: bob), [false]), (.presence(presence), [false]),
            (.blocked(user: bob, isBlocked: true), [false]),
            (.delivered(user: bob, messageID: id), [false, true]),
            (.read(user: bob, otherUser: nil, messageID: id), [false, true]),
            (.read(user: alice, otherUser: bob, messageID: id), [false, true]),
        ] as [(ServerEvent, [Bool])])
    func relayed(_ event: ServerEvent, _ places: [Bool]) {
        for isBehind in [false, true] {
            let relay = NodeEvent.relay(event, to: alice, behindMessages: isBehind)
            var writer = ParcelWriter(node, maxBytes: 800)
            let read = writer.texts(of: [relay]).map { Parcel($0)?.events }
            #expect(read == [places.contains(isBehind) ? [relay] : []])
        }
    }

    /// Whoever can publish on the bus would show a message that nobody wrote, or end a session.
    @Test(
        "everything else that a server says to a client comes from its own node",
        arguments: [
            .authSuccess(.init(protocolVersion: 2, epoch: Epoch("forged"), cursor: 9)),
            .messageSent(.init(messageID: id, clientMessageID: "c", cursor: 9)),
            .newMessage(
                .init(message: Message(id: id, sender: bob, receiver: alice, text: "x", createdAt: noon), cursor: 9)),
            .error(.init(message: "forged", code: .notAuthorized)), .resumeComplete(cursor: 9), .resyncRequired,
            .tokenExpiring(inMs: 1), .unknown(type: "forged"),
            // Ids that no message has, and somebody else's mark as one's own.
            .delivered(user: bob, messageID: "m1"), .read(user: bob, otherUser: nil, messageID: "m1"),
            .read(user: bob, otherUser: carol, messageID: id),
        ] as [ServerEvent])
    func notRelayed(_ event: ServerEvent) {
        for isBehind in [false, true] {
            var writer = ParcelWriter(node, maxBytes: 800)
            let texts = writer.texts(of: [.relay(event, to: alice, behindMessages: isBehind)])
            #expect(texts.allSatisfy { Parcel($0)?.events == [] })
        }
    }

    @Test("a node has a name, a run and a number") func header() {
        let long = String(repeating: "ж", count: 128)
        #expect(Parcel("1\t\(long)\t1\t1")?.node.name == long)
        for header in ["\t1\t1", "a\t\t1", "\(long)ж\t1\t1", "a\t\(long)ж\t1", " \t1\t1", "a\t1\t0", "a\t1\t-1"] {
            #expect(Parcel("1\t" + header) == nil)
        }
    }
}
