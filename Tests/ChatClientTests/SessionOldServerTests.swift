import ChatWire
import Testing

@testable import ChatClient

/// Rows of the older server's history, from bob.
private func rows(_ count: Int) -> [Message] { (0..<count).map { message("h\($0)", "x", from: bob, to: anna) } }

private func unsent(_ id: ClientMessageID, _ text: String, to receiver: UserID = bob) -> UnsentMessage {
    UnsentMessage(
        id: id, receiver: receiver, text: text, createdAt: Timestamp(seconds: 1_700_000_000), state: .inFlight)
}

extension Harness {
    /// The server's answer, which contains unreadable rows.
    @discardableResult
    fileprivate mutating func history(_ messages: [Message], unreadable: [MessageID?]) -> [Session.Effect] {
        var page = HistoryPage(messages: messages.map { .init(message: $0) })
        page.unreadable = unreadable
        return handle(.history(.success(page), peer: session.peer ?? bob, before: nil, link: link))
    }

    @discardableResult
    fileprivate mutating func noHistory() -> [Session.Effect] {
        handle(.history(.failure(.notProvided), peer: session.peer ?? bob, before: nil, link: link))
    }
}

@Suite("Protocol 1: an incomplete history")
struct OldHistoryTests {
    @Test("without a history, or with only its oldest part, it is not reported as complete")
    func pastUnknown() {
        var harness = online(nil, history: nil)
        #expect(updates(harness.noHistory()) == [.historyUnavailable(.notProvided), .pastUnknown])
        harness.lose()
        harness.goOnline(nil)
        #expect(
            updates(harness.history(rows(1000))) == [
                .oldest(rows(1000)), .historyUnavailable(.onlyOldest(1000)), .pastUnknown,
            ])
        // Messages may be missing after it, so it is not stored as a page.
        #expect(!harness.changes.contains { if case .page = $0 { true } else { false } })
        harness.lose()
        harness.goOnline(nil)
        #expect(updates(harness.history(rows(999))) == [.history(rows(999), hasOlder: false), .caughtUp])
    }

    @Test("unreadable rows are counted and reported")
    func unreadableRows() {
        var harness = online(nil, history: nil)
        let effects = harness.history(rows(998), unreadable: ["a", nil])
        #expect(effects.contains(.log(.badRows(2))))
        #expect(updates(effects).last == .pastUnknown)
        harness.lose()
        harness.goOnline(nil)
        #expect(
            updates(harness.history(rows(2), unreadable: [nil])) == [
                .history(rows(2), hasOlder: false), .historyUnavailable(.unreadableRows(1)), .caughtUp,
            ])
    }

    @Test("a lost message is looked for despite unreadable rows, if all their ids are known", arguments: [0, 1])
    func settlingBesideUnreadableRows(_ unknown: Int) {
        let bad: [MessageID?] = ["bad"] + Array(repeating: nil, count: unknown)
        var harness = online(nil, history: nil)
        harness.history([message("m0", "да")], unreadable: bad)
        harness.handle(.send(id: "a", text: "да"))
        harness.lose()
        harness.goOnline(nil)
        let effects = updates(harness.history([message("m0", "да"), message("m1", "да")], unreadable: bad))
        #expect(effects.contains(.outgoing(id: "a", .stored(message("m1", "да")))) == (unknown == 0))
        #expect(effects.contains(.outgoing(id: "a", .unsent(.unconfirmed))) == (unknown == 1))
    }

    @Test("a row that was unreadable before is not taken for the lost message later")
    func rowsThatBecomeReadable() {
        var harness = online(nil, history: nil)
        harness.history([], unreadable: ["m0"])
        #expect(!harness.changes.contains(.page([], peer: bob, hasOlder: false)))
        harness.handle(.send(id: "a", text: "да"))
        harness.lose()
        harness.goOnline(nil)
        #expect(updates(harness.history([message("m0", "да")])).contains(.outgoing(id: "a", .unsent(.unconfirmed))))
    }

    @Test("the same holds for a server of protocol 2 without a history")
    func withoutHistory2() {
        var harness = Harness()
        harness.goOnline(2)
        #expect(updates(harness.noHistory()) == [.historyUnavailable(.notProvided), .pastUnknown])
    }
}

@Suite("Protocol 1: a message that may have arrived")
struct LostConfirmationTests {
    @Test("in another conversation it stays in flight on disk, and settles when that one is opened")
    func elsewhere() {
        var harness = online(nil, history: [])
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.open(peer: carl))
        harness.history([])
        harness.lose()
        harness.goOnline(nil)
        let known = harness.transactions.count
        harness.history([])
        let after = harness.transactions.dropFirst(known).flatMap { $0 }
        #expect(after.contains(.disown(id: "a")) && !after.contains(.setState(.held, ofUnsent: "a")))
        #expect(harness.session.outbox["a"] == nil)

