import ChatWire
import Testing

@testable import ChatClient

@Suite("The client's session: connecting")
struct SessionConnectingTests {
    @Test func theWayToOnline() {
        var harness = Harness()
        #expect(
            harness.handle(.start) == [
                .log(.connecting), .update(.connection(.connecting(attempt: 1))), .open(link: 1),
            ])
        #expect(harness.handle(.start) == [])
        #expect(harness.handle(.opened(link: 1)) == [.log(.connected), .authorize(user: anna, resume: nil)])
        #expect(
            harness.event(.authSuccess(.init())) == [
                .log(.authorized), .update(.connection(.online(limits: MessageLimits()))),
                .fetchHistory(peer: bob, before: nil, limit: nil, link: 1),
            ])
    }

    @Test("the server's limits apply to the client")
    func limits() {
        var harness = Harness()
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        let limits = MessageLimits(characters: 20, bytes: 100)
        let effects = harness.event(.authSuccess(.init(protocolVersion: 2, limits: limits)))
        #expect(effects.contains(.update(.connection(.online(limits: limits)))))
    }

    @Test("connecting, upgrading and authorising may take ten seconds together", arguments: 0..<2)
    func deadline(_ stage: Int) {
        var harness = Harness()
        harness.handle(.start)
        harness.pass(.seconds(4))
        if stage == 1 { harness.handle(.opened(link: 1)) }
        #expect(harness.pass(.milliseconds(5900)) == [])
        let effects = harness.pass(.milliseconds(200))
        #expect(effects.first == .close)
        #expect(effects.contains(.log(.disconnected(.timedOut))))
    }

    @Test("attempts are counted from the last time the connection stood")
    func attempts() {
        var harness = online(2)
        for attempt in 1...3 {
            guard case .connection(.waiting(attempt: attempt, _, _))? = updates(harness.lose()).first else {
                Issue.record("not waiting for attempt \(attempt)")
                return
            }
            let effects = harness.pass(.seconds(5))
            #expect(updates(effects).first == .connection(.connecting(attempt: attempt)))
        }
    }

    @Test("it reconnects without an end")
    func forEver() {
        var harness = online(2)
        harness.pass(.seconds(60))
        var attempts = 0
        harness.lose()
        for _ in 0..<500 {
            let opened = harness.pass(.seconds(31)).contains { if case .open = $0 { true } else { false } }
            if opened { attempts += 1 }
            harness.lose(.unreachable(.refused))
        }
        #expect(attempts == 500)
    }

    @Test(
        "after some ends the user has to act, and a request tries again",
        arguments: [
            LinkEnd.refused(status: 401), .refused(status: 403), .closed(code: 4500), .closed(code: 4503),
            .closed(code: 4504), .token(.expired), .unusable(.homeless),
        ])
    func stopped(_ end: LinkEnd) {
        var harness = online(2)
        #expect(updates(harness.lose(end)) == [.connection(.stopped(after: end))])
        let isOfToken = ![.closed(code: 4504), .unusable(.homeless)].contains(end)
        #expect((harness.session.nextDeadline != nil) == isOfToken, "a token may be replaced")
        #expect(harness.handle(.reconnectNow).contains(.open(link: harness.link)))
    }

    @Test(
        "after the others it tries again",
        arguments: [
            LinkEnd.refused(status: 502), .closed(code: nil), .closed(code: 1012), .closed(code: 4001),
            .closed(code: 4004),
            .noPong, .timedOut, .certificate(.notTrusted),
        ])
    func retried(_ end: LinkEnd) {
        var harness = online(2)
        guard case .connection(.waiting(_, let retryAt, _))? = updates(harness.lose(end)).first else {
            Issue.record("not waiting")
            return
        }
        let delay = retryAt - harness.now.instant
        if case .certificate = end { #expect(delay >= .seconds(30)) } else { #expect(delay <= .seconds(1)) }
        #expect(harness.pass(.seconds(31)).contains(.open(link: harness.link)))
    }

    @Test("reports of an old link are ignored")
    func oldLink() {
        var harness = online(2)
        let old = harness.link
        harness.lose()
        harness.handle(.reconnectNow)
        #expect(
            harness.handle(.event(.newMessage(.init(message: message("1", "x", from: bob, to: anna))), link: old)) == []
        )
        #expect(harness.handle(.ended(.lost, link: old)) == [])
        #expect(harness.handle(.opened(link: old)) == [])
    }

    @Test("a refused authorisation stops it, a failed one does not")
    func authError() {
        for (code, stops) in [(ErrorCode.notAuthorized, true), (.forbidden, true), (.storageFailed, false)] {
            var harness = Harness()
            harness.handle(.start)
            harness.handle(.opened(link: 1))
            var effects = harness.event(.error(.init(message: "m", code: code)))
            if stops {
                #expect(!effects.contains(.close), "the server closes it, and says why")
                effects = harness.pass(.seconds(2))
            }
            #expect(effects.contains(.close))
            #expect((harness.session.phase == .stopped) == stops)
        }
    }

    /// A ban and another user's token cause the same error, but different close codes.
    @Test(
        arguments: [
            (.closed(code: 4504), .closed(code: 4504)), (.token(.expired), .token(.expired)),
            (.lost, .closed(code: 4503)),
            (.closed(code: nil), .closed(code: 4503)),
        ] as [(LinkEnd, LinkEnd)])
    func whatClosesARefusedConnectionSaysWhy(end: LinkEnd, told: LinkEnd) {
        var harness = Harness()
        harness.handle(.start)
        harness.handle(.opened(link: 1))
        harness.event(.error(.init(message: "m", code: .forbidden)))
        #expect(updates(harness.handle(.ended(end, link: 1))) == [.connection(.stopped(after: told))])
    }

    @Test("only this conversation's messages are shown")
    func otherConversations() {
        var harness = online(2)
        for (from, to) in [(carl, anna), (anna, carl), (bob, carl)] {
            let effects = harness.event(.newMessage(.init(message: message("1", "x", from: from, to: to))))
            #expect(updates(effects).isEmpty)
        }
        let effects = harness.history([message("1", "x", from: carl, to: anna), message("2", "y", from: bob, to: anna)])
        guard case .history(let messages, _)? = updates(effects).first else { return #expect(Bool(false)) }
        #expect(messages.map(\.id) == ["2"])
    }
}

