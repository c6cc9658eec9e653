import ChatWire
import Testing

@testable import ChatServer

/// A session of a server that requires tokens.
private func guarded(bearer: String? = nil, _ inputs: Session.Input...) -> Session {
    var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, requiresToken: true, bearer: bearer)
    for input in inputs { _ = session.handle(input, now: now) }
    return session
}

private func auth(_ user: UserID, token: String?, _ version: Int? = 2) -> Session.Input {
    .event(.auth(.init(user: user, protocolVersion: version, token: token)))
}

private func identity(_ user: UserID = anna, expiresIn seconds: Int64 = 3600) -> Session.Input {
    .authenticated(Identity(user: user, expiresAt: Timestamp(seconds: now.seconds + seconds)))
}

private func later(_ seconds: Double) -> Timestamp { now.advanced(by: .milliseconds(Int(seconds * 1000))) }

private func proven(_ version: Int? = 2, expiresIn seconds: Int64 = 3600) -> Session {
    guarded(auth(anna, token: "t", version), identity(expiresIn: seconds), account(), .peers([], []))
}

/// The session's actions on its socket and the server, without its log lines.
private func done(_ actions: [Session.Action]) -> [Session.Action] {
    actions.filter { if case .log = $0 { false } else { true } }
}

@Suite("The server's session with required tokens")
struct SessionTokenTests {
    @Test("nothing is registered or looked up before the token is found valid")
    func authenticating() {
        var session = guarded()
        #expect(session.handle(auth(anna, token: "t"), now: now) == [.authenticate(token: "t")])
        #expect(session.handle(message("kept"), now: now) == [])
        #expect(session.handle(identity(), now: now) == [.register(anna), .authorize(anna, resume: nil)])
        let actions = session.handle(account(), now: now)
        #expect(said(actions).first?.kind == "auth_success")
        #expect(appended(actions) == [draft("kept")])
        #expect(actions.last == .setTimer(at: later(3540)))
    }

