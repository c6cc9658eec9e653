import ChatWire
import Testing

@testable import ChatClient

/// Bob's message at a cursor of Anna's feed.
private func incoming(_ cursor: Int, from: UserID = bob) -> ServerEvent {
    .newMessage(.init(message: message("m\(cursor)", UntrustedText("\(cursor)"), from: from, to: anna), cursor: cursor))
}

private func position(_ cursor: Int, epoch: Epoch = "e") -> FeedPosition {
    FeedPosition(epoch: epoch, cursor: cursor, messageID: "m\(cursor)")
}

/// A window whose disk has the feed up to a cursor, and the conversation's last message.
private func stored(upTo cursor: Int) -> Harness {
    var harness = Harness()
    harness.disk.position = position(cursor)
    harness.disk.reachesFeed = true
    harness.disk.peerName = "Боб"
    harness.disk.newest.messages = [
        StoredMessage(message: message("m\(cursor)", "x", from: bob, to: anna), cursor: cursor)
    ]
    return harness
}

private func acks(_ effects: [Session.Effect]) -> [Int] {
    effects.compactMap { if case .transmit(.ack(let cursor)) = $0 { cursor } else { nil } }
}

private func ids(_ effects: [Session.Effect]) -> [MessageID] {
    updates(effects).compactMap { if case .received(let message) = $0 { message.id } else { nil } }
}

private func fetches(_ effects: [Session.Effect]) -> Bool {
    effects.contains { if case .fetchHistory(_, before: nil, _, _) = $0 { true } else { false } }
}

