import ChatWire
import Testing

@testable import ChatClient

/// A window with the list of a server whose feed is live.
private func listing() -> Harness {
    var harness = Harness()
    harness.session = Session(user: anna, peer: nil, seed: 1)
    harness.goOnline(2)
    harness.handle(.conversations(.success(.init(conversations: [])), link: 1))
    return harness
}

private let gap = StoredGap(peer: bob, before: "m9", pageEnd: nil)

private func page(_ messages: [Message], hasMore: Bool) -> Result<HistoryPage, HistoryFailure> {
    .success(HistoryPage(messages: messages.map { .init(message: $0) }, hasMore: hasMore))
}

@Suite("The client's session: history that this machine does not have")
struct SessionMissingTests {
    @Test("it is fetched in the background, page by page with a pause, until nothing is missing") func pages() {
        var harness = listing()
        #expect(harness.pass(.milliseconds(900)) == [])
        #expect(harness.pass(.milliseconds(100)) == [.findMissing(except: [], link: 1)])
        #expect(harness.pass(.seconds(60)) == [], "one request at a time")
        #expect(harness.handle(.missingFound(gap, link: 1)) == [.fetchMissing(gap, limit: 200, link: 1)])
        let older = message("m8", "x", from: bob, to: anna)
        harness.handle(.missing(page([older, message("m7", "x", from: carl, to: anna)], hasMore: true), gap, link: 1))
        #expect(harness.changes.last == .page([StoredMessage(message: older)], peer: bob, hasOlder: true))
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: [], link: 1)])
        let next = StoredGap(peer: bob, before: "m8", pageEnd: nil)
        #expect(harness.handle(.missingFound(next, link: 1)) == [.fetchMissing(next, limit: 200, link: 1)])
        harness.handle(.missing(page([], hasMore: false), next, link: 1))
        #expect(harness.changes.last == .beginning("m8", peer: bob))
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: [], link: 1)])
        #expect(harness.handle(.missingFound(nil, link: 1)) == [.update(.missingStored)])
        #expect(!harness.pass(.seconds(3600)).contains { if case .findMissing = $0 { true } else { false } })
    }

    @Test("a message that arrives may follow messages that are not here") func arrival() {
        var harness = listing()
        harness.pass(.seconds(1))
        harness.handle(.missingFound(nil, link: 1))
        harness.event(.newMessage(.init(message: message("m1", "x", from: anna, to: carl), cursor: 1)))
        #expect(harness.pass(.seconds(4)) == [])
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: [], link: 1)])
    }

    @Test("what is being sent comes first") func busy() {
        var harness = listing()
        harness.isDiskSlow = true
        harness.handle(.open(peer: bob))
        harness.handle(.send(id: "c1", text: "x"))
        #expect(!harness.pass(.seconds(4)).contains(.findMissing(except: [], link: 1)))
    }

    @Test("a conversation whose answers do not help is left for this connection") func stuck() {
        var harness = listing()
        harness.pass(.seconds(1))
        harness.handle(.missingFound(gap, link: 1))
        harness.handle(.missing(page([], hasMore: true), gap, link: 1))
        harness.pass(.seconds(1))
        #expect(harness.handle(.missingFound(gap, link: 1)) == [.findMissing(except: ["m9"], link: 1)])
        let other = StoredGap(peer: carl, before: "m3", pageEnd: nil)
        #expect(harness.handle(.missingFound(other, link: 1)) == [.fetchMissing(other, limit: 200, link: 1)])
    }

    @Test("after a failure there is a longer pause") func failure() {
        var harness = listing()
        harness.pass(.seconds(1))
        harness.handle(.missingFound(gap, link: 1))
        harness.handle(.missing(.failure(.refused(status: 429)), gap, link: 1))
        #expect(harness.pass(.seconds(29)) == [])
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: ["m9"], link: 1)])
        #expect(harness.handle(.missingFound(nil, link: 1)) == [])
        #expect(harness.pass(.seconds(600)).contains(.findMissing(except: [], link: 1)))
    }

    @Test("a conversation that the server does not have is passed over; a server without a history is not asked on")
    func notProvided() {
        var harness = listing()
        harness.pass(.seconds(1))
        var skipped: Set<MessageID> = []
        for number in 1...3 {
            let gap = StoredGap(peer: bob, before: "m\(number)", pageEnd: nil)
            harness.handle(.missingFound(gap, link: 1))
            harness.handle(.missing(.failure(.notProvided), gap, link: 1))
            skipped.insert(gap.before)
            if number < 3 { #expect(harness.pass(.seconds(30)).contains(.findMissing(except: skipped, link: 1))) }
        }
        #expect(!harness.pass(.seconds(3600)).contains { if case .findMissing = $0 { true } else { false } })
    }

    /// A page of what is missing has been requested; the next transaction stays unanswered.
    private func fetching() -> Harness {
        var harness = listing()
        harness.handle(.open(peer: carl))
        harness.pass(.seconds(1))
        harness.handle(.missingFound(gap, link: 1))
        harness.isDiskSlow = true
        return harness
    }

    private let older = message("m8", "x", from: bob, to: anna)

    @Test("a full disk drops the page, and it is fetched again later") func fullDisk() {
        var harness = fetching()
        harness.handle(.missing(page([older], hasMore: true), gap, link: 1))
        #expect(updates(harness.answerDisk(.diskFull)) == [])
        #expect(!harness.session.isSaving)
        #expect(harness.pass(.seconds(599)) == [])
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: [], link: 1)])
    }

    @Test("the user's message is stored without the page that a full disk refused with it") func messageFirst() {
        var harness = fetching()
        harness.handle(.draft("first"))
        harness.pass(.milliseconds(300))
        harness.handle(.missing(page([older], hasMore: true), gap, link: 1))
        harness.handle(.send(id: "c1", text: "x"))
        harness.answerDisk()
        let count = harness.transactions.count
        #expect(harness.transactions.last?.count == 3)
        #expect(updates(harness.answerDisk(.diskFull)) == [])
        #expect(harness.transactions.count == count + 1)
        let kept = harness.transactions.last ?? []
        #expect(kept.count == 2 && !kept.contains { if case .page = $0 { true } else { false } })
        #expect(transmitted(harness.answerDisk()) == ["c1:x"])
    }

    @Test("the program is told of what was stored every few seconds, and at the end") func news() {
        var harness = listing()
        harness.pass(.seconds(1))
        var told: [Int] = []
        for number in 1...7 {
            harness.handle(.missingFound(StoredGap(peer: bob, before: "m\(number)", pageEnd: nil), link: 1))
            let page = page([message("n\(number)", "x", from: bob, to: anna)], hasMore: true)
            let effects = harness.handle(.missing(page, gap, link: 1))
            if updates(effects).contains(.missingStored) { told.append(number) }
            harness.pass(.seconds(1))
        }
        #expect(told == [1, 6])
        #expect(updates(harness.handle(.missingFound(nil, link: 1))) == [.missingStored])
    }

    @Test("a page whose cursors contradict its order is stored in theirs") func disorder() {
        var harness = listing()
        harness.pass(.seconds(1))
        harness.handle(.missingFound(gap, link: 1))
        let entries = [8, 7].map { (number: Int) in
            HistoryPage.Entry(message: message("m\(number)", "x", from: bob, to: anna), cursor: number)
        }
        harness.handle(.missing(.success(HistoryPage(messages: entries, hasMore: true)), gap, link: 1))
        let run = entries.reversed().map(StoredMessage.init)
        #expect(harness.changes.contains(.page(run, peer: bob, hasOlder: true)))
    }

    @Test("an answer of an earlier connection is ignored") func lateAnswer() {
        var harness = listing()
        harness.pass(.seconds(1))
        harness.handle(.missingFound(gap, link: 1))
        harness.lose()
        let before = harness.changes
        harness.handle(.missing(page([message("m8", "x", from: bob, to: anna)], hasMore: true), gap, link: 1))
        #expect(harness.changes == before)
    }

    @Test("a program without the list does not do it") func withoutList() {
        var harness = online(2)
        #expect(!harness.pass(.seconds(600)).contains { if case .findMissing = $0 { true } else { false } })
    }
}
