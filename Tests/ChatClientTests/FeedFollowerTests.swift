import ChatWire
import Testing

@testable import ChatClient

private func arrival(_ cursor: Int?, from: UserID = bob, to: UserID = anna, id: String? = nil) -> ServerEvent {
    let id = id ?? "m\(cursor ?? 0)"
    return .newMessage(.init(message: message(id, "x", from: from, to: to), cursor: cursor))
}

/// A follower with a clock of its own.
private struct Following {
    var machine: FeedFollower
    var now = Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000))
    var link = 0

    init(peer: UserID? = nil, since: Int? = nil) {
        machine = FeedFollower(user: anna, peer: peer, since: since, seed: 1)
    }

    @discardableResult
    mutating func handle(_ input: FeedFollower.Input) -> [FeedFollower.Effect] {
        let effects = machine.handle(input, now: now).filter { if case .log = $0 { false } else { true } }
        for case .open(let link) in effects { self.link = link }
        return effects
    }

    @discardableResult
    mutating func event(_ event: ServerEvent) -> [FeedFollower.Effect] { handle(.event(event, link: link)) }

    /// Connects, and is authorised by a server of this version whose feed ends there.
    mutating func goOnline(_ version: Int? = 2, epoch: String = "e", cursor: Int = 0) -> [FeedFollower.Effect] {
        if link == 0 { handle(.start) }
        return handle(.opened(link: link)) + event(authSuccess(version, epoch: epoch, cursor: cursor))
    }

    mutating func loseAndWait() {
        handle(.ended(.lost, link: link))
        pass(.seconds(60))
    }

    @discardableResult
    mutating func pass(_ duration: Duration) -> [FeedFollower.Effect] {
        now = now.advanced(by: duration)
        return handle(.tick)
    }
}

private func ids(_ effects: [FeedFollower.Effect]) -> [String] {
    effects.compactMap { if case .update(.message(let stored)) = $0 { stored.message.id } else { nil } }
}

private func resumes(_ effects: [FeedFollower.Effect]) -> [FeedPosition?] {
    effects.compactMap { if case .authorize(_, let resume) = $0 { .some(resume) } else { nil } }
}

/// A server that sends a feed in any order, and has lost some of its places.
private struct DisorderlyFeed {
    let end: Int
    let absent: [Int]
    var present: [Int] { (1...end).filter { !absent.contains($0) } }

    init(upTo end: Int, using random: inout SplitMix64) {
        self.end = end
        absent = (1..<end).filter { _ in random.next() % 20 == 0 }
    }

    /// What the last `auth` asked for.
    func position(in effects: [FeedFollower.Effect]) -> Int { resumes(effects).last??.cursor ?? 0 }

    /// A resumed feed, in which some are overtaken, and then live messages, which may overtake its end.
    func connection(after cursor: Int, using random: inout SplitMix64) -> [ServerEvent] {
        let complete = Int.random(in: cursor...end, using: &random)
        var resumed = present.filter { $0 > cursor && $0 <= complete }
        var live = present.filter { $0 > complete }
        for _ in 0..<(random.next() % 3) {
            if resumed.count > 1 { resumed.swapAt(0, Int.random(in: 1..<resumed.count, using: &random)) }
            if live.count > 1 { live.swapAt(0, Int.random(in: 1..<live.count, using: &random)) }
        }
        var events = resumed.map { arrival($0) }
        if !live.isEmpty, random.next() % 2 == 0 {
            events.insert(arrival(live.removeFirst()), at: Int.random(in: 0...events.count, using: &random))
        }
        return [authSuccess(2, cursor: complete)] + events + [.resumeComplete(cursor: complete)]
            + live.map { arrival($0) }
    }
}

@Suite("Following a feed")
struct FeedFollowerTests {
    @Test("without a cursor it begins where the feed ends")
    func fromNow() {
        var following = Following()
        #expect(resumes(following.goOnline(cursor: 7)) == [nil])
        #expect(ids(following.event(arrival(7))) == [])
        #expect(ids(following.event(arrival(8))) == ["m8"])
        #expect(ids(following.event(arrival(9, from: anna, to: bob))) == ["m9"])
    }

    @Test("with a cursor it asks for the epoch, and then for what came after the cursor, on the same connection")
    func since() {
        var following = Following(since: 3)
        #expect(resumes(following.goOnline(cursor: 7)) == [nil, FeedPosition(epoch: "e", cursor: 3)])
        // It was on its way before the second `auth`, and comes again in its place.
        #expect(ids(following.event(arrival(8))) == [])
        following.event(authSuccess(2, cursor: 8))
        #expect((4...8).flatMap { ids(following.event(arrival($0))) } == ["m4", "m5", "m6", "m7", "m8"])
    }

