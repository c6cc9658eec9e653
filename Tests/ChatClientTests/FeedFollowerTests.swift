import ChatWire
import Testing

@testable import ChatClient

private func arrival(_ cursor: Int?, from: UserID = bob, to: UserID = anna, id: MessageID? = nil) -> ServerEvent {
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

    /// Connects to a server of this version, whose feed ends at this cursor.
    mutating func goOnline(_ version: Int? = 2, epoch: Epoch = "e", cursor: Int = 0) -> [FeedFollower.Effect] {
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

private func ids(_ effects: [FeedFollower.Effect]) -> [MessageID] {
    effects.compactMap { if case .update(.message(let stored)) = $0 { stored.message.id } else { nil } }
}

private func skipped(_ effects: [FeedFollower.Effect]) -> [Int] {
    effects.flatMap { effect -> [Int] in
        if case .update(.skipped(let places)) = effect { Array(places) } else { [] }
    }
}

private func resumes(_ effects: [FeedFollower.Effect]) -> [FeedPosition?] {
    effects.compactMap { if case .authorize(_, let resume) = $0 { .some(resume) } else { nil } }
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
        // The message was sent before the second `auth` arrived. It comes again in its turn.
        #expect(ids(following.event(arrival(8))) == [])
        following.event(authSuccess(2, cursor: 8))
        #expect((4...8).flatMap { ids(following.event(arrival($0))) } == ["m4", "m5", "m6", "m7", "m8"])
    }

    @Test("after an interruption it continues after the last message, and a repeated one is not handed on")
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
        "before any message it continues after the one at the feed's end, so that a restored database is detected"
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

    @Test("a gap ends the link, and the next one resumes")
    func hole() {
        var following = Following()
        _ = following.goOnline(cursor: 7)
        let effects = following.event(arrival(9))
        #expect(ids(effects) == [] && effects.contains(.close))
        following.pass(.seconds(60))
        #expect(resumes(following.goOnline(cursor: 9)) == [FeedPosition(epoch: "e", cursor: 7)])
    }

    @Test("a message that could not be handed on is not acknowledged, and ends the follower", arguments: [nil, 0])
    func deliveryFailed(_ since: Int?) {
        var following = Following(since: since)
        _ = following.goOnline(cursor: 0)
        if since != nil { following.event(authSuccess(2, cursor: 0)) }
        #expect(ids(following.event(arrival(1))) == ["m1"])
        let link = following.link
        #expect(following.handle(.deliveryFailed) == [.close])
        for _ in 1...3 { #expect(following.pass(.seconds(60)) == []) }
        for input: FeedFollower.Input in [
            .event(arrival(2), link: link), .ended(.lost, link: link), .woke(after: .seconds(60)), .deliveryFailed,
        ] {
            let effects = following.handle(input)
            #expect(effects == [] || effects == [.close], "\(input)")
        }
    }

    @Test("messages that are missing twice are skipped, reported, and never acknowledged")
    func holeAgain() {
        var following = Following(since: 7)
        _ = following.goOnline(cursor: 9)
        following.event(authSuccess(2, cursor: 9))
        following.handle(.malformed("no time", link: following.link))
        for expected in [[], [8]] {
            #expect(following.event(arrival(9)) + following.event(.resumeComplete(cursor: 9)) == [])
            let effects = following.pass(.seconds(2))
            #expect(effects.contains(.close) && skipped(effects) == expected)
            following.pass(.seconds(60))
            _ = following.goOnline(cursor: 9)
            following.handle(.malformed("no time", link: following.link))
        }
        #expect(ids(following.event(arrival(9))) == ["m9"])
        #expect(following.event(.resumeComplete(cursor: 9)) == [])
        #expect(ids(following.event(arrival(10))) == ["m10"])
        #expect(!following.pass(.seconds(1)).contains { if case .transmit = $0 { true } else { false } })
    }

    @Test("the same holds at the end of the feed")
    func endAgain() {
        var following = Following(since: 7)
        _ = following.goOnline(cursor: 9)
        following.event(authSuccess(2, cursor: 9))
        for expected in [[], [8, 9]] {
            #expect(following.event(.resumeComplete(cursor: 9)) == [])
            let effects = following.pass(.seconds(2))
            #expect(effects.contains(.close) && skipped(effects) == expected)
            guard expected == [] else { break }
            following.pass(.seconds(60))
            _ = following.goOnline(cursor: 9)
        }
        following.pass(.seconds(60))
        #expect(resumes(following.goOnline(cursor: 10)) == [FeedPosition(epoch: "e", cursor: 9)])
        #expect(ids(following.event(arrival(10))) == ["m10"])
    }

    @Test("messages that a later one overtakes on every connection are not lost")
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

    @Test(
        "messages shortly after the feed's end are not missing, nor those that another one overtook", arguments: [1, 2])
    func lateTwice(_ attempts: Int) {
        var following = Following(since: 2)
        _ = following.goOnline(cursor: 8)
        // The message is left out once. If it is only late the next time, it is not skipped.
        following.event(authSuccess(2, cursor: 8))
        for cursor in 6...8 { following.event(arrival(cursor)) }
        following.event(.resumeComplete(cursor: 8))
        #expect(following.pass(.seconds(2)).contains(.close))
        var effects: [FeedFollower.Effect] = []
        for _ in 1...attempts {
            following.pass(.seconds(60))
            effects += following.goOnline(cursor: 8)
            for cursor in [4, 3, 5, 6, 7, 8] { effects += following.event(arrival(cursor)) }
            effects += following.event(.resumeComplete(cursor: 8)) + following.pass(.seconds(2))
        }
        #expect(ids(effects) == (attempts == 1 ? ["m3"] : (3...8).map { "m\($0)" }))
        #expect(skipped(effects) == [])
    }

    @Test("if a server always sends the end before the messages, they are waited for")
    func endFirst() {
        var following = Following(since: 0)
        _ = following.goOnline(cursor: 20)
        following.event(authSuccess(2, cursor: 20))
        var effects = following.event(.resumeComplete(cursor: 20))
        for cursor in 1...20 {
            effects += following.pass(.seconds(1)) + following.event(arrival(cursor))
        }
        #expect(ids(effects) == (1...20).map { "m\($0)" })
        #expect(!(effects + following.pass(.seconds(60))).contains(.close))
        #expect(ids(following.event(arrival(21))) == ["m21"])
    }

    @Test("an end far beyond the feed is limited to what the server is known to have")
    func endFarBeyond() {
        var following = Following(since: 2)
        _ = following.goOnline(cursor: 3)
        following.event(authSuccess(2, cursor: 3))
        var effects: [FeedFollower.Effect] = []
        for _ in 1...2 {
            effects += following.event(.resumeComplete(cursor: .max)) + following.pass(.seconds(2))
            following.pass(.seconds(60))
            effects += following.goOnline(cursor: 3)
        }
        #expect(skipped(effects) == [3] && resumes(effects).last == FeedPosition(epoch: "e", cursor: 3))
        #expect(following.event(.resumeComplete(cursor: .max)) == [])
        #expect(ids(following.event(arrival(4))) == ["m4"])
    }

    @Test("only messages that were missing both times are skipped")
    func leftOutOnceEach() {
        var following = Following(since: 2)
        _ = following.goOnline(cursor: 6)
        var effects: [FeedFollower.Effect] = following.event(authSuccess(2, cursor: 6))
        for places in [4...6, 6...6, 4...6] {
            for cursor in places { effects += following.event(arrival(cursor)) }
            effects += following.event(.resumeComplete(cursor: 6)) + following.pass(.seconds(2))
            following.pass(.seconds(60))
            effects += following.goOnline(cursor: 6)
        }
        #expect(skipped(effects) == [3] && ids(effects) == ["m4", "m5", "m6"])
    }

    @Test("in any order of arrival, all messages of the server are handed on once and in order", arguments: 0..<200)
    func anyOrder(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var server = DisorderlyFeed(upTo: 40, using: &random)
        var following = Following(since: 0)
        var effects = following.goOnline()
        for _ in 0..<200 where !ids(effects).contains("m40") {
            let link = following.link
            for event in server.connection(after: resumes(effects).last??.cursor ?? 0, using: &random) {
                effects += following.handle(.event(event, link: link)) + following.pass(.milliseconds(10))
            }
            effects += following.pass(.seconds(3))
            following.loseAndWait()
            effects += following.handle(.opened(link: following.link))
        }
        #expect(ids(effects) == server.present.map { "m\($0)" })
        #expect(skipped(effects) == server.absent)
    }

    @Test("reports of a link that was given up are ignored")
    func oldLink() {
        var following = Following()
        _ = following.goOnline(cursor: 7)
        let old = following.link
        following.loseAndWait()
        #expect(following.handle(.event(arrival(8), link: old)) == [])
    }

    @Test("with another epoch, or a cursor ahead of the feed, it reports that and continues from the end")
    func resync() {
        var following = Following(since: 100)
        _ = following.goOnline(cursor: 7)
        following.event(authSuccess(2, cursor: 7))
        #expect(following.event(.resyncRequired) == [.update(.restarted)])
        #expect(ids(following.event(arrival(8))) == ["m8"])
    }

    @Test("only messages of the chosen conversation are handed on")
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

    @Test("from a server of protocol 1 new messages are handed on; that it cannot resume is reported once")
    func protocol1() {
        var following = Following(since: 3)
        #expect(following.goOnline(nil).contains(.update(.cannotResume)))
        #expect(ids(following.event(arrival(nil, id: "a"))) == ["a"])
        following.loseAndWait()
        #expect(!following.goOnline(nil).contains(.update(.cannotResume)))
    }

    @Test("a refused token stops it; after anything else it tries again without an end")
    func stops() {
        var following = Following()
        following.handle(.start)
        for _ in 0..<50 {
            following.handle(.ended(.unreachable(.refused), link: following.link))
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

    // MARK: - After the machine's sleep

    @Test("a link that ended in sleep is replaced at once; one that survived and ends later is not")
    func diedInSleep() {
        for end in [LinkEnd.noPong, .lost, .closed(code: 4001)] {
            var following = Following()
            _ = following.goOnline()
            #expect(following.handle(.woke(after: .seconds(60))) == [.ping(patience: .seconds(3))])
            following.pass(.seconds(3))
            #expect(following.handle(.ended(end, link: following.link)).contains(.open(link: following.link)))
        }
        var following = Following()
        _ = following.goOnline()
        following.handle(.woke(after: .seconds(60)))
        following.pass(.seconds(4))
        let effects = following.handle(.ended(.lost, link: following.link))
        #expect(!effects.contains { if case .open = $0 { true } else { false } })
    }

    @Test("after sleep waits are short again, in every phase")
    func shortWaits() {
        var following = Following()
        _ = following.goOnline()
        for _ in 0..<10 { following.loseAndWait() }
        _ = following.goOnline()
        following.handle(.woke(after: .seconds(60)))
        following.pass(.seconds(4))
        let effects = following.handle(.ended(.lost, link: following.link))
        guard case .update(.connection(.waiting(_, let retryAt, _)))? = effects.last else {
            return #expect(Bool(false), "\(effects)")
        }
        #expect(retryAt - following.now.instant <= .milliseconds(500))
    }

    // MARK: - Acknowledgements

    @Test("messages handed on from a cursor on are acknowledged soon and together")
    func acknowledges() {
        var following = Following(since: 0)
        _ = following.goOnline(cursor: 3)
        following.event(authSuccess(2, cursor: 3))
        for cursor in 1...3 { following.event(arrival(cursor)) }
        #expect(following.pass(.seconds(1)) == [.transmit(.ack(cursor: 3))])
        #expect(following.pass(.seconds(1)) == [])
    }

    @Test(
        "nothing is acknowledged if the acknowledgement would cover messages that were not handed on",
        arguments: [nil, bob])
    func doesNotAcknowledge(peer: UserID?) {
        var following = Following(peer: peer, since: peer == nil ? nil : 0)
        _ = following.goOnline(cursor: 0)
        following.event(authSuccess(2, cursor: 0))
        #expect(ids(following.event(arrival(1))) == ["m1"])
        #expect(following.pass(.seconds(1)) == [])
    }
}