    @Test("the name is taken from the token, whatever the client sends") func names() {
        var session = guarded()
        _ = session.handle(.event(.auth(.init(user: anna, token: "t", name: "Царица"))), now: now)
        let proof = Identity(user: anna, expiresAt: later(3600), name: "Анна")
        #expect(
            session.handle(.authenticated(proof), now: now) == [
                .register(anna), .authorize(anna, resume: nil, name: "Анна"),
            ])
        _ = session.handle(account(), now: now)
        #expect(
            session.handle(.event(.auth(.init(user: anna, name: "Царица"))), now: now) == [
                .register(anna), .authorize(anna, resume: nil),
            ])
        var open = makeSession()
        #expect(
            open.handle(.event(.auth(.init(user: anna, name: "Анна"))), now: now) == [
                .register(anna), .authorize(anna, resume: nil, name: "Анна"),
            ])
    }

    @Test("an old client's token comes with the upgrade request; a token in the event takes precedence")
    func bearer() {
        for none in [nil, ""] {
            var old = guarded(bearer: "header")
            #expect(old.handle(auth(anna, token: none, nil), now: now) == [.authenticate(token: "header")])
        }
        var new = guarded(bearer: "header")
        #expect(new.handle(auth(anna, token: "event"), now: now) == [.authenticate(token: "event")])
    }

    @Test("without a token, with an invalid one, and with another user's, the connection ends with a reason")
    func refused() {
        var session = guarded()
        #expect(
            done(session.handle(auth(anna, token: nil), now: now)) == [
                .send(error(.notAuthorized)), .close(code: .invalidToken),
            ])
        session = guarded(auth(anna, token: "t"))
        let rejected = session.handle(.notAuthenticated(.rejected("it expired")), now: now)
        #expect(done(rejected) == [.send(error(.notAuthorized)), .close(code: .invalidToken)])
        session = guarded(auth(anna, token: "t"))
        #expect(done(session.handle(identity(bob), now: now)) == [.send(error(.forbidden)), .close(code: .wrongUser)])
        // Nothing that comes before the socket ends has an effect any more.
        for input in [auth(anna, token: "t"), identity(), account(), message("x")] {
            #expect(session.handle(input, now: now) == [])
        }
        #expect(session.handle(.closed, now: now) == [.unregister, .log(.disconnected(nil))])
    }

    /// The allowed skew of clocks is longer than a connection lasts after its token's expiry.
    @Test("a token that would end the connection at once admits nobody") func expiredWithinTheSkew() {
        var session = guarded(auth(anna, token: "t"))
        let admitted = session.handle(identity(expiresIn: -25), now: now)
        #expect(done(admitted) == [.send(error(.notAuthorized)), .close(code: .invalidToken)])
        session = guarded(auth(anna, token: "t"))
        #expect(!done(session.handle(identity(expiresIn: -24), now: now)).contains(.close(code: .invalidToken)))
    }

    @Test("ids that only look equal are different users") func canonicallyEquivalent() {
        var session = guarded(auth(user("\u{E9}"), token: "t"))
        #expect(done(session.handle(identity(user("e\u{301}")), now: now)).last == .close(code: .wrongUser))
    }

    @Test("inputs deferred during the check of an invalid token have no effect")
    func keptIsDropped() {
        var session = guarded(auth(anna, token: "t"), message("x"), .event(.read(otherUser: bob, messageID: "m")))
        let actions = session.handle(.notAuthenticated(.rejected("")), now: now)
        #expect(appended(actions).isEmpty && done(actions).count == 2)
    }

    @Test("if tokens cannot be checked, the client is told to try again")
    func unavailable() {
        var session = guarded(auth(anna, token: "t"))
        #expect(said(session.handle(.notAuthenticated(.unavailable("")), now: now)) == [error(.storageFailed)])
        #expect(session.handle(auth(anna, token: "t"), now: now) == [.authenticate(token: "t")])
    }

    @Test("a client that does not log in in time is told so, and the connection ends") func silent() {
        for var session in [makeSession(), guarded(), guarded(bearer: "t")] {
            #expect(
                done(session.handle(.notAdmitted, now: now)) == [
                    .send(error(.notAuthorized)), .close(code: .authTimeout),
                ])
            #expect(session.handle(auth(anna, token: "t"), now: now) == [])
        }
        // While nobody can tell whether the token is valid, the client is not to blame, and should try again.
        var slow = guarded(auth(anna, token: "t"))
        #expect(
            done(slow.handle(.notAdmitted, now: now)) == [.send(error(.storageFailed)), .close(code: .authTimeout)])
        #expect(slow.handle(identity(), now: now) == [])
        var known = proven()
        #expect(known.handle(.notAdmitted, now: now) == [])
    }

    @Test("without auth, no event of any kind does anything") func nobody() {
        let events: [ClientEvent] = [
            .ack(cursor: 1), .read(otherUser: bob, messageID: "m"), .typing(receiver: bob), .refresh(token: "t"),
            .block(bob), .unblock(bob), .isBlocked(bob), .message(.init(sender: anna, receiver: bob, text: "x")),
        ]
        for event in events {
            var session = guarded(bearer: "t")
            #expect(
                session.handle(.event(event), now: now).filter { $0 != .send(error(.notAuthorized)) }.allSatisfy {
                    if case .log = $0 { true } else { false }
                })
        }
    }

    @Test(
        "a second auth as another user is forbidden, whatever its token; with an invalid token it ends the connection")
    func secondAuth() {
        var session = proven()
        #expect(session.handle(auth(bob, token: "bob's"), now: now) == [.send(error(.forbidden))])
        #expect(session.handle(auth(anna, token: nil), now: now) == [.register(anna), .authorize(anna, resume: nil)])
        session = proven()
        #expect(session.handle(auth(anna, token: "t2"), now: now) == [.authenticate(token: "t2")])
        #expect(done(session.handle(.notAuthenticated(.rejected("")), now: now)).last == .close(code: .invalidToken))
    }

    // MARK: - The end of a token

    @Test("a client of protocol 2 is told a minute before the token expires; the connection ends 25 s after it")
    func expiring() {
        var session = proven()
        #expect(session.handle(.timerFired, now: later(3539)) == [.setTimer(at: later(3540))])
        #expect(
            session.handle(.timerFired, now: later(3541))
                == [.send(.tokenExpiring(inMs: 59_000)), .setTimer(at: later(3625))])
        #expect(session.handle(.timerFired, now: later(3624)) == [.setTimer(at: later(3625))])
        #expect(done(session.handle(.timerFired, now: later(3625))).last == .close(code: .tokenExpired))
        #expect(session.handle(message("x"), now: later(3625)) == [])
    }

    @Test("an old client is told nothing, and its connection ends too") func oldClient() {
        var session = proven(nil)
        #expect(session.handle(.timerFired, now: later(3600)) == [.setTimer(at: later(3625))])
        #expect(done(session.handle(.timerFired, now: later(3625))).last == .close(code: .tokenExpired))
    }

    @Test("a token that expires within a minute is announced at once") func shortLived() {
        var session = guarded(auth(anna, token: "t"), identity(expiresIn: 40))
        let actions = session.handle(account(), now: now)
        #expect(said(actions).last == .tokenExpiring(inMs: 40_000))
        #expect(actions.last == .setTimer(at: later(65)))
    }

    @Test("refresh: the same user's new token counts from now on, and starts no feed")
    func refresh() {
        var session = proven(expiresIn: 30)
        _ = session.handle(.timerFired, now: now)
        #expect(session.handle(.event(.refresh(token: "new")), now: now) == [.authenticate(token: "new")])
        #expect(session.handle(message("kept"), now: now) == [])
        let actions = session.handle(identity(expiresIn: 7200), now: now)
        #expect(
            said(actions)
                == [.authSuccess(.init(protocolVersion: 2, heartbeatMs: 25_000, limits: MessageLimits()))])
        #expect(appended(actions) == [draft("kept")])
        #expect(actions.last == .setTimer(at: later(7140)))
        #expect(session.handle(.timerFired, now: later(60)) == [.setTimer(at: later(7140))])
    }

    @Test("an invalid refresh is an error and ends nothing; the token before it counts until it expires")
    func badRefresh() {
        var session = proven(expiresIn: 30)
        _ = session.handle(.event(.refresh(token: "bad")), now: now)
        #expect(
            done(session.handle(.notAuthenticated(.rejected("")), now: now)) == [
                .send(error(.notAuthorized, answers: .refresh))
            ])
        _ = session.handle(.event(.refresh(token: "bob's")), now: now)
        #expect(
            done(session.handle(identity(bob, expiresIn: 7200), now: now)) == [
                .send(error(.forbidden, answers: .refresh))
            ])
        #expect(appended(session.handle(message("x"), now: now)) == [draft("x")])
        #expect(done(session.handle(.timerFired, now: later(55))).last == .close(code: .tokenExpired))
    }

    @Test("the same token is not announced twice") func sameToken() {
        var session = proven(expiresIn: 30)
        _ = session.handle(.event(.refresh(token: "t")), now: now)
        let actions = session.handle(identity(expiresIn: 30), now: now)
        #expect(said(actions).map(\.kind) == ["auth_success"])
    }

    @Test("if tokens are not required, none is checked") func noTokens() {
        var session = makeSession()
        #expect(session.handle(auth(anna, token: "t"), now: now) == [.register(anna), .authorize(anna, resume: nil)])
        session = makeSession(auth(anna, token: "t"), account(), .peers([], []))
        #expect(said(session.handle(.event(.refresh(token: "t")), now: now)).map(\.kind) == ["auth_success"])
    }
}