@Suite("The client's session: after the machine's sleep")
struct SessionWakingTests {
    private static func opens(_ effects: [Session.Effect]) -> Int {
        effects.count { if case .open = $0 { true } else { false } }
    }

    @Test("waiting, it connects at once, and waits are short again")
    func waiting() {
        var harness = online(2)
        for _ in 0..<10 {
            harness.lose(.unreachable(.noRoute))
            harness.pass(.seconds(31))
        }
        harness.lose(.unreachable(.noRoute))
        #expect(Self.opens(harness.handle(.woke(after: .seconds(3600)))) == 1)
        guard case .connection(.waiting(_, let retryAt, _))? = updates(harness.lose()).first else {
            return #expect(Bool(false))
        }
        #expect(retryAt - harness.now.instant <= .milliseconds(500))
    }

    @Test("an attempt from before is started again", arguments: [false, true])
    func connecting(_ isOpened: Bool) {
        var harness = Harness()
        harness.handle(.start)
        if isOpened { harness.handle(.opened(link: 1)) }
        let effects = harness.handle(.woke(after: .seconds(60)))
        #expect(effects.contains(.close) && effects.contains(.open(link: 2)))
    }

    @Test("online, a ping is sent, and the link is kept if it is answered")
    func outlived() {
        var harness = online(2)
        harness.pass(.seconds(10))
        #expect(
            harness.handle(.woke(after: .seconds(60))) == [
                .log(.woke(after: .seconds(60))), .ping(patience: .seconds(3)),
            ])
        #expect(harness.pass(.seconds(60)) == [])
        #expect(harness.session.phase == .online(protocolVersion: 2))
        // Later the loss of the link is like any other, with a wait.
        #expect(Self.opens(harness.lose()) == 0)
    }

    @Test(
        "online, a link that ended in sleep is replaced at once",
        arguments: [LinkEnd.noPong, .lost, .closed(code: 4001)])
    func died(_ end: LinkEnd) {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.woke(after: .seconds(60)))
        let effects = harness.lose(end)
        #expect(updates(effects) == [.connection(.connecting(attempt: 1))])
        #expect(Self.opens(effects) == 1)
        harness.handle(.opened(link: harness.link))
        #expect(transmitted(harness.event(.authSuccess(.init(protocolVersion: 2, epoch: "e", cursor: 0)))) == [])
        #expect(transmitted(harness.event(.resumeComplete(cursor: 0))) == ["a:1"])
    }

    @Test("if the user has to act, that does not change") func refused() {
        var harness = online(2)
        harness.handle(.woke(after: .seconds(60)))
        #expect(updates(harness.lose(.closed(code: 4500))) == [.connection(.stopped(after: .closed(code: 4500)))])
        #expect(harness.handle(.woke(after: .seconds(60))) == [.log(.woke(after: .seconds(60)))])
    }

    @Test("the wait for a message in flight starts again") func inFlight() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.pass(.seconds(11))
        harness.now = harness.now.advanced(by: .seconds(3600))
        harness.handle(.woke(after: .seconds(3600)))
        #expect(harness.pass(.seconds(9)) == [])
        #expect(harness.pass(.seconds(2)) == [.ping(patience: .seconds(10))])
    }
}

