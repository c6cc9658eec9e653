import ChatWire
import RateLimiting
import Testing

@testable import ChatServer

private let carl = user("carl")
private let online = ServerEvent.Presence(user: bob, isOnline: true)
private func delivered(_ id: MessageID) -> ServerEvent { .delivered(user: bob, messageID: id) }

@Suite("Receipts, typing and presence of a connection")
struct SessionReceiptTests {
    private static let marks = ConversationMarks(
        own: .init(user: anna, delivered: "m3", read: "m2"), peer: .init(user: bob, delivered: "m4", read: "m1"))
    private static let told: [ServerEvent] = [
        .delivered(user: bob, messageID: "m4"), .read(user: bob, otherUser: nil, messageID: "m1"),
        .read(user: anna, otherUser: bob, messageID: "m2"),
    ]

    private func resumed() -> Session {
        makeSession(auth(anna, 2, resume: FeedPosition(epoch: "e", cursor: 4)), account(4))
    }

    @Test("marks and presence are sent after resume_complete, and then the receipts that arrived meanwhile")
    func marksFirst() {
        var session = resumed()
        #expect(said(session.handle(.relay(delivered("m5")), now: now)) == [])
        #expect(said(session.handle(.relay(.typing(user: bob)), now: now)) == [.typing(user: bob)])
        let actions = session.handle(.peers([Self.marks], [online]), now: now)
        #expect(said(actions) == Self.told + [delivered("m5"), .presence(online)])
        #expect(said(session.handle(.relay(delivered("m6")), now: now)) == [delivered("m6")])
    }

