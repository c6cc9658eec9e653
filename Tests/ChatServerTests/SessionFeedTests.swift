import ChatWire
import Testing

@testable import ChatServer

/// What a connection is sent of its feed, abbreviated: `n5` and `s5` are `new_message` and `message_sent` with cursor
/// 5.
private func told(_ actions: [Session.Action]) -> [String] {
    actions.compactMap { action in
        switch action {
        case .send(.authSuccess(let event)): "auth\(event.cursor.map(String.init) ?? "")"
        case .send(.newMessage(let event)): "n\(event.cursor.map(String.init) ?? "")"
        case .send(.messageSent(let event)): "s\(event.cursor.map(String.init) ?? "")"
        case .send(.resumeComplete(let cursor)): "complete\(cursor)"
        case .send(.resyncRequired): "resync"
        case .send(let event): event.kind
        case .readFeed(_, let cursor, _): "read\(cursor)"
        case .awaitSent: "await"
        case .append(let draft): "append \(draft.text.wire)"
        case .syncPeers: "meet"
        case .close(let code): "close\(code.rawValue)"
        default: nil
        }
    }
}

private func position(_ cursor: Int, _ id: MessageID? = nil, epoch: Epoch = "e") -> FeedPosition {
    FeedPosition(epoch: epoch, cursor: cursor, messageID: id)
}

private func page(after cursor: Int, to last: Int) -> Session.Input {
    .feedPage(after: cursor, last > cursor ? ((cursor + 1)...last).map(received) : [])
}

private func delivery(_ cursor: Int) -> Session.Input { .delivery(received(cursor)) }