    @Test("after an interruption it goes on behind the last message, and a repeat is not handed on")
    func reconnects() {
        var following = Following()
        _ = following.goOnline(cursor: 7)
        following.event(arrival(8))
        following.loseAndWait()
        let effects = following.goOnline(cursor: 9)
        #expect(resumes(effects) == [FeedPosition(epoch: "e", cursor: 8, messageID: "m8")])
        #expect(ids(following.event(arrival(8))) == [])
        #expect(ids(following.event(arrival(9))) == ["m9"])
    }

    @Test(
        "before anything was received it goes on behind the message where the feed ended, so that a restored database shows"
    )
    func reconnectsBeforeTheFirst() {
        let end = authSuccess(2, cursor: 7, messageID: "m7")
        var following = Following()
        following.handle(.start)
        following.handle(.opened(link: following.link))
        following.event(end)
        following.loseAndWait()
        let position = FeedPosition(epoch: "e", cursor: 7, messageID: "m7")
        #expect(resumes(following.handle(.opened(link: following.link))) == [position])

        var since = Following(since: 7)
        since.handle(.start)
        since.handle(.opened(link: since.link))
        #expect(resumes(since.event(end)) == [FeedPosition(epoch: "e", cursor: 7)])
        since.event(end)
        since.loseAndWait()
        #expect(resumes(since.handle(.opened(link: since.link))) == [position])
    }

    @Test("a hole ends the link, and the next one resumes")
    func hole() {
        var following = Following()
        _ = following.goOnline(cursor: 7)
        let effects = following.event(arrival(9))
        #expect(ids(effects) == [] && effects.contains(.close))
        following.pass(.seconds(60))
        #expect(resumes(following.goOnline(cursor: 9)) == [FeedPosition(epoch: "e", cursor: 7)])
    }