@Suite("The client's session: the feed")
struct SessionFeedTests {
    @Test("it resumes where the disk's copy ends, and shows that before it is connected")
    func resume() {
        var harness = stored(upTo: 7)
        let first = harness.handle(.start)
        #expect(updates(first).contains(.history([message("m7", "x", from: bob, to: anna)], hasOlder: false)))
        #expect(
            harness.handle(.opened(link: 1)) == [.log(.connected), .authorize(user: anna, resume: position(7))])
        #expect(!fetches(harness.event(authSuccess(2, cursor: 9))))
        #expect(ids(harness.event(incoming(8))) == ["m8"])
        #expect(ids(harness.event(incoming(9))) == ["m9"])
        let done = harness.event(.resumeComplete(cursor: 9))
        #expect(updates(done) == [.caughtUp])
        #expect(!fetches(done))
    }

    @Test("message and cursor are stored in one transaction, then shown, then acknowledged")
    func storedShownAcknowledged() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        harness.isDiskSlow = true
        #expect(harness.event(incoming(8)) == [.log(.received(message("m8", "8", from: bob, to: anna)))])
        #expect(
            harness.transactions.last == [
                .message(StoredMessage(message: message("m8", "8", from: bob, to: anna), cursor: 8)),
                .advance(position(8)),
            ])
        #expect(
            harness.answerDisk() == [
                .update(.received(message("m8", "8", from: bob, to: anna))), .transmit(.ack(cursor: 8)),
            ])
    }

    @Test("an unknown peer's name is looked up once, with their first message")
    func stranger() {
        var harness = stored(upTo: 7)
        harness.disk.peerName = nil
        harness.disk.newest = StoredPage()
        harness.goOnline(2)
        harness.history([])
        #expect(fetches(harness.event(incoming(8))))
        #expect(!fetches(harness.event(incoming(9))))
        let page = HistoryPage(
            messages: [
                .init(message: message("m8", "8", from: bob, to: anna), sender: .init(name: "Боб"))
            ], hasMore: false)
        let told = harness.handle(.history(.success(page), peer: bob, before: nil, link: harness.link))
        #expect(updates(told).contains(.profile(name: "Боб", product: nil)))
        // The same holds if the list of conversations is open.
        harness.handle(.open(peer: nil))
        harness.handle(.open(peer: carl))
        harness.history([])
        #expect(!fetches(harness.event(incoming(10, from: bob))))
        #expect(fetches(harness.event(incoming(11, from: carl))))
    }

    @Test("one transaction runs at a time; messages that come meanwhile are in the next one, acknowledged together")
    func batches() {
        var harness = stored(upTo: 0)
        harness.goOnline(2)
        harness.isDiskSlow = true
        let before = harness.transactions.count
        for cursor in 1...100 { harness.event(incoming(cursor)) }
        #expect(harness.transactions.count == before + 1)
        #expect(acks(harness.answerDisk()) == [1])
        #expect(harness.transactions.count == before + 2)
        let rest = harness.answerDisk()
        #expect(ids(rest) == (2...100).map { "m\($0)" })
        #expect(acks(rest) == [100])
    }

    @Test("a message that is stored already is not shown again")
    func known() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        #expect(harness.event(incoming(7)) == [])
        #expect(harness.event(incoming(3)) == [])
    }

    @Test("after a skipped cursor it resumes from the one before, after a wait")
    func hole() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        harness.event(incoming(8))
        let effects = harness.event(incoming(10))
        #expect(effects.contains(.log(.missedMessages)) && effects.contains(.close))
        #expect(ids(effects).isEmpty)
        harness.pass(.seconds(1))
        #expect(
            harness.handle(.opened(link: harness.link)) == [
                .log(.connected), .authorize(user: anna, resume: position(8)),
            ])
    }

    @Test("messages that are missing twice or unreadable cause the conversations to be loaded anew")
    func holeAgain() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        harness.handle(.malformed("no time", link: harness.link))
        #expect(harness.event(incoming(9)).contains(.close))
        for attempt in 1...2 {
            harness.pass(.seconds(attempt))
            #expect(harness.handle(.opened(link: harness.link)).contains(.authorize(user: anna, resume: position(7))))
            harness.event(authSuccess(2, cursor: 9))
            harness.handle(.malformed("no time", link: harness.link))
            #expect(harness.event(incoming(9)).isEmpty)
            #expect(harness.event(.resumeComplete(cursor: 9)).isEmpty)
            #expect(harness.pass(.seconds(2)).contains(.close))
        }
        harness.pass(.seconds(4))
        #expect(harness.handle(.opened(link: harness.link)).contains(.authorize(user: anna, resume: nil)))
        let effects = harness.event(authSuccess(2, cursor: 9))
        #expect(fetches(effects))
        // An interruption does not change that.
        harness.handle(.ended(.lost, link: harness.link))
        harness.pass(.seconds(4))
        #expect(harness.handle(.opened(link: harness.link)).contains(.authorize(user: anna, resume: nil)))
        harness.event(authSuccess(2, cursor: 9))
        harness.history([])
        #expect(harness.transactions.last?.contains(.restart(FeedPosition(epoch: "e", cursor: 9))) == true)
        #expect(ids(harness.event(incoming(10))) == ["m10"])
    }

    @Test("messages that a later one overtakes on every connection are not lost")
    func overtaken() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        for _ in 1...5 {
            #expect(ids(harness.event(incoming(10))).isEmpty)
            harness.lose()
            harness.handle(.reconnectNow)
            #expect(harness.handle(.opened(link: harness.link)).contains(.authorize(user: anna, resume: position(7))))
            harness.event(authSuccess(2, cursor: 10))
        }
        #expect(ids(harness.event(incoming(10))).isEmpty)
        #expect((8...10).flatMap { ids(harness.event(incoming($0))) } == ["m8", "m9", "m10"])
        #expect(updates(harness.event(.resumeComplete(cursor: 10))) == [.caughtUp])
    }

    @Test(
        "a resumed feed whose end was lost, or came before the authorisation, is resumed again")
    func lostEnd() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.opened(link: harness.link))
        harness.event(.resumeComplete(cursor: 7))
        harness.event(authSuccess(2, cursor: 9))
        #expect(harness.pass(.seconds(29)) == [])
        // A message that is stored only now does not show that the resumed feed progresses.
        harness.event(incoming(8))
        harness.event(incoming(9))
        #expect(harness.pass(.seconds(29)) == [])
        harness.event(incoming(10))
        let effects = harness.pass(.seconds(1))
        #expect(effects.contains(.close) && transmitted(effects) == [])
        harness.pass(.seconds(5))
        harness.handle(.opened(link: harness.link))
        harness.event(authSuccess(2, cursor: 10))
        #expect(transmitted(harness.event(.resumeComplete(cursor: 10))) == ["a:1"])
        #expect(!harness.pass(.seconds(5)).contains(.close))
    }

    @Test("the same holds for a confirmation with a skipped cursor")
    func holeBeforeConfirmation() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        harness.handle(.send(id: "a", text: "1"))
        let effects = harness.event(.messageSent(.init(messageID: "m9", clientMessageID: "a", cursor: 9)))
        #expect(effects.contains(.log(.missedMessages)))
        #expect(harness.session.outbox["a"] != nil)
    }

    @Test("and for the end of the feed")
    func holeAtTheEnd() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        harness.event(authSuccess(2, cursor: 9))
        #expect(harness.event(.resumeComplete(cursor: 9)).isEmpty)
        #expect(harness.pass(.seconds(2)).contains(.log(.missedMessages)))
    }

    @Test("messages shortly after the feed's end on every connection are not missing, and nothing is loaded anew")
    func endFirst() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.opened(link: harness.link))
        harness.event(authSuccess(2, cursor: 9))
        var effects = harness.event(.resumeComplete(cursor: .max)) + harness.pass(.seconds(1))
        effects += harness.event(incoming(8)) + harness.pass(.seconds(1))
        #expect(transmitted(effects) == [] && updates(effects).last != .caughtUp)
        effects += harness.event(incoming(9))
        #expect(ids(effects) == ["m8", "m9"] && transmitted(effects) == ["a:1"])
        #expect(updates(effects).contains(.caughtUp) && !harness.pass(.seconds(5)).contains(.close))
    }

    @Test(
        "in any order of arrival, all messages are shown once and in order, and nothing is loaded anew",
        arguments: 0..<200)
    func anyOrder(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var server = DisorderlyFeed(upTo: 40, losesSome: false, using: &random)
        var harness = stored(upTo: 0)
        harness.handle(.start)
        var effects = harness.handle(.opened(link: harness.link))
        for _ in 0..<200 where !ids(effects).contains("m40") {
            let link = harness.link
            let cursor = harness.session.position?.cursor ?? 0
            for event in server.connection(after: cursor, using: &random) {
                effects += harness.handle(.event(event, link: link)) + harness.pass(.milliseconds(10))
            }
            effects += harness.pass(.seconds(3)) + harness.handle(.reconnectNow)
            effects += harness.handle(.opened(link: harness.link))
        }
        #expect(ids(effects) == (1...40).map { "m\($0)" })
        #expect(!fetches(effects))
        #expect(!effects.contains { if case .authorize(_, resume: nil) = $0 { true } else { false } })
    }

    @Test("completeness is reported only while the connection stands")
    func caughtUpTooLate() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        harness.event(authSuccess(2, cursor: 8))
        harness.isDiskSlow = true
        harness.event(incoming(8))
        harness.event(.resumeComplete(cursor: 8))
        harness.lose()
        #expect(ids(harness.answerDisk()) == ["m8"])
        #expect(updates(harness.answerDisk()).isEmpty)
    }

    @Test("waiting messages are sent when the feed is complete")
    func waitingMessages() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.opened(link: 1))
        #expect(transmitted(harness.event(authSuccess(2, cursor: 8))) == [])
        #expect(transmitted(harness.event(incoming(8))) == [])
        #expect(transmitted(harness.event(.resumeComplete(cursor: 8))) == ["a:1"])
    }

    @Test("an own message moves from the outbox to the history with its cursor in one transaction")
    func confirmation() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        harness.handle(.send(id: "a", text: "1"))
        let time = Timestamp(seconds: 1_700_000_005)
        let effects = harness.event(
            .messageSent(.init(messageID: "m8", clientMessageID: "a", cursor: 8, createdAt: time)))
        let message = Message(id: "m8", sender: anna, receiver: bob, text: "1", createdAt: time)
        #expect(updates(effects) == [.outgoing(id: "a", .stored(message))])
        #expect(acks(effects) == [8])
        #expect(
            harness.transactions.last == [
                .removeUnsent(id: "a"), .message(StoredMessage(message: message, cursor: 8, clientMessageID: "a")),
                .advance(position(8)),
            ])
    }

    @Test("the answer to a repeat has an old cursor, and does not move the feed")
    func repeated() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        harness.handle(.send(id: "a", text: "1"))
        let effects = harness.event(
            .messageSent(.init(messageID: "m5", clientMessageID: "a", cursor: 5, duplicate: true)))
        guard case .outgoing(id: "a", .found)? = updates(effects).first else { return #expect(Bool(false)) }
        #expect(harness.session.position == position(7))
    }

    @Test("if the history has a message before its confirmation, the cursor counts when that arrives")
    func settledByHistory() {
        var harness = Harness()
        harness.goOnline(2)
        harness.handle(.send(id: "a", text: "x"))
        let entry = HistoryPage.Entry(message: message("m1", "x"), cursor: 1, clientMessageID: "a")
        let page = HistoryPage(messages: [entry], hasMore: false)
        let effects = harness.handle(.history(.success(page), peer: bob, before: nil, link: harness.link))
        #expect(updates(effects).contains(.outgoing(id: "a", .found(message("m1", "x")))))
        #expect(acks(effects) == [])
        let answer = ServerEvent.messageSent(.init(messageID: "m1", clientMessageID: "a", cursor: 1))
        #expect(harness.event(answer) == [.transmit(.ack(cursor: 1))])
        #expect(harness.changes.last == .advance(position(1)))
    }

    @Test("an interrupted reload starts again, and the feed continues from its old position")
    func interruptedReload() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.opened(link: harness.link))
        harness.event(authSuccess(2, epoch: "new", cursor: 3))
        #expect(fetches(harness.event(.resyncRequired)))
        harness.lose()
        harness.handle(.reconnectNow)
        #expect(
            harness.handle(.opened(link: harness.link)) == [
                .log(.connected), .authorize(user: anna, resume: position(7)),
            ])
    }

    @Test("an own message from elsewhere is removed from the unsent ones of a closed window")
    func ownFromElsewhere() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        let own = message("m8", "x")
        harness.event(.newMessage(.init(message: own, cursor: 8, clientMessageID: "a")))
        #expect(harness.changes.contains(.removeUnsent(id: "a")))
        let entry = HistoryPage.Entry(message: message("m5", "y"), cursor: 5, clientMessageID: "b")
        harness.handle(.history(.success(HistoryPage(messages: [entry])), peer: bob, before: "m6", link: harness.link))
        #expect(harness.changes.contains(.removeUnsent(id: "b")))
    }

    @Test("without a stored feed it begins at the feed's end, with the conversation's history before it")
    func newDevice() {
        var harness = Harness()
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        #expect(fetches(harness.event(authSuccess(2, cursor: 40))))
        // Messages that arrive before the history are shown, but after a crash everything would be loaded again.
        let live = harness.event(incoming(41))
        #expect(ids(live) == ["m41"] && acks(live) == [])
        #expect(!harness.changes.contains { if case .advance = $0 { true } else { false } })
        let page = (1...Session.pageSize).map { message("h\($0)", "x", from: bob, to: anna) }
        let effects = harness.history(page, hasMore: true)
        #expect(updates(effects).last == .caughtUp)
        #expect(acks(effects) == [41])
        #expect(harness.changes.contains(.restart(position(41))))
        #expect(ids(harness.event(incoming(42))) == ["m42"])
        #expect(harness.changes.last == .advance(position(42)))
    }

    @Test("the feed's first position has its message's id, so that a restored database is detected")
    func beginning() {
        var harness = Harness()
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        harness.event(.authSuccess(.init(protocolVersion: 2, epoch: "e", cursor: 40, messageID: "m40")))
        harness.history([])
        #expect(harness.changes.contains(.restart(position(40))))
        harness.lose()
        harness.handle(.reconnectNow)
        #expect(harness.handle(.opened(link: harness.link)).last == .authorize(user: anna, resume: position(40)))
    }

    @Test("with other data on the server the conversation is loaded anew, and the feed continues from its end")
    func resync() {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        harness.event(authSuccess(2, epoch: "f", cursor: 3))
        let effects = harness.event(.resyncRequired)
        #expect(effects.contains(.log(.resyncing)) && fetches(effects))
        #expect(updates(effects).contains(.serverRestored))
        #expect(ids(harness.event(incoming(4))) == ["m4"])
        #expect(updates(harness.history([])).last == .caughtUp)
        #expect(harness.changes.contains(.restart(position(4, epoch: "f"))))
        harness.lose()
        harness.handle(.reconnectNow)
        #expect(
            harness.handle(.opened(link: harness.link)).last
                == .authorize(user: anna, resume: position(4, epoch: "f")))
    }

    @Test("what arrives while the conversation is loaded anew is on disk in the new feed, also after an interruption")
    func messagesInTheNewFeed() throws {
        var harness = stored(upTo: 7)
        harness.handle(.start)
        for (end, next) in [(3, 4), (5, 6)] {
            harness.handle(.opened(link: harness.link))
            harness.event(authSuccess(2, epoch: "f", cursor: end))
            harness.event(.resyncRequired)
            harness.event(incoming(next, from: carl))
            let beginning = try #require(harness.changes.lastIndex(of: .restart(FeedPosition(epoch: "f", cursor: end))))
            let arrival = try #require(
                harness.changes.lastIndex { if case .message(let stored) = $0 { stored.cursor == next } else { false } }
            )
            #expect(beginning < arrival)
            harness.lose()
            harness.handle(.reconnectNow)
        }
    }

    @Test("a conversation that was never opened here is fetched, too, and is incomplete until then")
    func unknownConversation() {
        var harness = stored(upTo: 7)
        harness.disk.newest = StoredPage()
        let effects = harness.goOnline(2)
        #expect(fetches(effects) && !updates(effects).contains(.caughtUp))
        #expect(updates(harness.history([])).last == .caughtUp)
    }

    @Test("the same holds if the feed was restarted after its newest stored message")
    func notReachingTheFeed() {
        var harness = stored(upTo: 7)
        harness.disk.reachesFeed = false
        #expect(fetches(harness.goOnline(2)))
    }

    @Test("messages of other conversations are stored and acknowledged, and not shown")
    func otherConversations() {
        var harness = stored(upTo: 7)
        harness.goOnline(2)
        let effects = harness.event(incoming(8, from: carl))
        #expect(updates(effects).isEmpty && acks(effects) == [8])
        #expect(harness.changes.last == .advance(position(8)))
    }

    @Test("in protocol 1 there is no feed, and the history is fetched instead") func protocol1() {
        var harness = stored(upTo: 7)
        #expect(fetches(harness.goOnline(nil)))
        let effects = harness.history([message("h", "x", from: bob, to: anna)])
        #expect(updates(effects).last == .caughtUp)
        #expect(acks(harness.event(.newMessage(.init(message: message("n", "y", from: bob, to: anna))))) == [])
        #expect(harness.session.position == position(7))
    }
}

