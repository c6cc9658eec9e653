import ChatWire
import Testing

@testable import ChatClient

private func unsent(
    _ id: ClientMessageID, _ text: String = "x", to receiver: UserID = bob, state: UnsentMessage.State = .waiting,
    age: Duration = .seconds(60)
) -> UnsentMessage {
    let createdAt = Timestamp(seconds: 1_700_000_000).advanced(by: .zero - age)
    return UnsentMessage(id: id, receiver: receiver, text: text, createdAt: createdAt, state: state)
}

@Suite("The client's session: the disk")
struct SessionSavingTests {
    @Test("a message is stored, and its draft removed, before it is shown as waiting and sent")
    func durableFirst() {
        var harness = online(2)
        harness.handle(.draft("1"))
        harness.isDiskSlow = true
        #expect(harness.handle(.send(id: "a", text: "1")) == [])
        let message = UnsentMessage(id: "a", receiver: bob, text: "1", createdAt: harness.now.wall)
        #expect(harness.transactions.last == [.draft("", peer: bob), .enqueue(message)])
        let effects = harness.answerDisk()
        #expect(updates(effects) == [.outgoing(id: "a", .unsent(.waiting))])
        #expect(transmitted(effects) == ["a:1"])
        #expect(harness.pass(.seconds(5)) == [])
    }

    @Test("in protocol 1 the disk notes that a message may have arrived before it is sent")
    func inFlightOnDisk() {
        var harness = online(nil)
        harness.handle(.send(id: "a", text: "1"))
        #expect(harness.changes.suffix(1) == [.setState(.inFlight, ofUnsent: "a")])
        harness.event(sent("m1"))
        harness.isDiskSlow = true
        harness.handle(.send(id: "b", text: "2"))
        #expect(transmitted(harness.answerDisk()) == [])
        #expect(harness.transactions.last == [.setState(.inFlight, ofUnsent: "b")])
        harness.lose()
        // The connection of this message has ended.
        #expect(transmitted(harness.answerDisk()) == [])
    }

    @Test("a message that the disk refuses is neither sent nor shown as waiting, and goes back to its author")
    func notSaved() {
        var harness = online(2)
        harness.diskFailure = .diskFull
        let effects = harness.handle(.send(id: "a", text: "1"))
        #expect(updates(effects) == [.storeFailed(.diskFull), .outgoing(id: "a", .unsent(.notSaved(.diskFull)))])
        #expect(transmitted(effects) == [])
        harness.diskFailure = nil
        #expect(transmitted(harness.handle(.send(id: "a", text: "1"))) == ["a:1"])
    }

    @Test("messages of others are shown all the same, and acknowledged only once they are stored")
    func receivedOnAFullDisk() {
        var harness = online(2)
        harness.diskFailure = .diskFull
        let event = ServerEvent.newMessage(.init(message: message("m1", "1", from: bob, to: anna), cursor: 1))
        let effects = harness.event(event)
        #expect(updates(effects).contains(.received(message("m1", "1", from: bob, to: anna))))
        #expect(!effects.contains(.transmit(.ack(cursor: 1))))
        let tries = harness.transactions.count
        harness.pass(.seconds(11))
        #expect(harness.transactions.count == tries + 2)
        harness.diskFailure = nil
        // The message is shown once and acknowledged once.
        #expect(harness.pass(.seconds(5)) == [.transmit(.ack(cursor: 1)), .update(.storeRecovered)])
        #expect(!harness.session.isSaving)
    }

    @Test("the draft is stored within a second of the last key, and at once at the end")
    func drafts() {
        var harness = online(2)
        harness.handle(.draft("п"))
        harness.pass(.milliseconds(200))
        harness.handle(.draft("пр"))
        harness.pass(.milliseconds(200))
        #expect(harness.changes.last == .draft("пр", peer: bob))
        harness.handle(.draft("при"))
        harness.handle(.leaving)
        #expect(harness.changes.last == .draft("при", peer: bob))
    }