    @Test("what could not be handed on is not acknowledged, and ends it", arguments: [nil, 0])
    func notTaken(_ since: Int?) {
        var following = Following(since: since)
        _ = following.goOnline(cursor: 0)
        if since != nil { following.event(authSuccess(2, cursor: 0)) }
        #expect(ids(following.event(arrival(1))) == ["m1"])
        let link = following.link
        #expect(following.handle(.notTaken) == [.close])
        for _ in 1...3 { #expect(following.pass(.seconds(60)) == []) }
        for input: FeedFollower.Input in [
            .event(arrival(2), link: link), .ended(.lost, link: link), .woke(after: .seconds(60)), .notTaken,
        ] {
            let effects = following.handle(input)
            #expect(effects == [] || effects == [.close], "\(input)")
        }
    }

    @Test("what is left out again is passed over, told, and never acknowledged")
    func holeAgain() {
        var following = Following(since: 7)
        _ = following.goOnline(cursor: 9)
        following.event(authSuccess(2, cursor: 9))
        following.handle(.malformed("no time", link: following.link))
        #expect(following.event(arrival(9)).isEmpty)
        #expect(following.event(.resumeComplete(cursor: 9)).contains(.close))
        following.pass(.seconds(60))
        _ = following.goOnline(cursor: 9)
        following.handle(.malformed("no time", link: following.link))
        let effects = following.event(arrival(9))
        #expect(effects.first == .update(.leftOut(8...8)) && ids(effects) == ["m9"])
        #expect(following.event(.resumeComplete(cursor: 9)) == [])
        #expect(ids(following.event(arrival(10))) == ["m10"])
        #expect(!following.pass(.seconds(1)).contains { if case .transmit = $0 { true } else { false } })
    }

    @Test("so is the end of the feed")
    func endAgain() {
        var following = Following(since: 7)
        _ = following.goOnline(cursor: 9)
        following.event(authSuccess(2, cursor: 9))
        #expect(following.event(.resumeComplete(cursor: 9)).contains(.close))
        following.pass(.seconds(60))
        _ = following.goOnline(cursor: 9)
        #expect(following.event(.resumeComplete(cursor: 9)).first == .update(.leftOut(8...9)))
        following.pass(.seconds(60))
        #expect(resumes(following.goOnline(cursor: 10)) == [FeedPosition(epoch: "e", cursor: 9)])
        #expect(ids(following.event(arrival(10))) == ["m10"])
    }

    @Test("a later message that comes first, on every connection, costs none of those that it overtook")
    func overtaken() {
        var following = Following(since: 7)
        _ = following.goOnline(cursor: 9)
        for _ in 1...5 {
            following.event(authSuccess(2, cursor: 9))
            #expect(ids(following.event(arrival(12)) + following.event(arrival(10))) == [])
            following.loseAndWait()
            following.handle(.opened(link: following.link))
        }
        following.event(authSuccess(2, cursor: 12))
        #expect((8...12).flatMap { ids(following.event(arrival($0))) } == ["m8", "m9", "m10", "m11", "m12"])
        #expect(following.event(.resumeComplete(cursor: 12)) == [])
    }

    @Test("a resumed feed whose end was lost, or came before the authorisation, is resumed again")
    func lostEnd() {
        var following = Following(since: 7)
        _ = following.goOnline(cursor: 9)
        following.event(.resumeComplete(cursor: 9))
        following.event(authSuccess(2, cursor: 9))
        #expect(ids(following.event(arrival(8))) == ["m8"])
        #expect(!following.pass(.seconds(29)).contains(.close))
        #expect(ids(following.event(arrival(10))) == [])
        #expect(following.pass(.seconds(1)).contains(.close))
        following.pass(.seconds(60))
        _ = following.goOnline(cursor: 10)
        #expect((9...10).flatMap { ids(following.event(arrival($0))) } == ["m9", "m10"])
        following.event(.resumeComplete(cursor: 10))
        #expect(!following.pass(.seconds(60)).contains(.close))
    }

    @Test("whatever overtakes what: all that the server has is handed on once and in order", arguments: 0..<200)
    func anyOrder(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let server = DisorderlyFeed(upTo: 40, using: &random)
        var following = Following(since: 0)
        var effects = following.goOnline()
        for _ in 0..<200 where !ids(effects).contains("m40") {
            for event in server.connection(after: server.position(in: effects), using: &random) {
                effects += following.event(event)
            }
            following.loseAndWait()
            effects += following.handle(.opened(link: following.link))
        }
        #expect(ids(effects) == server.present.map { "m\($0)" })
        let leftOut = effects.flatMap { effect -> [Int] in
            if case .update(.leftOut(let places)) = effect { Array(places) } else { [] }
        }
        #expect(leftOut == server.absent)
    }

    @Test("what a link says that was given up is ignored")
    func oldLink() {
        var following = Following()
        _ = following.goOnline(cursor: 7)
        let old = following.link
        following.loseAndWait()
        #expect(following.handle(.event(arrival(8), link: old)) == [])
    }

    @Test("another epoch, or a cursor ahead of the feed: it says so and goes on from the end")
    func resync() {
        var following = Following(since: 100)
        _ = following.goOnline(cursor: 7)
        following.event(authSuccess(2, cursor: 7))
        #expect(following.event(.resyncRequired) == [.update(.beganAnew)])
        #expect(ids(following.event(arrival(8))) == ["m8"])
    }

    @Test("only the conversation that was asked for is handed on")
    func onePeer() {
        var following = Following(peer: carl)
        _ = following.goOnline()
        #expect(ids(following.event(arrival(1))) == [])
        #expect(ids(following.event(arrival(2, from: carl))) == ["m2"])
        #expect(ids(following.event(arrival(3, from: anna, to: carl))) == ["m3"])
    }

    @Test("messages of strangers are not handed on")
    func strangers() {
        var following = Following()
        _ = following.goOnline()
        #expect(ids(following.event(arrival(1, from: bob, to: carl))) == [])
    }

    @Test("a server of protocol 1 gives what arrives; that nothing can be resumed is said once")
    func protocol1() {
        var following = Following(since: 3)
        #expect(following.goOnline(nil).contains(.update(.cannotResume)))
        #expect(ids(following.event(arrival(nil, id: "a"))) == ["a"])
        following.loseAndWait()
        #expect(!following.goOnline(nil).contains(.update(.cannotResume)))
    }

    @Test("a token that is refused stops it; anything else is tried again for ever")
    func stops() {
        var following = Following()
        following.handle(.start)
        for _ in 0..<50 {
            following.handle(.ended(.unreachable(""), link: following.link))
            #expect(following.pass(.seconds(60)).contains(.open(link: following.link)))
        }
        let end = LinkEnd.refused(status: 401)
        #expect(following.handle(.ended(end, link: following.link)) == [.update(.connection(.stopped(after: end)))])
        #expect(following.machine.nextDeadline == nil)
    }

    @Test("ten seconds for a connection")
    func timeout() {
        var following = Following()
        following.handle(.start)
        #expect(following.pass(.seconds(9)) == [])
        #expect(following.pass(.seconds(1)).first == .close)
    }

    // MARK: - Acknowledgements

    @Test("what was handed on from a cursor on is acknowledged, soon and together")
    func acknowledges() {
        var following = Following(since: 0)
        _ = following.goOnline(cursor: 3)
        following.event(authSuccess(2, cursor: 3))
        for cursor in 1...3 { following.event(arrival(cursor)) }
        #expect(following.pass(.seconds(1)) == [.transmit(.ack(cursor: 3))])
        #expect(following.pass(.seconds(1)) == [])
    }

    @Test("an acknowledgement would cover what was not handed on: then there is none", arguments: [nil, bob])
    func doesNotAcknowledge(peer: UserID?) {
        var following = Following(peer: peer, since: peer == nil ? nil : 0)
        _ = following.goOnline(cursor: 0)
        following.event(authSuccess(2, cursor: 0))
        #expect(ids(following.event(arrival(1))) == ["m1"])
        #expect(following.pass(.seconds(1)) == [])
    }
}