@Suite("The client's session: messages")
struct SessionMessageTests {
    @Test("one message is in flight; the next is sent when it is confirmed", arguments: [nil, 2])
    func oneInFlight(_ version: Int?) {
        var harness = online(version)
        #expect(transmitted(harness.handle(.send(id: "a", text: "1"))) == ["a:1"])
        #expect(transmitted(harness.handle(.send(id: "b", text: "2"))) == [])
        let effects = harness.event(sent("m1", client: version == 2 ? "a" : nil))
        #expect(transmitted(effects) == ["b:2"])
        guard case .outgoing(id: "a", .stored(let stored))? = updates(effects).first else {
            return #expect(Bool(false))
        }
        #expect(stored.id == "m1" && stored.text == "1")
        #expect(harness.session.waitingMessages == 1)
    }

    @Test("offline messages wait, and are sent in order after the reconnect")
    func waiting() {
        var harness = online(2)
        harness.lose()
        for (id, text) in [("a", "1"), ("b", "2"), ("c", "3")] as [(ClientMessageID, String)] {
            #expect(harness.handle(.send(id: id, text: text)) == [.update(.outgoing(id: id, .unsent(.waiting)))])
        }
        var order = transmitted(harness.goOnline(2))
        for id: ClientMessageID in ["a", "b", "c"] { order += transmitted(harness.event(sent("m\(id)", client: id))) }
        #expect(order == ["a:1", "b:2", "c:3"])
    }

