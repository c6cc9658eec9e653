import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatClient

@Suite("What a window leaves behind")
struct RemainsTests {
    @Test("waiting messages count as stored only if the store outlives the process") func waiting() {
        var harness = online(2)
        harness.lose()
        harness.handle(.send(id: "a", text: "1"))
        #expect(harness.session.remains(isLasting: true) == Remains(waiting: 1))
        #expect(harness.session.remains(isLasting: false) == Remains(lostMessages: 1))
        harness.goOnline(2)
        #expect(harness.session.remains(isLasting: false).isLoss, "given to the server, and not confirmed")
        harness.event(sent("m1", client: "a"))
        #expect(harness.session.remains(isLasting: false) == Remains())
    }

    @Test("the same holds for messages that wait for the user's decision") func held() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.event(.error(ServerEvent.Failure(message: "m", code: .messageTooLong, clientMessageID: "a")))
        #expect(harness.session.remains(isLasting: true) == Remains())
        #expect(harness.session.remains(isLasting: false) == Remains(lostMessages: 1))
    }

    @Test("and for a draft") func draft() {
        var harness = online(2)
        harness.handle(.draft("x"))
        harness.pass(.seconds(1))
        #expect(harness.session.remains(isLasting: true) == Remains())
        #expect(harness.session.remains(isLasting: false) == Remains(lostDrafts: 1))
        harness.handle(.open(peer: carl))
        harness.handle(.draft("y"))
        #expect(harness.session.remains(isLasting: false) == Remains(lostDrafts: 2))
        harness.handle(.send(id: "a", text: "y"))
        harness.handle(.open(peer: bob))
        harness.handle(.draft(""))
        #expect(harness.session.remains(isLasting: false) == Remains(lostMessages: 1))
    }

    @Test("a draft on a full disk counts as lost until there is room; recovery is reported") func fullDisk() {
        var harness = online(2)
        harness.diskFailure = .diskFull
        harness.handle(.draft("x"))
        #expect(updates(harness.pass(.seconds(1))) == [.storeFailed(.diskFull)])
        #expect(harness.session.remains(isLasting: true) == Remains(lostDrafts: 1))
        harness.diskFailure = nil
        #expect(updates(harness.pass(.seconds(10))) == [.storeRecovered])
        #expect(harness.session.remains(isLasting: true) == Remains())
        #expect(updates(harness.pass(.seconds(10))) == [])
    }

    @Test("a message that the disk refuses while the program ends counts as lost") func refusedAtTheEnd() {
        var harness = online(2)
        harness.isDiskSlow = true
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.leaving)
        #expect(updates(harness.answerDisk(.diskFull)) == [.storeFailed(.diskFull)])
        #expect(harness.session.remains(isLasting: true) == Remains(lostDrafts: 1))
    }

    @Test("that a disk can be read again is reported, too") func readLate() {
        var harness = Harness()
        harness.loadFailure = .diskFull
        harness.goOnline(2)
        harness.history([])
        harness.loadFailure = nil
        let event = ServerEvent.NewMessage(message: message("m9", "9", from: bob, to: anna), cursor: 1)
        #expect(updates(harness.event(.newMessage(event))).contains(.storeRecovered))
    }

    @Test("a device acknowledges only messages that its store keeps", arguments: [true, false])
    func acknowledges(isLasting: Bool) async throws {
        let transport = ScriptedTransport()
        let received = Mutex(false)
        let client = Client(
            user: anna, peer: bob, transport: transport,
            store: WatchedStore(isLasting: isLasting),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000)) }
        ) { update in
            if case .received = update { received.withLock { $0 = true } }
        }
        client.handle(.start)
        try await until { transport.isOpen }
        transport.tell(.opened)
        transport.tell(authSuccess(2))
        try await until { transport.hasGivenHistory }
        let event = ServerEvent.NewMessage(message: message("m1", "1", from: bob, to: anna), cursor: 1)
        transport.tell(.newMessage(event))
        try await until { received.withLock(\.self) }
        // The acknowledgement is sent in the same call, so nobody can ask the client before.
        #expect(client.remains == Remains())
        #expect(transport.sent.contains { $0.contains(#""auth""#) })
        #expect(transport.sent.contains { $0.contains(#""ack""#) } == isLasting)
        client.stop()
    }
}
