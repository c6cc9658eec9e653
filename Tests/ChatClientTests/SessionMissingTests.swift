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

private let gap = StoredGap(peer: bob, before: "m9")

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
        let next = StoredGap(peer: bob, before: "m8")
        #expect(harness.handle(.missingFound(next, link: 1)) == [.fetchMissing(next, limit: 200, link: 1)])
        harness.handle(.missing(page([], hasMore: false), next, link: 1))
        #expect(harness.changes.last == .beginning("m8", peer: bob))
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: [], link: 1)])
        #expect(harness.handle(.missingFound(nil, link: 1)) == [])
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
        let other = StoredGap(peer: carl, before: "m3")
        #expect(harness.handle(.missingFound(other, link: 1)) == [.fetchMissing(other, limit: 200, link: 1)])
    }

    @Test("after a failure there is a longer pause; a server without a history is not asked again") func failure() {
        var harness = listing()
        harness.pass(.seconds(1))
        harness.handle(.missingFound(gap, link: 1))
        harness.handle(.missing(.failure(.refused(status: 429)), gap, link: 1))
        #expect(harness.pass(.seconds(29)) == [])
        #expect(harness.pass(.seconds(1)) == [.findMissing(except: ["m9"], link: 1)])
        #expect(harness.handle(.missingFound(nil, link: 1)) == [])
        #expect(harness.pass(.seconds(600)).contains(.findMissing(except: [], link: 1)))
        harness.handle(.missingFound(gap, link: 1))
        harness.handle(.missing(.failure(.notProvided), gap, link: 1))
        #expect(!harness.pass(.seconds(3600)).contains { if case .findMissing = $0 { true } else { false } })
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