    @Test("protocol 2: a lost confirmation is asked for again, before what was written later")
    func lostConfirmation2() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.send(id: "b", text: "2"))
        harness.lose()
        #expect(transmitted(harness.goOnline(2)) == ["a:1"])
        #expect(
            transmitted(harness.event(.messageSent(.init(messageID: "m1", clientMessageID: "a", duplicate: true)))) == [
                "b:2"
            ])
    }

    @Test("protocol 1: after a lost confirmation the history is read, and nothing is sent before")
    func lostConfirmation1() {
        let older = message("m0", "да")
        var harness = online(nil, history: [older])
        harness.handle(.send(id: "a", text: "да"))
        harness.handle(.send(id: "b", text: "2"))
        harness.lose()
        #expect(transmitted(harness.goOnline(nil)) == [])
        let effects = harness.history([older, message("m1", "да")])
        #expect(updates(effects).contains(.outgoing(id: "a", .stored(message("m1", "да")))))
        #expect(transmitted(effects) == ["b:2"])
    }

    @Test("protocol 1: a message that is not in the history waits for the user, and the next is sent")
    func unconfirmed() {
        let older = message("m0", "да")
        var harness = online(nil, history: [older])
        harness.handle(.send(id: "a", text: "да"))
        harness.handle(.send(id: "b", text: "2"))
        harness.lose()
        harness.goOnline(nil)
        let effects = harness.history([older])
        #expect(updates(effects).contains(.outgoing(id: "a", .unsent(.unconfirmed))))
        #expect(transmitted(effects) == ["b:2"])
        harness.event(sent("m2"))
        #expect(transmitted(harness.handle(.resend(id: "a"))) == ["a:да"])
        #expect(updates(harness.event(sent("m3"))).contains(.outgoing(id: "a", .stored(message("m3", "да")))))
    }

    @Test("protocol 1: a history of 1,000 rows, none, or one that fails proves nothing", arguments: 0..<3)
    func uselessHistory(_ kind: Int) {
        var harness = online(nil, history: [])
        harness.handle(.send(id: "a", text: "1"))
        harness.lose()
        harness.goOnline(nil)
        var effects: [Session.Effect] = []
        switch kind {
        case 0: effects = harness.history((0..<1000).map { message("h\($0)", $0 == 5 ? "1" : "x") })
        case 1: effects = harness.handle(.history(.failure(.notProvided), peer: bob, before: nil, link: harness.link))
        default:
            for _ in 0..<3 {
                effects = harness.handle(
                    .history(.failure(.refused(status: 502)), peer: bob, before: nil, link: harness.link))
                harness.pass(.seconds(5))
            }
        }
        #expect(updates(effects).contains(.outgoing(id: "a", .unsent(.unconfirmed))))
    }

    @Test("protocol 1: a late history does not settle messages sent on this connection meanwhile")
    func lateHistory() {
        var harness = online(nil, history: nil)
        harness.handle(.send(id: "a", text: "x"))
        for _ in 0..<3 {
            harness.handle(.history(.failure(.malformed), peer: bob, before: nil, link: harness.link))
            harness.pass(.seconds(4))
        }
        #expect(harness.session.outbox.inFlight?.id == "a")
        harness.history([])
        #expect(harness.session.outbox.inFlight?.id == "a")
        #expect(
            updates(harness.event(sent("m"))).contains { if case .outgoing("a", .stored) = $0 { true } else { false } })
    }

    @Test("protocol 1: without an earlier history, an old message with the same text is not taken for the lost one")
    func equalTextOfOld() {
        var harness = Harness()
        harness.goOnline(nil)
        harness.handle(.history(.failure(.notProvided), peer: bob, before: nil, link: harness.link))
        #expect(transmitted(harness.handle(.send(id: "a", text: "да"))) == ["a:да"])
        harness.lose()
        harness.goOnline(nil)
        #expect(updates(harness.history([message("m0", "да")])).contains(.outgoing(id: "a", .unsent(.unconfirmed))))
    }

    @Test("protocol 1: nothing is sent before the history is there")
    func historyFirst() {
        var harness = online(nil, history: nil)
        #expect(transmitted(harness.handle(.send(id: "a", text: "1"))) == [])
        #expect(transmitted(harness.history([])) == ["a:1"])
    }

    @Test("protocol 2 does not wait for it") func historyLater() {
        var harness = online(2, history: nil)
        #expect(transmitted(harness.handle(.send(id: "a", text: "1"))) == ["a:1"])
    }

    @Test("without an answer a ping is sent, then the link is given up")
    func noAnswer() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        #expect(harness.pass(.milliseconds(9900)) == [])
        #expect(harness.pass(.milliseconds(200)) == [.ping(patience: .seconds(10))])
        let effects = harness.pass(.seconds(10))
        #expect(effects.contains(.close))
        #expect(transmitted(harness.goOnline(2)) == ["a:1"])
    }

    @Test("the longest wait decides, however much is sent to others meanwhile")
    func noAnswerAmongOthers() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.open(peer: carl))
        harness.history([])
        var pings = 0
        for number in 1...3 {
            harness.handle(.send(id: "b\(number)", text: "2"))
            let effects = harness.pass(.seconds(4))
            pings += effects.count { $0 == .ping(patience: .seconds(10)) }
            harness.event(sent("m\(number)", client: "b\(number)"))
        }
        #expect(pings == 1)
        #expect(harness.session.link.answers.longest == "a")
        harness.event(sent("m", client: "a"))
        #expect(harness.session.link.answers.nextDeadline == nil)
        harness.handle(.send(id: "c", text: "3"))
        #expect(harness.pass(.milliseconds(9900)) == [])
        #expect(harness.pass(.milliseconds(200)) == [.ping(patience: .seconds(10))])
    }

    @Test("an answer ends the waiting") func answered() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.pass(.seconds(11))
        harness.event(sent("m", client: "a"))
        #expect(harness.pass(.seconds(60)) == [])
        #expect(harness.session.link.answers.nextDeadline == nil)
    }

    @Test("a refusal of protocol 1 is shown to the user, and the next message is sent")
    func refused1() {
        var harness = online(nil)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.send(id: "b", text: "2"))
        let effects = harness.event(.error(.init(message: ServerText.storageFailed, code: nil)))
        #expect(updates(effects) == [.outgoing(id: "a", .unsent(.refused(nil, message: ServerText.storageFailed)))])
        #expect(transmitted(effects) == ["b:2"])
    }

    @Test("protocol 2: after temporary refusals the message is sent again and not overtaken; at last the user is told")
    func refused2() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.send(id: "b", text: "2"))
        let limited = ServerEvent.Failure(message: "m", code: .rateLimited, clientMessageID: "a", retryAfterMs: 700)
        #expect(
            updates(harness.event(.error(limited))) == [.postponed(id: "a", .rateLimited, by: .milliseconds(700))])
        #expect(transmitted(harness.pass(.milliseconds(690))) == [])
        #expect(transmitted(harness.pass(.milliseconds(20))) == ["a:1"])
        let full = ServerEvent.Failure(message: "m", code: .storageFailed, clientMessageID: "a")
        var order: [String] = []
        for _ in 0..<3 {
            order += transmitted(harness.event(.error(full)))
            order += transmitted(harness.pass(.seconds(5)))
        }
        #expect(order == ["a:1", "a:1", "a:1"])
        let effects = harness.event(.error(full))
        #expect(updates(effects) == [.outgoing(id: "a", .unsent(.refused(.storageFailed, message: "m")))])
        #expect(transmitted(effects) == ["b:2"])
    }

    @Test("protocol 2: an error that names no message says nothing about the one in flight")
    func unrelatedError() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        #expect(updates(harness.event(.error(.init(message: "m", code: .invalidEvent)))).isEmpty)
        #expect(harness.session.outbox["a"]?.state == .inFlight)
    }

    @Test("protocol 2: a final refusal is shown at once")
    func refusedForGood() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        let long = ServerEvent.Failure(message: "m", code: .messageTooLong, clientMessageID: "a")
        #expect(
            updates(harness.event(.error(long))) == [
                .outgoing(id: "a", .unsent(.refused(.messageTooLong, message: "m")))
            ])
        #expect(harness.handle(.discard(id: "a")) == [])
        #expect(harness.session.waitingMessages == 0)
        #expect(harness.handle(.resend(id: "a")) == [])
    }

    @Test("a confirmation for something else confirms nothing of ours")
    func strayConfirmation() {
        var harness = online(nil, history: [message("m0", "x")])
        harness.handle(.send(id: "a", text: "1"))
        #expect(updates(harness.event(sent("m0"))).isEmpty)
        var new = online(2)
        new.handle(.send(id: "a", text: "1"))
        #expect(updates(new.event(sent("m9", client: "other"))).isEmpty)
    }

    @Test("an own message that arrives in the feed is its confirmation")
    func ownMessageFromTheFeed() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        harness.lose()
        harness.goOnline(2)
        let event = ServerEvent.NewMessage(message: message("m1", "1"), clientMessageID: "a")
        #expect(updates(harness.event(.newMessage(event))) == [.outgoing(id: "a", .stored(message("m1", "1")))])
        #expect(harness.session.waitingMessages == 0)
    }

    @Test("the same id is not sent twice") func sameID() {
        var harness = online(2)
        harness.handle(.send(id: "a", text: "1"))
        #expect(harness.handle(.send(id: "a", text: "1")) == [])
    }

    /// Results of fetching a page, and the number of messages requested in the next one.
    @Test(
        "pages get smaller after failures, and larger after successes",
        arguments: [
            ("", 200), ("f", 50), ("ff", 12), ("fff", 10), ("ffff", 10), ("fs", 100), ("ffs", 24), ("fss", 200),
            ("s", 200), ("fsf", 25), ("n", 200),
        ])
    func pageSizes(results: String, limit: Int) {
        var harness = online(2)
        for result in results {
            let answer: Result<HistoryPage, HistoryFailure> =
                switch result {
                case "s": .success(HistoryPage(messages: [], hasMore: true))
                case "n": .failure(.notProvided)
                default: .failure(.unanswered(.timedOut))
                }
            harness.handle(.history(answer, peer: bob, before: "m8", link: harness.link))
        }
        let empty = Session.Report.olderPage(.success(StoredPage()), peer: bob, before: "m8")
        #expect(harness.handle(empty) == [.fetchHistory(peer: bob, before: "m8", limit: limit, link: harness.link)])
    }

    @Test("a failed history is requested again, with longer waits and smaller pages")
    func historyRetried() {
        var harness = online(2, history: nil)
        let failed = Session.Report.history(.failure(.refused(status: 502)), peer: bob, before: nil, link: harness.link)
        harness.handle(failed)
        #expect(harness.pass(.seconds(1)) == [.fetchHistory(peer: bob, before: nil, limit: 50, link: harness.link)])
        harness.handle(failed)
        #expect(harness.pass(.seconds(1)) == [])
        #expect(harness.pass(.seconds(1)) == [.fetchHistory(peer: bob, before: nil, limit: 12, link: harness.link)])
    }

    @Test("the newest page in parts is shown when it is whole, and only a failed part is requested again")
    func historyInParts() {
        var harness = online(2, history: nil)
        func answer(_ numbers: ClosedRange<Int>, before: MessageID?) -> Session.Report {
            let entries = numbers.map { HistoryPage.Entry(message: message("m\($0)", "text"), cursor: $0) }
            return .history(
                .success(HistoryPage(messages: entries, hasMore: numbers.lowerBound > 1)), peer: bob, before: before,
                link: harness.link)
        }
        let failed = Session.Report.history(.failure(.refused(status: 502)), peer: bob, before: nil, link: harness.link)
        harness.handle(failed)
        #expect(harness.pass(.seconds(1)) == [.fetchHistory(peer: bob, before: nil, limit: 50, link: harness.link)])
        #expect(
            harness.handle(answer(251...300, before: nil))
                == [.fetchHistory(peer: bob, before: "m251", limit: 100, link: harness.link)])
        harness.handle(.history(.failure(.refused(status: 502)), peer: bob, before: "m251", link: harness.link))
        #expect(harness.pass(.seconds(2)) == [.fetchHistory(peer: bob, before: "m251", limit: 25, link: harness.link)])
        #expect(
            harness.handle(answer(151...250, before: "m251"))
                == [.fetchHistory(peer: bob, before: "m151", limit: 50, link: harness.link)])
        let effects = harness.handle(answer(101...150, before: "m151"))
        #expect(effects.contains { "\($0)".contains("m101") && "\($0)".contains("m300") })
        #expect(!effects.contains { if case .fetchHistory = $0 { true } else { false } })
    }
}