    @Test("pages are sent at the socket's pace; receipts come after the marks that were read before them")
    func pages() {
        var session = resumed()
        let next = PeerPagePosition(range: .init(before: 7), newest: 9)
        #expect(said(session.handle(.relay(delivered("m5")), now: now)) == [])
        let actions = session.handle(.peers([Self.marks], [online], next: next), now: now)
        #expect(
            said(actions) == Self.told + [delivered("m5"), .presence(online)] && actions.last == .awaitSent(permits: 5))
        #expect(said(session.handle(.relay(delivered("m6")), now: now)) == [delivered("m6")])
        #expect(session.handle(.sent, now: now) == [.syncPeers(of: anna, from: next)])
        #expect(session.handle(.sent, now: now) == [])
        #expect(said(session.handle(.relay(delivered("m7")), now: now)) == [])
        #expect(said(session.handle(.peers([Self.marks], []), now: now)) == Self.told + [delivered("m7")])
        #expect(session.handle(.sent, now: now) == [])
    }

    @Test("all conversations are read, then those that moved to the front meanwhile")
    func places() {
        func page(_ places: [Int], more: Bool) -> MarksPage {
            MarksPage(marks: [], newest: places.first, oldest: places.last, hasMore: more)
        }
        #expect(PeerPagePosition.start.next(after: page([], more: false)) == nil)
        #expect(PeerPagePosition.start.next(after: page([9, 8], more: false)) == nil)
        let second = PeerPagePosition.start.next(after: page([9, 7], more: true))
        #expect(second == PeerPagePosition(range: .init(before: 7), newest: 9))
        let third = second?.next(after: page([6, 3], more: true))
        #expect(third == PeerPagePosition(range: .init(before: 3), newest: 9))
        let moved = third?.next(after: page([], more: false))
        #expect(moved == PeerPagePosition(range: .init(after: 9)))
        #expect(moved?.next(after: page([12, 10], more: false)) == nil)
        let movedOn = moved?.next(after: page([14, 12], more: true))
        #expect(movedOn == PeerPagePosition(range: .init(after: 9, before: 12), newest: 14))
        #expect(movedOn?.next(after: page([11], more: false)) == PeerPagePosition(range: .init(after: 14)))
    }

    @Test("a new device is sent presence, but no marks")
    func newDevice() {
        var session = makeSession(auth(anna, 2), account(4))
        #expect(said(session.handle(.relay(delivered("m5")), now: now)) == [delivered("m5")])
        #expect(said(session.handle(.peers([Self.marks], [online]), now: now)) == [.presence(online)])
    }

    @Test("receipts during the catch-up are sent after it")
    func whileCatchingUp() {
        var session = open(2)
        _ = session.handle(.delivery(received(6)), now: now)  // 5 is missing
        #expect(said(session.handle(.relay(delivered("m5")), now: now)) == [])
        let actions = session.handle(.feedPage(after: 4, [received(5)]), now: now)
        #expect(said(actions).last == delivered("m5"))
        #expect(!actions.contains(.syncPeers(of: anna)))
    }

    @Test("if too many receipts arrive during the catch-up, the marks are sent after it")
    func manyWhileCatchingUp() {
        var session = open(2)
        _ = session.handle(.delivery(received(6)), now: now)  // 5 is missing
        for _ in 0...PeerSyncProgress.maxReceipts { _ = session.handle(.relay(delivered("m5")), now: now) }
        let actions = session.handle(.feedPage(after: 4, [received(5)]), now: now)
        #expect(actions.contains(.syncPeers(of: anna)))
        #expect(said(session.handle(.peers([Self.marks], []), now: now)) == Self.told)
    }

    @Test("if too many receipts arrive, the marks are read again")
    func tooManyReceipts() {
        var session = resumed()
        for number in 0...PeerSyncProgress.maxReceipts { _ = session.handle(.relay(delivered("\(number)")), now: now) }
        let actions = session.handle(.peers([], []), now: now)
        #expect(said(actions).count == PeerSyncProgress.maxReceipts)
        #expect(actions.last == .syncPeers(of: anna))
        #expect(said(session.handle(.peers([Self.marks], []), now: now)) == Self.told)
    }

    @Test("if the peers cannot be read, the session continues and keeps nothing")
    func peersFailed() {
        var session = resumed()
        _ = session.handle(.relay(delivered("m5")), now: now)
        #expect(said(session.handle(.peersFailed, now: now)) == [delivered("m5")])
        #expect(said(session.handle(.relay(delivered("m6")), now: now)) == [delivered("m6")])
    }

    @Test("among several nodes an ack may come before this connection is sent the messages, and counts then")
    func earlyAck() {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, hasOtherNodes: true)
        _ = session.handle(auth(anna, 2), now: now)
        _ = session.handle(account(4), now: now)
        #expect(session.handle(.event(.ack(cursor: 6)), now: now) == [])
        let acknowledgement = Session.Action.acknowledge(Acknowledgement(user: anna, cursor: 6))
        for (cursor, isAcknowledged) in [(5, false), (6, true), (7, false)] {
            let actions = session.handle(.delivery(received(cursor)), now: now)
            #expect(actions.contains(acknowledgement) == isAcknowledged)
        }
    }

    @Test("a read mark is stored; an unknown message and a failing database are answered with an error")
    func read() {
        var session = open(2)
        let read = Session.Input.event(.read(otherUser: bob, messageID: "m1"))
        #expect(session.handle(read, now: now) == [.markRead(by: anna, with: bob, upTo: "m1")])
        #expect(session.handle(.readMarked(.success(true)), now: now) == [])
        #expect(said(session.handle(.readMarked(.success(nil)), now: now)) == [error(.invalidEvent, answers: .read)])
        #expect(
            said(session.handle(.readMarked(.failure(.locked)), now: now)) == [error(.storageFailed, answers: .read)])
    }

    @Test("a refused block, unblock or question says what it answers")
    func refusedBlock() {
        var session = open(2)
        for isBlocked in [true, false] {
            let event = isBlocked ? ClientEvent.block(anna) : .unblock(anna)
            let kind: RequestKind = isBlocked ? .block : .unblock
            #expect(said(session.handle(.event(event), now: now)) == [error(.invalidEvent, answers: kind)])
            let failed = Session.Input.blockSet(isBlocked, .full)
            #expect(said(session.handle(failed, now: now)) == [error(.storageFailed, answers: kind)])
        }
        #expect(said(session.handle(.tooManyBlocks, now: now)) == [error(.rateLimited, answers: .block)])
        let failed = Session.Input.blockFound(bob, .failure(.full))
        #expect(said(session.handle(failed, now: now)) == [error(.storageFailed, answers: .isBlocked)])
    }

    @Test("typing is sent once in three seconds to each receiver, and to few receivers")
    func typing() {
        var session = open(2)
        func type(_ receiver: UserID, _ seconds: Int64) -> Bool {
            let time = Timestamp(seconds: 1_700_000_000 + seconds)
            return session.handle(.event(.typing(receiver: receiver)), now: time)
                == [.relayTyping(by: anna, to: receiver)]
        }
        #expect(type(bob, 0) && !type(bob, 2) && type(carl, 2) && type(bob, 3) && !type(carl, 4) && !type(anna, 9))
        let others = (0..<100).filter { type(user("u\($0)"), 20) }
        #expect(others.count == TypingThrottle.maxReceivers)
        #expect(type(bob, -1000), "the clock was set back")
    }

    @Test("a client of the first protocol neither sends nor gets any of these")
    func firstProtocol() {
        var session = open()
        for event in [ClientEvent.ack(cursor: 4), .read(otherUser: bob, messageID: "m"), .typing(receiver: bob)] {
            #expect(session.handle(.event(event), now: now) == [])
        }
        for event in [delivered("m"), .read(user: bob, otherUser: nil, messageID: "m"), .presence(online)] {
            #expect(session.handle(.relay(event), now: now) == [])
        }
        var nobody = makeSession()
        #expect(said(nobody.handle(.event(.ack(cursor: 4)), now: now)) == [error(.notAuthorized)])
    }

    @Test("too many read marks at once pause reading")
    func backPressure() {
        var session = open(2)
        let read = Session.Input.event(.read(otherUser: bob, messageID: "m1"))
        var paused = 0
        for _ in 0..<Session.maxWaitingForDatabase where session.handle(read, now: now).contains(.pauseReading) {
            paused += 1
        }
        #expect(paused == 1)
        var resumed = 0
        for _ in 0..<Session.maxWaitingForDatabase
        where session.handle(.readMarked(.success(true)), now: now).contains(.resumeReading) {
            resumed += 1
        }
        #expect(resumed == 1)
    }

    @Test("a message over the rate: the error says when to try again, towards protocol 2 only")
    func rateLimited() {
        for (version, id, retry) in [(nil, nil, nil), (2, clientID, 900)] as [(Int?, ClientMessageID?, Int?)] {
            var session = open(version)
            _ = session.handle(message("x", id: clientID), now: now)
            let result = Result<AppendOutcome, StoreError>.success(.rateLimited(retryAfterMs: 900))
            let said = said(session.handle(.appended(draft("x", id: clientID), result), now: now))
            let text = ServerText.processingFailed
            #expect(
                said == [
                    .error(.init(message: text, code: .rateLimited, clientMessageID: id, retryAfterMs: retry))
                ])
        }
    }
}