@Suite("The feed of a connection")
struct SessionFeedTests {
    @Test("a confirmation has the id as it was spelled, even if the message was read from the feed again")
    func spelledID() {
        let spelled = clientID.uppercased()
        var session = open(2)
        let draft = appended(session.handle(message("x", id: spelled), now: now))[0]
        #expect(draft.clientMessageID == clientID)
        let own = stored("x", at: 6, id: clientID)
        #expect(told(session.handle(.appended(draft, .success(.stored(own))), now: now)) == ["read4"])
        let confirmation = ServerEvent.MessageSent(
            messageID: "m6", clientMessageID: spelled, cursor: 6, createdAt: now)
        #expect(
            said(session.handle(.feedPage(after: 4, [received(5), own]), now: now)).last == .messageSent(confirmation))
    }

    /// Inputs in order, and the result of each.
    struct Script: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [(Session.Input, [String])]

        init(_ name: String, _ steps: [(Session.Input, [String])]) {
            (testDescription, self.steps) = (name, steps)
        }
    }

    static let scripts = [
        Script(
            "UUIDs are the same in either case",
            [
                (auth(anna, 2, resume: position(4, MessageID(clientID.wire).uppercased())), []),
                (account(4, at: MessageID(clientID.wire)), ["auth4", "complete4", "meet"]),
            ]),
        Script(
            "nothing was missed",
            [
                (auth(anna, 2, resume: position(4, "m4")), []), (account(4, at: "m4"), ["auth4", "complete4", "meet"]),
                (delivery(5), ["n5"]),
            ]),
        Script(
            "what another program stored is read from the feed, in its place",
            [
                (auth(anna, 2, resume: position(4, "m4")), []), (account(4, at: "m4"), ["auth4", "complete4", "meet"]),
                (.feedGrew(to: 4), []), (.feedGrew(to: 6), ["read4"]), (delivery(7), []), (.feedGrew(to: 5), []),
                (page(after: 4, to: 6), ["n5", "n6", "n7"]), (.feedGrew(to: 7), []), (delivery(8), ["n8"]),
            ]),
        Script(
            "a hint that says more than the store has changes nothing",
            [
                (auth(anna, 2, resume: position(4, "m4")), []), (account(4, at: "m4"), ["auth4", "complete4", "meet"]),
                (.feedGrew(to: .max), ["read4"]), (page(after: 4, to: 4), []), (delivery(5), ["n5"]),
                (.feedGrew(to: 99), ["read5"]), (page(after: 5, to: 6), ["n6", "await"]), (.sent, ["read6"]),
                (page(after: 6, to: 6), []), (.feedGrew(to: 7), ["read6"]), (page(after: 6, to: 7), ["n7"]),
            ]),
        Script(
            "a true hint that comes while a page is read counts, whatever a false one said",
            [
                (auth(anna, 2, resume: position(4, "m4")), []), (account(4, at: "m4"), ["auth4", "complete4", "meet"]),
                (.feedGrew(to: 99), ["read4"]), (.feedGrew(to: 5), []), (page(after: 4, to: 4), ["read4"]),
                (page(after: 4, to: 5), ["n5"]), (delivery(6), ["n6"]),
            ]),
        Script(
            "a message may arrive live while a page is read because of a false hint, and the page not have it yet",
            [
                (auth(anna, 2, resume: position(4, "m4")), []), (account(4, at: "m4"), ["auth4", "complete4", "meet"]),
                (.feedGrew(to: 99), ["read4"]), (delivery(5), []), (page(after: 4, to: 4), ["n5"]),
                (delivery(6), ["n6"]),
            ]),
        Script(
            "a false hint while a client resumes",
            [
                (.feedGrew(to: 99), []), (auth(anna, 2, resume: position(3)), []), (.feedGrew(to: 99), []),
                (account(4), ["auth4", "read3"]), (page(after: 3, to: 4), ["n4", "await"]), (.sent, ["read4"]),
                (page(after: 4, to: 4), ["complete4", "meet"]), (delivery(5), ["n5"]),
            ]),
        Script(
            "what the account says that there is and the store does not have ends the connection",
            [
                (auth(anna, 2, resume: position(3)), []), (account(4), ["auth4", "read3"]), (.feedGrew(to: 99), []),
                (page(after: 3, to: 3), ["close1011"]),
            ]),
        Script(
            "a hint before auth is answered changes nothing",
            [
                (.feedGrew(to: 5), []), (auth(anna, 2, resume: position(3)), []), (.feedGrew(to: 5), []),
                (account(5), ["auth5", "read3"]), (page(after: 3, to: 5), ["n4", "n5", "complete5", "meet"]),
            ]),
        Script(
            "other data end the connection",
            [
                (auth(anna, 2, resume: position(4, "m4")), []), (account(4, at: "m4"), ["auth4", "complete4", "meet"]),
                (.dataReplaced, ["close1011"]),
            ]),
        Script(
            "pages follow the socket's pace",
            [
                (auth(anna, 2, resume: position(1)), []), (account(6), ["auth6", "read1"]),
                (page(after: 1, to: 4), ["n2", "n3", "n4", "await"]), (.sent, ["read4"]),
                (page(after: 4, to: 6), ["n5", "n6", "complete6", "meet"]),
            ]),
        Script(
            "a delivery before auth is answered is sent once, in its place",
            [
                (auth(anna, 2, resume: position(3)), []), (delivery(5), []), (account(5), ["auth5", "read3"]),
                (page(after: 3, to: 5), ["n4", "n5", "complete5", "meet"]),
            ]),
        Script(
            "a delivery that the page did not hold yet follows it",
            [
                (auth(anna, 2, resume: position(3)), []), (account(4), ["auth4", "read3"]), (delivery(5), []),
                (page(after: 3, to: 4), ["n4", "n5", "complete5", "meet"]), (delivery(6), ["n6"]),
            ]),
        Script(
            "a delivery while the socket takes a page",
            [
                (auth(anna, 2, resume: position(0)), []), (account(3), ["auth3", "read0"]),
                (page(after: 0, to: 2), ["n1", "n2", "await"]), (delivery(4), []), (delivery(5), []),
                (.sent, ["read2"]), (page(after: 2, to: 3), ["n3", "n4", "n5", "complete5", "meet"]),
            ]),
        Script(
            "the page holds more than was known, and it comes live as well",
            [
                (auth(anna, 2, resume: position(3)), []), (account(4), ["auth4", "read3"]),
                (page(after: 3, to: 6), ["n4", "n5", "n6", "complete6", "meet"]), (delivery(5), []), (delivery(6), []),
                (delivery(7), ["n7"]),
            ]),
        Script(
            "a new device begins at auth_success's cursor",
            [
                (auth(anna, 2), []), (delivery(4), []), (delivery(5), []), (account(4), ["auth4", "meet", "n5"]),
                (delivery(6), ["n6"]),
            ]),
        Script(
            "another epoch",
            [
                (auth(anna, 2, resume: position(3, epoch: "old")), []), (delivery(5), []),
                (account(4), ["auth4", "resync", "meet", "n5"]), (delivery(6), ["n6"]),
            ]),
        Script(
            "a cursor ahead of the feed",
            [
                (auth(anna, 2, resume: position(5)), []), (account(4), ["auth4", "resync", "meet"]),
                (delivery(5), ["n5"]),
            ]),
        Script(
            "a cursor that cannot be",
            [(auth(anna, 2, resume: position(-1)), []), (account(4), ["auth4", "resync", "meet"])]),
        Script(
            "another message at the cursor",
            [(auth(anna, 2, resume: position(4, "x")), []), (account(4, at: "m4"), ["auth4", "resync", "meet"])]),
        Script(
            "what the client sends meanwhile is stored after the feed is complete, and has its place then",
            [
                (auth(anna, 2, resume: position(3)), []), (message("a"), []), (account(4), ["auth4", "read3"]),
                (message("b"), []), (page(after: 3, to: 4), ["n4", "complete4", "meet", "append a", "append b"]),
                (.appended(draft("a"), .success(.stored(stored("a", at: 5)))), ["s5"]), (delivery(6), ["n6"]),
                (.appended(draft("b"), .success(.stored(stored("b", at: 7)))), ["s7"]),
            ]),
        Script(
            "a second auth that resumes waits for what is being stored, and knows it as its own",
            [
                (auth(anna, 2), []), (account(4), ["auth4", "meet"]), (message("a"), ["append a"]),
                (auth(anna, 2, resume: position(2)), []), (account(5), ["auth5"]), (message("b"), []),
                (.appended(draft("a"), .success(.stored(stored("a", at: 5)))), ["read2"]),
                (
                    .feedPage(after: 2, [received(3), received(4), stored("a", at: 5)]),
                    ["n3", "n4", "s5", "complete5", "append b"]
                ),
            ]),
        Script(
            "a second auth that does not resume changes nothing",
            [
                (auth(anna, 2), []), (account(4), ["auth4", "meet"]), (delivery(5), ["n5"]), (auth(anna, 2), []),
                (delivery(6), ["n6"]), (account(7), ["auth7"]), (delivery(7), ["n7"]),
            ]),
        Script(
            "a second auth in the middle of a page begins anew; the old page is none of it",
            [
                (auth(anna, 2, resume: position(2)), []), (account(4), ["auth4", "read2"]),
                (auth(anna, 2, resume: position(3)), []), (account(4), ["auth4", "read3"]), (page(after: 2, to: 4), []),
                (page(after: 3, to: 4), ["n4", "complete4", "meet"]),
            ]),
        Script(
            "a page that comes while a second auth is looked into, which fails",
            [
                (auth(anna, 2, resume: position(2)), []), (account(4), ["auth4", "read2"]), (auth(anna, 2), []),
                (page(after: 2, to: 4), []), (.authorizationFailed, ["error", "n3", "n4", "complete4", "meet"]),
            ]),
        Script(
            "a hole in what comes live is filled from the feed",
            [
                (auth(anna, 2), []), (account(4), ["auth4", "meet"]), (delivery(7), ["read4"]), (delivery(8), []),
                (page(after: 4, to: 6), ["n5", "n6", "n7", "n8"]), (delivery(9), ["n9"]),
            ]),
        Script(
            "a page with a hole, or without what has to be there, ends the connection",
            [
                (auth(anna, 2, resume: position(2)), []), (account(4), ["auth4", "read2"]),
                (.feedPage(after: 2, [received(4)]), ["close1011"]),
            ]),
        Script(
            "a feed that cannot be read ends the connection",
            [
                (auth(anna, 2, resume: position(2)), []), (account(4), ["auth4", "read2"]),
                (.feedFailed, ["close1011"]),
                (.closed, []), (page(after: 2, to: 4), []),
            ]),
        Script(
            "the end in the middle",
            [
                (auth(anna, 2, resume: position(2)), []), (account(4), ["auth4", "read2"]), (.closed, []),
                (page(after: 2, to: 4), []), (.sent, []), (delivery(5), []), (.peers([], []), []),
            ]),
        Script(
            "the first protocol gets what came since it said auth, without cursors",
            [
                (auth(anna), []), (delivery(4), []), (delivery(5), []), (account(6), ["auth", "meet", "n", "n"]),
                (delivery(6), ["n"]), (.peers([], [.init(user: bob, isOnline: true)]), []),
            ]),
        Script(
            "a repeat that the feed is past has the first one's cursor, and no place in the order",
            [
                (auth(anna, 2), []), (account(9), ["auth9", "meet"]), (message("a"), ["append a"]),
                (.appended(draft("a"), .success(.duplicate(stored("a", at: 3)))), ["s3"]), (delivery(10), ["n10"]),
            ]),
        Script(
            "a repeat of what an earlier connection's end left on its way waits for its place: another node stored 10",
            [
                (auth(anna, 2), []), (account(9), ["auth9", "meet"]), (message("a"), ["append a"]),
                (delivery(11), []), (.appended(draft("a"), .success(.duplicate(stored("a", at: 11)))), ["read9"]),
                (page(after: 9, to: 11), ["n10", "s11"]), (delivery(12), ["n12"]),
            ]),
        Script(
            "a repeat behind what is still to be sent does not make the live messages be read again",
            [
                (auth(anna, 2), []), (account(9), ["auth9", "meet"]), (message("a"), ["append a"]),
                (.feedGrew(to: 10), []), (delivery(11), []), (delivery(12), []), (delivery(13), []),
                (.appended(draft("a"), .success(.duplicate(stored("a", at: 12)))), ["read9"]),
                (page(after: 9, to: 10), ["n10", "n11", "s12", "n13"]), (delivery(14), ["n14"]),
            ]),
    ]

    @Test(arguments: scripts) func inOrder(_ script: Script) {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000)
        for (index, (input, expected)) in script.steps.enumerated() {
            #expect(told(session.handle(input, now: now)) == expected, "step \(index + 1)")
        }
    }

    @Test("too many live messages are read from the feed again")
    func overflow() {
        var session = makeSession(auth(anna, 2, resume: position(0)), account(2))
        let last = 2 + CatchUp.maxLive + 10
        for cursor in 3...last { #expect(told(session.handle(delivery(cursor), now: now)) == []) }
        #expect(told(session.handle(page(after: 0, to: 2), now: now)) == ["n1", "n2", "await"])
        #expect(told(session.handle(.sent, now: now)) == ["read2"])
        let rest = told(session.handle(page(after: 2, to: last - 5), now: now))
        #expect(rest == (3...last).map { "n\($0)" } + ["complete\(last)", "meet"])
    }

    @Test("the same during auth, for a new device: the feed is read, and there is no resume_complete")
    func overflowBeforeAuth() {
        var session = makeSession(auth(anna, 2))
        let last = 4 + CatchUp.maxLive + 10
        for cursor in 5...last { #expect(told(session.handle(delivery(cursor), now: now)) == []) }
        #expect(told(session.handle(account(4), now: now)) == ["auth4", "meet", "read4"])
        #expect(told(session.handle(page(after: 4, to: last), now: now)) == (5...last).map { "n\($0)" })
        #expect(told(session.handle(delivery(last + 1), now: now)) == ["n\(last + 1)"])
    }

    @Test("with a smaller outbound queue, less of the feed is sent at once") func smallQueue() {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, outboundBytes: 256 * 1024)
        for input in [auth(anna, 2, resume: position(0)), account(100)] { _ = session.handle(input, now: now) }
        let text = UntrustedText(String(repeating: "\u{1}", count: 4096))
        let actions = session.handle(
            .feedPage(after: 0, (1...100).map { stored(text, at: $0, from: bob, to: anna) }), now: now)
        let bytes = said(actions).reduce(0) { $0 + WireCodec.encode($1).utf8.count }
        #expect(actions.last == .awaitSent(permits: 1) && (100_000..<200_000).contains(bytes))
    }

    @Test("a page of long messages is sent in pieces that fit into the outbound queue")
    func pieces() {
        var session = makeSession(auth(anna, 2, resume: position(0)), account(100))
        let text = UntrustedText(String(repeating: "\u{1}", count: 4096))
        let long = (1...100).map { stored(text, at: $0, from: bob, to: anna) }
        var actions = session.handle(.feedPage(after: 0, long), now: now)
        var events = 0
        var pieces = 0
        while !told(actions).contains("complete100") {
            let sent = said(actions)
            #expect(sent.map { WireCodec.encode($0).utf8.count }.reduce(0, +) < 1 << 20)
            events += sent.count
            pieces += 1
            #expect(told(actions).last == "await")
            actions = session.handle(.sent, now: now)
        }
        events += said(actions).count - 1
        #expect(events == 100 && pieces >= 4)
    }

    @Test("acks: cumulative, and nothing above what was sent")
    func acks() {
        var session = makeSession(auth(anna, 2, resume: position(2)), account(4))
        func ack(_ cursor: Int) -> [Session.Action] { session.handle(.event(.ack(cursor: cursor)), now: now) }
        #expect(said(ack(3)) == [error(.invalidEvent, answers: .ack)])
        #expect(ack(-5) == [] && ack(0) == [])
        #expect(ack(2) == [.acknowledge(.init(user: anna, cursor: 2))])
        _ = session.handle(page(after: 2, to: 4), now: now)
        #expect(ack(4) == [.acknowledge(.init(user: anna, cursor: 4))])
        #expect(ack(3) == [] && ack(4) == [] && ack(-5) == [])
        #expect(said(ack(5)) == [error(.invalidEvent, answers: .ack)])
        var old = open()
        #expect(old.handle(.event(.ack(cursor: 1)), now: now) == [])
    }
}