        harness.disk.unsent = [unsent("a", "1")]
        harness.disk.reachesFeed = true
        #expect(updates(harness.handle(.open(peer: bob))).contains(.unsent(unsent("a", "1"), .waiting)))
        #expect(
            updates(harness.history([message("m1", "1")])).contains(.outgoing(id: "a", .stored(message("m1", "1")))))
    }

    @Test("while another one is in flight, each is settled by its own answer")
    func twoConversations() {
        var harness = online(nil, history: [])
        harness.handle(.open(peer: carl))
        harness.history([])
        #expect(transmitted(harness.handle(.send(id: "c", text: "к Карлу"))) == ["c:к Карлу"])
        harness.disk.unsent = [unsent("a", "1")]
        harness.disk.reachesFeed = true
        harness.handle(.open(peer: bob))
        harness.event(sent("mc"))
        #expect(harness.session.outbox["c"] == nil && harness.session.outbox["a"] != nil)
        #expect(
            updates(harness.history([message("m1", "1")])).contains(.outgoing(id: "a", .stored(message("m1", "1")))))
    }

    @Test(
        "after a crash it is found if the conversation is known to have been empty before"
    )
    func firstOfAll() {
        for wasEmpty in [true, false] {
            var harness = Harness()
            harness.disk.unsent = [unsent("a", "1")]
            harness.disk.reachesFeed = wasEmpty
            harness.goOnline(nil)
            let effects = updates(harness.history([message("m1", "1")]))
            #expect(effects.contains(.outgoing(id: "a", .stored(message("m1", "1")))) == wasEmpty)
            #expect(effects.contains(.outgoing(id: "a", .unsent(.unconfirmed))) == !wasEmpty)
        }
    }

    @Test("it is found before an answer that arrived first; an older one with the same text is not taken for it")
    func beforeAnAnswer() {
        func row(_ id: MessageID, _ text: UntrustedText, from: UserID = anna, at second: Int64) -> Message {
            Message(
                id: id, sender: from, receiver: from == anna ? bob : anna, text: text,
                createdAt: Timestamp(seconds: 1_700_000_000 + second))
        }
        let known = row("m0", "x", at: -900)
        let answer = row("b1", "Да?", from: bob, at: 5)
        for (found, isFound) in [(row("m1", "1", at: -30), true), (row("m1", "1", at: -600), false)] {
            var harness = Harness()
            harness.disk.newest.messages = [StoredMessage(message: known), StoredMessage(message: answer)]
            harness.disk.unsent = [unsent("a", "1")]
            harness.goOnline(nil)
            let effects = updates(harness.history([known, found, answer]))
            #expect(effects.contains(.outgoing(id: "a", .stored(found))) == isFound)
            #expect(effects.contains(.outgoing(id: "a", .unsent(.unconfirmed))) == !isFound)
        }
    }

    @Test("a conversation that was complete is still known when it is opened again")
    func backAgain() {
        var harness = online(nil, history: [message("m0", "да")])
        harness.handle(.send(id: "a", text: "да"))
        harness.handle(.open(peer: carl))
        harness.lose()
        harness.goOnline(nil)
        harness.history([])
        let answer = message("b1", "Хорошо", from: bob, to: anna)
        harness.disk.newest.messages = [StoredMessage(message: answer)]
        harness.disk.unsent = [unsent("a", "да")]
        harness.handle(.open(peer: bob))
        let effects = updates(harness.history([message("m0", "да"), message("m1", "да"), answer]))
        #expect(effects.contains(.outgoing(id: "a", .stored(message("m1", "да")))))
    }

    @Test("several lost messages are distinguished")
    func several() {
        var harness = Harness()
        harness.disk.unsent = [unsent("a", "да"), unsent("b", "да"), unsent("c", "да")]
        harness.disk.reachesFeed = true
        harness.goOnline(nil)
        let effects = updates(harness.history([message("m1", "да"), message("m2", "да")]))
        #expect(effects.contains(.outgoing(id: "a", .stored(message("m1", "да")))))
        #expect(effects.contains(.outgoing(id: "b", .stored(message("m2", "да")))))
        #expect(effects.contains(.outgoing(id: "c", .unsent(.unconfirmed))))
        #expect(harness.session.waitingMessages == 0)
    }

    @Test("a message that is in the history before its confirmation is still confirmed")
    func historyBeforeConfirmation() {
        var harness = online(nil, history: [message("m0", "x")])
        harness.handle(.send(id: "a", text: "1"))
        harness.handle(.open(peer: carl))
        harness.history([])
        harness.disk.newest.messages = [StoredMessage(message: message("m0", "x"))]
        harness.handle(.open(peer: bob))
        harness.history([message("m0", "x"), message("m1", "1")])
        #expect(harness.session.outbox["a"]?.state == .inFlight)
        #expect(
            updates(harness.event(sent("m1"))).contains { if case .outgoing("a", .stored) = $0 { true } else { false } }
        )
        #expect(harness.session.waitingMessages == 0)
    }
}