@Suite("The client's session: receipts")
struct SessionReceiptTests {
    @Test("marks are stored, and those of this conversation are shown")
    func marks() {
        var harness = online(2)
        #expect(
            updates(harness.event(.delivered(user: bob, messageID: "m1"))) == [
                .marked(ConversationMark(user: bob, delivered: "m1"))
            ])
        #expect(
            updates(harness.event(.read(user: bob, otherUser: nil, messageID: "m1"))) == [
                .marked(ConversationMark(user: bob, read: "m1"))
            ])
        // On another device of Anna's.
        #expect(
            updates(harness.event(.read(user: anna, otherUser: bob, messageID: "m2"))) == [
                .marked(ConversationMark(user: anna, read: "m2"))
            ])
        #expect(updates(harness.event(.read(user: carl, otherUser: nil, messageID: "c"))).isEmpty)
        #expect(harness.changes.last == .mark(ConversationMark(user: carl, read: "c"), peer: carl))
    }

    @Test("a read mark is sent once, and again after a reconnect")
    func seen() {
        var harness = online(2)
        let read = Session.Effect.transmit(.read(otherUser: bob, messageID: "m1"))
        #expect(harness.handle(.seen(upTo: "m1")) == [read])
        #expect(harness.handle(.seen(upTo: "m1")) == [])
        harness.lose()
        #expect(harness.handle(.seen(upTo: "m2")) == [])
        #expect(harness.goOnline(2).contains(.transmit(.read(otherUser: bob, messageID: "m2"))))
        #expect(harness.changes.contains(.mark(ConversationMark(user: anna, read: "m2"), peer: bob)))
    }

    @Test("typing is sent at most once in three seconds, and never in protocol 1")
    func typing() {
        var harness = online(2)
        #expect(harness.handle(.typed) == [.transmit(.typing(receiver: bob))])
        harness.pass(.milliseconds(2900))
        #expect(harness.handle(.typed) == [])
        harness.pass(.milliseconds(200))
        #expect(harness.handle(.typed) == [.transmit(.typing(receiver: bob))])
        var old = online(nil)
        #expect(old.handle(.typed) == [] && old.handle(.seen(upTo: "m")) == [])
    }

    @Test("only the peer's typing and presence are shown")
    func presence() {
        var harness = online(2)
        #expect(updates(harness.event(.typing(user: bob))) == [.typing])
        #expect(harness.event(.typing(user: carl)) == [])
        let presence = ServerEvent.Presence(user: bob, isOnline: true)
        #expect(updates(harness.event(.presence(presence))) == [.presence(isOnline: true, lastSeen: nil)])
        #expect(harness.event(.presence(.init(user: carl, isOnline: true))) == [])
    }
}