    @Test("a refused draft is tried again in its latest form")
    func draftOnAFullDisk() {
        var harness = online(2)
        harness.diskFailure = .diskFull
        harness.handle(.draft("п"))
        harness.pass(.seconds(1))
        harness.handle(.draft("пр"))
        harness.diskFailure = nil
        harness.pass(.seconds(6))
        #expect(harness.changes.last == .draft("пр", peer: bob))
    }

    @Test("a window opens with the stored names, marks, history, unsent messages and draft")
    func restored() {
        var harness = Harness()
        harness.disk = StoredState(
            newest: StoredPage(
                messages: [StoredMessage(message: message("m1", "1", from: bob, to: anna))], followsGap: true),
            unsent: [unsent("a"), unsent("b", state: .held)], draft: "черновик",
            marks: [ConversationMark(user: bob, read: "m0")], peerName: "Иван", product: Product(title: "iPhone 13"))
        #expect(
            updates(harness.handle(.start)) == [
                .profile(name: "Иван", product: Product(title: "iPhone 13")),
                .marked(ConversationMark(user: bob, read: "m0")),
                .history([message("m1", "1", from: bob, to: anna)], hasOlder: true),
                .unsent(unsent("a"), .waiting), .unsent(unsent("b", state: .held), .unconfirmed),
                .draft("черновик"), .connection(.connecting(attempt: 1)),
            ])
        #expect(harness.session.waitingMessages == 1)
    }

    @Test("without a disk it reports that and connects all the same") func noDisk() {
        var session = Session(user: anna, peer: bob, seed: 1)
        let now = Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000))
        #expect(session.handle(.start, now: now) == [.load(bob, opening: 0)])
        let effects = session.handle(.loaded(.failure(.damaged), of: bob, opening: 0), now: now)
        #expect(updates(effects).first == .storeFailed(.damaged))
        #expect(effects.contains(.open(link: 1)))
    }

    /// A window whose disk could not be read when it opened, but can be read now.
    private func readableLate() -> Harness {
        var harness = Harness()
        harness.loadFailure = .diskFull
        harness.goOnline(2)
        harness.history([])
        harness.loadFailure = nil
        harness.disk.position = FeedPosition(epoch: "e", cursor: 7, messageID: "m7")
        harness.disk.unsent = [unsent("a")]
        harness.disk.draft = "черновик"
        return harness
    }

    @Test("a disk that becomes readable later is read for the next connection, which resumes from there")
    func readForTheNextConnection() {
        var harness = readableLate()
        harness.lose()
        let effects = harness.pass(.seconds(1))
        #expect(updates(effects).contains(.unsent(unsent("a"), .waiting)))
        #expect(updates(effects).contains(.draft("черновик")))
        #expect(
            harness.handle(.opened(link: harness.link))
                == [.log(.connected), .authorize(user: anna, resume: harness.disk.position)])
        harness.event(authSuccess(2, cursor: 8))
        let event = ServerEvent.NewMessage(message: message("m8", "8", from: bob, to: anna), cursor: 8)
        #expect(harness.event(.newMessage(event)).contains(.transmit(.ack(cursor: 8))))
    }

    @Test("or as soon as it stores something: a new connection continues from there")
    func readOnceItWrites() {
        var harness = readableLate()
        let link = harness.link
        let event = ServerEvent.NewMessage(message: message("m9", "9", from: bob, to: anna), cursor: 1)
        let effects = harness.event(.newMessage(event))
        #expect(effects.contains(.close) && effects.contains(.open(link: link + 1)))
        #expect(
            harness.handle(.opened(link: link + 1)).last == .authorize(user: anna, resume: harness.disk.position))
    }

    @Test("messages and drafts written meanwhile are neither repeated nor overwritten")
    func readAfterWriting() {
        var harness = Harness()
        harness.loadFailure = .diskFull
        harness.goOnline(2)
        harness.history([])
        harness.handle(.send(id: "a", text: "x"))
        harness.disk.unsent = [unsent("a")]
        harness.disk.draft = "старое"
        harness.loadFailure = nil
        harness.handle(.draft("новое"))
        let event = ServerEvent.NewMessage(message: message("m9", "9", from: bob, to: anna), cursor: 1)
        let effects = harness.event(.newMessage(event))
        #expect(effects.contains(.close) && updates(effects).contains(.draft("старое")))
        harness.pass(.seconds(1))
        #expect(harness.changes.contains(.draft("новое\nстарое", peer: bob)))
        #expect(harness.session.outbox.entries.map(\.id) == ["a"])
    }

    /// The disk has room again when the new message is stored. The messages of a closed window on it are not known yet.
    @Test("messages on a disk that becomes readable later are sent before those written meanwhile")
    func oldBeforeNew() {
        var harness = readableLate()
        harness.isDiskSlow = true
        harness.handle(.send(id: "new", text: "new"))
        #expect(transmitted(harness.answerDisk()) == [])
        harness.isDiskSlow = false
        harness.handle(.opened(link: harness.link))
        harness.event(authSuccess(2, cursor: 7))
        #expect(harness.session.outbox.entries.map(\.id) == ["a", "new"])
        harness.event(.resumeComplete(cursor: 7))
        #expect(harness.session.outbox.entries.map(\.state) == [.inFlight, .waiting])
    }

    /// The disk was full but readable, so messages of a closed window could not be adopted.
    @Test(
        "messages that a full disk kept from being adopted are sent before later ones", arguments: [false, true])
    func pendingAdoptions(_ isByTime: Bool) {
        var harness = Harness()
        harness.disk.isAdoptionPending = true
        harness.goOnline(2)
        harness.history([])
        harness.handle(.send(id: "new", text: "new"))
        #expect(harness.session.outbox.entries.map(\.state) == [.waiting])
        harness.disk.isAdoptionPending = false
        harness.disk.unsent = [unsent("a"), unsent("b")]
        let effects =
            isByTime ? harness.handle(.adopted([unsent("a"), unsent("b")])) : harness.handle(.send(id: "c", text: "c"))
        #expect(transmitted(effects) == ["a:x"])
        #expect(harness.session.outbox.entries.prefix(3).map(\.id) == ["a", "b", "new"])
    }

    @Test("that a full disk prevents adoption is reported, and it is tried again until it succeeds")
    func leftBehindIsTold() {
        var harness = Harness()
        harness.disk.isAdoptionPending = true
        #expect(updates(harness.handle(.start)).contains(.storeFailed(.diskFull)))
        harness.goOnline(2)
        harness.history([])
        harness.handle(.send(id: "new", text: "new"))
        #expect(!updates(harness.pass(.seconds(30))).contains(.storeRecovered))
        harness.disk.isAdoptionPending = false
        harness.disk.unsent = [unsent("a")]
        let effects = harness.pass(.seconds(5))
        #expect(transmitted(effects) == ["a:x"] && updates(effects).contains(.storeRecovered))
    }

    @Test("pending adoption delays only its own conversation, where nothing overtakes the messages")
    func leftBehindElsewhere() {
        var harness = Harness()
        harness.disk.isAdoptionPending = true
        harness.goOnline(2)
        harness.history([])
        harness.handle(.send(id: "new", text: "new"))
        harness.disk.isAdoptionPending = false
        harness.handle(.open(peer: carl))
        harness.history([])
        #expect(transmitted(harness.handle(.send(id: "carl", text: "c"))) == ["carl:c"])
        #expect(transmitted(harness.handle(.open(peer: nil))) == [])
        #expect(transmitted(harness.handle(.adopted([unsent("a")]))) == ["a:x"])
        #expect(transmitted(harness.event(sent("m1", client: "a"))) == ["new:new"])
    }

    @Test("a disk that could not be read keeps its feed position for a window that can read it")
    func unreadDisk() {
        var harness = Harness()
        harness.loadFailure = .diskFull
        harness.goOnline(2)
        #expect(updates(harness.history([])).last == .caughtUp)
        let event = ServerEvent.newMessage(.init(message: message("m1", "1", from: bob, to: anna), cursor: 1))
        let effects = harness.event(event)
        #expect(updates(effects) == [.received(message("m1", "1", from: bob, to: anna))])
        // The messages in between are on no disk of this machine.
        #expect(!effects.contains(.transmit(.ack(cursor: 1))))
        let moves = harness.changes.filter { change in
            switch change {
            case .advance, .restart: true
            default: false
            }
        }
        #expect(moves == [])
    }

    @Test("a message older than a day is sent only with the user's consent")
    func stale() {
        var harness = Harness()
        let old = unsent("a", age: .seconds(25 * 3600))
        harness.disk.unsent = [old, unsent("b")]
        #expect(updates(harness.handle(.start)).contains(.unsent(old, .stale)))
        harness.goOnline(2)
        #expect(transmitted(harness.history([])) == [])
        harness.event(sent("m1", client: "b"))
        #expect(transmitted(harness.handle(.resend(id: "a"))) == ["a:x"])
    }

    @Test("the same holds for one that became that old while it waited") func staleMeanwhile() {
        var harness = online(2)
        harness.lose()
        harness.handle(.send(id: "a", text: "1"))
        harness.now = harness.now.advanced(by: .seconds(25 * 3600))
        let effects = harness.goOnline(2)
        #expect(transmitted(effects) == [] && updates(effects).contains(.outgoing(id: "a", .unsent(.stale))))
    }

    @Test("protocol 1: a message in flight at a crash is looked for after the stored messages")
    func inFlightAtACrash() {
        for (page, isFound) in [([message("m1", "да"), message("m2", "да")], true), ([message("m1", "да")], false)] {
            var harness = Harness()
            harness.disk.newest.messages = [StoredMessage(message: message("m1", "да"))]
            harness.disk.unsent = [unsent("a", "да", state: .inFlight)]
            harness.goOnline(nil)
            let effects = updates(harness.history(page))
            #expect(
                effects.contains(
                    isFound
                        ? .outgoing(id: "a", .stored(page[page.count - 1])) : .outgoing(id: "a", .unsent(.unconfirmed)))
            )
        }
    }

    @Test("protocol 1: a page of 1,000 rows is shown and not stored, since there may be a gap after it")
    func oldestThousand() {
        var harness = online(nil, history: nil)
        let page = (0..<1000).map { message("h\($0)", "x", from: bob, to: anna) }
        #expect(updates(harness.history(page)).contains(.oldest(page)))
        #expect(!harness.changes.contains { if case .page = $0 { true } else { false } })
    }

    @Test("a conversation's product is taken from its messages, also if it is not open")
    func product() {
        var harness = online(2)
        for (cursor, peer) in [(1, bob), (2, carl)] {
            let product = Product(id: "p", title: "iPhone 13")
            let text = message("m\(cursor)", "x", from: peer, to: anna)
            let effects = harness.event(.newMessage(.init(message: text, cursor: cursor, product: product)))
            #expect(updates(effects).contains(.profile(name: nil, product: product)) == (peer == bob))
            #expect(harness.changes.contains(.profile(name: nil, product: product, peer: peer)))
        }
    }

    @Test("a message names the product that it was written about, and keeps it whatever the server tells")
    func productOfOwnMessages() {
        let lamp = Product(id: "p", title: "Лампа")
        for version in [nil, 2] as [Int?] {
            var harness = online(version)
            let effects = harness.handle(.send(id: "a", text: "1", product: lamp))
            let sent = effects.compactMap { effect -> Product? in
                guard case .transmit(.message(let message)) = effect else { return nil }
                return message.product
            }
            #expect(sent == [lamp])
            let confirmed = harness.event(
                .messageSent(
                    .init(
                        messageID: "m1", clientMessageID: version == 2 ? "a" : nil, cursor: version == 2 ? 1 : nil)))
            let shown = updates(confirmed).compactMap { update -> Product? in
                guard case .outgoing(_, .stored(let message)) = update else { return nil }
                return message.product
            }
            #expect(shown == [lamp])
            #expect(transmitted(harness.handle(.send(id: "b", text: "2"))) == ["b:2"])
        }
    }

    @Test("a message sent in protocol 1 is not sent again to a server of protocol 2 without consent")
    func serverUpgraded() {
        var harness = Harness()
        harness.disk.unsent = [unsent("a", state: .inFlight)]
        let effects = harness.goOnline(2)
        #expect(updates(effects).contains(.outgoing(id: "a", .unsent(.unconfirmed))))
        #expect(transmitted(effects) == [])
    }

    @Test("messages of closed windows are requested after connecting, and once a minute")
    func adoption() {
        var harness = online(2)
        #expect(harness.adoptions == 1)
        harness.pass(.seconds(121))
        #expect(harness.adoptions == 3)
        let effects = harness.handle(.adopted([unsent("a"), unsent("c", to: carl)]))
        #expect(updates(effects) == [.unsent(unsent("a"), .waiting)])
        #expect(Set(transmitted(effects)) == ["a:x", "c:x"])
        #expect(harness.handle(.adopted([unsent("a")])) == [])
        #expect(updates(harness.event(sent("m", client: "c"))).isEmpty)
        #expect(harness.session.waitingMessages == 1)
    }

    @Test("in protocol 1 only those of this conversation are adopted; those in flight are looked for in the history")
    func adoptionFromProtocol1() {
        var harness = online(nil)
        #expect(harness.adoptions == 1)
        let effects = harness.handle(.adopted([unsent("a", state: .inFlight), unsent("b")]))
        #expect(effects.contains(.fetchHistory(peer: bob, before: nil, limit: nil, link: harness.link)))
        #expect(transmitted(effects) == [])
        let settled = harness.history([message("m", "x")])
        #expect(updates(settled).contains(.outgoing(id: "a", .stored(message("m", "x")))))
        #expect(transmitted(settled) == ["b:x"])
    }

    @Test("in protocol 2 a message in flight of a closed window waits for the user's decision")
    func adoptionOfInFlight() {
        var harness = online(2)
        let effects = harness.handle(.adopted([unsent("a", state: .inFlight)]))
        #expect(updates(effects).last == .outgoing(id: "a", .unsent(.unconfirmed)))
        #expect(harness.session.waitingMessages == 0)
    }

    @Test("a message that the feed brings while it is adopted is not sent")
    func adoptedTooLate() {
        var harness = online(2)
        harness.isDiskSlow = true
        let event = ServerEvent.NewMessage(message: message("m1", "x"), cursor: 1, clientMessageID: "a")
        harness.event(.newMessage(event))
        #expect(harness.handle(.adopted([unsent("a", age: .seconds(25 * 3600))])) == [])
        #expect(harness.session.outbox["a"] == nil)
    }

    @Test("a message of another conversation that needs a decision is left for that conversation's window")
    func refusedForAnotherConversation() {
        var harness = online(2)
        harness.handle(.adopted([unsent("c", to: carl)]))
        let long = ServerEvent.Failure(message: "m", code: .messageTooLong, clientMessageID: "c")
        #expect(updates(harness.event(.error(long))).isEmpty)
        #expect(harness.changes.suffix(2) == [.setState(.held, ofUnsent: "c"), .disown(id: "c")])
        #expect(harness.session.outbox["c"] == nil)
    }

    @Test("older pages come from the disk, then from the server, and offline there are no more")
    func olderPages() {
        var harness = online(2)
        #expect(harness.handle(.loadOlder(before: "m9")) == [.readOlderPage(peer: bob, before: "m9")])
        let page = StoredPage(messages: [StoredMessage(message: message("m8", "8"))], hasOlder: false, followsGap: true)
        #expect(
            harness.handle(.olderPage(.success(page), peer: bob, before: "m9")) == [
                .update(.history([message("m8", "8")], hasOlder: true))
            ])
        let empty = Session.Report.olderPage(.success(StoredPage()), peer: bob, before: "m8")
        #expect(harness.handle(empty) == [.fetchHistory(peer: bob, before: "m8", limit: 200, link: harness.link)])
        let older = HistoryPage(messages: [.init(message: message("m7", "7"))], hasMore: false)
        let effects = harness.handle(.history(.success(older), peer: bob, before: "m8", link: harness.link))
        #expect(updates(effects) == [.history([message("m7", "7")], hasOlder: false)])
        #expect(harness.changes.last == .page([StoredMessage(message: message("m7", "7"))], peer: bob, hasOlder: false))
        harness.lose()
        #expect(harness.handle(empty) == [.update(.history([], hasOlder: true))])
    }
}
