import ChatWire
import Testing

@testable import ChatClient

@Suite("Tokens and blocks in the session")
struct SessionExpiryTests {
    @Test("after the server's warning the token is read repeatedly, and a new one is sent")
    func refreshing() {
        var harness = online(2)
        harness.pass(.seconds(10))
        #expect(harness.event(.tokenExpiring(inMs: 59_000)) == [.readToken(link: harness.link)])
        #expect(harness.handle(.sameToken(link: harness.link)) == [])
        #expect(harness.pass(.seconds(9)) == [])
        #expect(harness.pass(.seconds(1)) == [.readToken(link: harness.link)])
        #expect(harness.handle(.token("new", link: harness.link)) == [.transmit(.refresh(token: "new"))])
        #expect(harness.event(authSuccess(2)) == [])
        #expect(harness.pass(.seconds(60)) == [])
    }

    @Test("a token that was read for an old link is not sent on another") func lateToken() {
        var harness = online(2)
        let old = harness.link
        harness.event(.tokenExpiring(inMs: 1))
        harness.lose()
        #expect(harness.handle(.token("new", link: old)) == [])
        harness.goOnline(2)
        #expect(harness.handle(.token("new", link: old)) == [])
    }

    @Test("after the token expired, the next attempt comes at once, except after a connection that was not stable")
    func expired() {
        var harness = online(2)
        harness.pass(.seconds(10))
        #expect(harness.lose(.closed(code: 4004)).contains(.open(link: harness.link)))
        #expect(harness.session.phase == .connecting)
        harness.handle(.opened(link: harness.link))
        harness.lose(.closed(code: 4004))
        #expect(harness.session.phase == .waiting)
        harness.goOnline(2)
        harness.lose(.closed(code: 4004))
        #expect(harness.session.phase == .waiting)
    }

    /// Another program may renew the token without a notice.
    @Test("after a token was refused, the token is read repeatedly, and another one is tried at once")
    func anotherToken() {
        var harness = online(2)
        harness.lose(.closed(code: 4500))
        for _ in 0..<3 {
            #expect(harness.pass(.milliseconds(900)) == [])
            #expect(harness.pass(.milliseconds(100)) == [.readToken(link: harness.link)])
            #expect(harness.handle(.sameToken(link: harness.link)) == [])
        }
        #expect(harness.handle(.token("new", link: harness.link)).contains(.open(link: harness.link)))
        #expect(harness.handle(.token("newer", link: harness.link)) == [], "it is under way")
    }

    @Test("a bad token stops the attempts", arguments: [4500, 4503]) func refused(code: Int) {
        var harness = online(2)
        harness.lose(.closed(code: code))
        #expect(harness.session.phase == .stopped)
    }

    @Test("a block is requested in protocol 2 only, and shown when the server has it") func blocking() {
        var harness = Harness()
        #expect(harness.handle(.setBlocked(true)) == [.update(.blockingFailed(.offline))])
        harness = online(1)
        #expect(harness.handle(.setBlocked(true)) == [.update(.blockingFailed(.notProvided))])
        harness = online(2)
        #expect(harness.handle(.setBlocked(true)) == [.transmit(.block(bob))])
        #expect(updates(harness.event(.blocked(user: bob, isBlocked: true))) == [.blocked(true)])
        #expect(updates(harness.event(.blocked(user: carl, isBlocked: true))) == [])
        #expect(harness.handle(.setBlocked(false)) == [.transmit(.unblock(bob))])
    }

    @Test("each connection asks for the block's state, which may have changed elsewhere") func blockedElsewhere() {
        var harness = online(2)
        harness.lose()
        #expect(harness.goOnline(2).contains(.transmit(.isBlocked(bob))))
        harness = Harness()
        #expect(!harness.goOnline(1).contains(.transmit(.isBlocked(bob))))
    }

    @Test("a request without an answer is reported once") func blockingFailed() {
        var harness = online(2)
        harness.handle(.setBlocked(true))
        let refusal = ServerEvent.error(.init(message: "", code: .storageFailed))
        #expect(updates(harness.event(refusal)) == [.blockingFailed(.refused(.storageFailed))])
        #expect(updates(harness.event(refusal)) == [])
        harness.handle(.setBlocked(true))
        #expect(updates(harness.lose()).first == .blockingFailed(.offline))
        // The limit of blocks is the only one that no time lifts.
        harness = online(2)
        harness.handle(.setBlocked(true))
        #expect(updates(harness.event(.error(.init(message: "", code: .rateLimited, retryAfterMs: 5)))) == [])
        let tooMany = ServerEvent.error(.init(message: "", code: .rateLimited))
        #expect(updates(harness.event(tooMany)) == [.blockingFailed(.refused(.rateLimited))])
        // A newer server says what it answers, so nothing has to be guessed.
        harness = online(2)
        harness.handle(.setBlocked(true))
        for answers in [RequestKind.read, .refresh, .isBlocked, RequestKind(rawValue: "later")] {
            let other = ServerEvent.error(.init(message: "", code: .storageFailed, answers: answers))
            #expect(updates(harness.event(other)) == [])
        }
        let invalid = ServerEvent.error(.init(message: "", code: .invalidEvent, answers: .block))
        #expect(updates(harness.event(invalid)) == [.blockingFailed(.refused(.invalidEvent))])
        harness = online(2)
        harness.handle(.setBlocked(true))
        #expect(updates(harness.handle(.reconnectNow)).first == .blockingFailed(.offline))
        harness = online(2)
        harness.handle(.setBlocked(true))
        harness.event(.blocked(user: bob, isBlocked: true))
        #expect(!updates(harness.lose()).contains(.blockingFailed(.offline)))
    }
}
