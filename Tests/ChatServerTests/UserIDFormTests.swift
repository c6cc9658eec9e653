import ChatWire
import Testing

@testable import ChatServer

/// On a marketplace's tables users have UUIDs. PostgreSQL reads several spellings of one, and the chat knows one.
@Suite("Ids of users on a marketplace's tables") struct UserIDFormTests {
    private static let id = user("0f8fad5b-d9cb-469f-a165-70867728950e")
    private static let other = user("0f8fad5b-d9cb-469f-a165-70867728950f")
    static let odd = [
        "bob", "0F8FAD5B-D9CB-469F-A165-70867728950E", "{0f8fad5b-d9cb-469f-a165-70867728950e}",
        "0f8fad5bd9cb469fa16570867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e ",
    ].map { user($0) }

    private static func session(_ inputs: Session.Input...) -> Session {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, userIDs: .uuid)
        for input in inputs { _ = session.handle(input, now: now) }
        return session
    }

    @Test("one spelling is an id", arguments: odd) func spelling(_ odd: UserID) {
        #expect(UserIDForm.uuid.allows(Self.id) && !UserIDForm.uuid.allows(odd) && UserIDForm.any.allows(odd))
    }

    @Test("nobody logs in with another one, and the code says why", arguments: odd) func logIn(_ odd: UserID) {
        var session = Self.session()
        let actions = session.handle(auth(odd, 2), now: now)
        #expect(actions.contains(.close(code: .noSuchUser)))
        #expect(said(actions).map(\.kind) == ["error"])
        #expect(session.handle(auth(Self.id, 2), now: now) == [])
        var opened = Self.session(auth(Self.id, 2), account())
        #expect(said(opened.handle(auth(odd, 2), now: now)) == [error(.forbidden)])
        #expect(!opened.handle(message("x", from: Self.id, to: Self.other), now: now).isEmpty)
    }

    /// Supabase writes `sub` in lower case. Whoever gets a token with another spelling is told what an id is, and not that
    /// the token is somebody else's.
    @Test("a token with another one says the same", arguments: odd) func token(_ odd: UserID) {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, requiresToken: true, userIDs: .uuid)
        _ = session.handle(.event(.auth(.init(user: Self.id, protocolVersion: 1, token: "t"))), now: now)
        let identity = Identity(user: odd, expiresAt: Timestamp(seconds: now.seconds + 3600))
        let actions = session.handle(.authenticated(identity), now: now)
        #expect(actions.contains(.close(code: .noSuchUser)))
        let error = ServerEvent.Failure(message: "ID на этом сервере — UUID строчными буквами", code: .forbidden)
        #expect(actions.contains(.send(.error(error))))
    }

    @Test("every event that names one is refused, alone", arguments: odd) func events(_ odd: UserID) {
        var session = Self.session(auth(Self.id, 2), account(), .peers([], []))
        let message = message("x", from: Self.id, to: odd, id: clientID)
        let refusal = error(.invalidMessage, ServerText.noSuchUser, id: clientID)
        #expect(said(session.handle(message, now: now)) == [refusal])
        let requests: [(ClientEvent, RequestKind)] = [
            (.read(otherUser: odd, messageID: "m1"), .read), (.block(odd), .block), (.unblock(odd), .unblock),
            (.isBlocked(odd), .isBlocked),
        ]
        for (event, kind) in requests {
            let actions = session.handle(.event(event), now: now)
            #expect(said(actions) == [error(.invalidEvent, answers: kind)])
            #expect(actions.count == 2, "nothing is asked of the store: \(actions)")
        }
        #expect(session.handle(.event(.typing(receiver: odd)), now: now) == [])
        #expect(!session.handle(.event(.block(Self.other)), now: now).isEmpty)
    }
}