@Suite("The rate limit")
struct RateBucketsTests {
    private func at(_ milliseconds: Int64) -> Timestamp {
        Timestamp(microseconds: 1_700_000_000_000_000 + milliseconds * 1000)
    }

    @Test("a burst, then one a second, for each user separately")
    func burstAndRate() {
        var limiter = RateBuckets<UserID>(Rate(burst: 3, perSecond: 1))
        #expect((0..<5).map { _ in limiter.take(of: anna, at: at(0)) } == [nil, nil, nil, 1000, 1000])
        #expect(limiter.take(of: bob, at: at(0)) == nil)
        #expect(limiter.take(of: anna, at: at(900)) == 100)
        #expect(limiter.take(of: anna, at: at(1000)) == nil)
        #expect(limiter.take(of: anna, at: at(1001)) == 999)
        #expect((0..<4).map { _ in limiter.take(of: anna, at: at(60_000)) } == [nil, nil, nil, 1000])
    }

    @Test("a permit can be given back; a clock that is set back locks nobody out")
    func givingBack() {
        var limiter = RateBuckets<UserID>(Rate(burst: 1, perSecond: 2))
        #expect(limiter.take(of: anna, at: at(0)) == nil)
        limiter.refund(to: anna)
        #expect(limiter.take(of: anna, at: at(0)) == nil && limiter.take(of: anna, at: at(0)) == 500)
        #expect(limiter.take(of: anna, at: at(-1_000_000)) == nil)
    }
}
