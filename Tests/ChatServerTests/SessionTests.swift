import ChatWire
import Testing

@testable import ChatServer

@Suite("The server's session")
struct SessionTests {
    @Test("auth registers first, then looks the user up, then answers in the client's protocol")
    func authorising() {
        for (version, answer) in [
            (nil, ServerEvent.AuthSuccess()), (1, .init()),
            (
                2,
                .init(
                    protocolVersion: 2, epoch: "e", cursor: 4, messageID: "m4", heartbeatMs: 25_000,
                    limits: MessageLimits(), name: "Аня")
            ),
        ] as [(Int?, ServerEvent.AuthSuccess)] {
            var session = makeSession()
            #expect(session.handle(auth(anna, version), now: now) == [.register(anna), .authorize(anna, resume: nil)])
            let account = Account(epoch: "e", cursor: 4, lastMessage: "m4", name: "Аня")
            let actions = session.handle(.authorized(account), now: now)
            #expect(
                actions == [.admit, .send(.authSuccess(answer)), .log(.authorized(anna)), .syncPeers(of: anna)])
            #expect(session.user == anna)
        }
    }

    @Test("inputs during the look-up are deferred, in order")
    func keptWhileAuthorising() {
        var session = makeSession(auth(anna, 2))
        #expect(session.handle(message("1"), now: now) == [])
        #expect(session.handle(.delivery(received(1)), now: now) == [])
        #expect(session.handle(.malformed(.invalid("x")), now: now) == [])
        let actions = session.handle(.authorized(.init(epoch: "e", cursor: 0)), now: now)
        #expect(appended(actions) == [draft("1")])
        #expect(said(actions).map(\.kind) == ["auth_success", "new_message", "error"])
    }

    @Test(
        "what is no message is answered by the name it gives itself, where that can be read",
        arguments: [
            #"{"type":"message","senderId":"anna","receiverId":"","messageText":"x","clientMessageId":"c"}"#,
            #"{"type":"message","senderId":"anna","receiverId":"\#(String(repeating: "b", count: 129))","clientMessageId":"c"}"#,
            #"{"type":"message","clientMessageId":"c","messageText":"\ud800","senderId":"anna","receiverId":"bob"}"#,
            #"{"type":"message","clientMessageId":"c","messageText":7,"senderId":"anna","receiverId":"bob"}"#,
            #"{"type":"message","clientMessageId":"c","receiverId":"bob","messageText":"x","messageText":"y"}"#,
        ])
    func malformedMessage(_ json: String) {
        var session = open(2)
        #expect(throws: WireCodec.Malformed.self) {
            do throws(WireCodec.Malformed) {
                _ = try WireCodec.decode(ClientEvent.self, from: json)
            } catch {
                let expected = ServerEvent.error(
                    .init(message: ServerText.processingFailed, code: .invalidEvent, clientMessageID: "c"))
                #expect(said(session.handle(.malformed(error), now: now)) == [expected])
                throw error
            }
        }
    }

    @Test("a failed look-up changes nothing; the client may send auth again")
    func failedAuthorising() {
        var session = makeSession(auth(anna))
        #expect(said(session.handle(.authorizationFailed, now: now)) == [error(.storageFailed)])
        #expect(session.user == nil)
        #expect(session.handle(auth(bob), now: now) == [.register(bob), .authorize(bob, resume: nil)])
        var opened = open()
        _ = opened.handle(auth(anna), now: now)
        _ = opened.handle(.authorizationFailed, now: now)
        #expect(opened.user == anna)
    }

    @Test("a second auth: the same user is answered again, another is forbidden")
    func secondAuth() {
        var session = open()
        #expect(said(session.handle(auth(bob), now: now)) == [error(.forbidden)])
        #expect(session.user == anna)
        #expect(session.handle(auth(anna), now: now) == [.register(anna), .authorize(anna, resume: nil)])
        #expect(said(session.handle(.authorized(.init(epoch: "e", cursor: 4)), now: now)) == [.authSuccess(.init())])
    }

    static let refusals: [(Session.Input, ErrorCode)] = [
        (message("x", from: bob, to: anna), .forbidden), (message("x", to: anna), .invalidMessage),
        (message(""), .invalidMessage), (message(" \n "), .invalidMessage), (message("a\0"), .invalidMessage),
        (message(UntrustedText(String(repeating: "я", count: 501))), .messageTooLong),
        (message(UntrustedText(String(repeating: "👨\u{200D}👩\u{200D}👧", count: 300))), .messageTooLong),
        (message("x", id: "not a uuid"), .invalidMessage), (.malformed(.invalid("not JSON")), .invalidEvent),
        (
            .event(.message(.init(sender: anna, receiver: bob, text: "x", product: Product(id: "a\u{1B}")))),
            .invalidMessage
        ),
    ]

    @Test("an invalid message is answered and never stored, and the connection stays", arguments: refusals)
    func refused(_ input: Session.Input, _ code: ErrorCode) {
        var session = open()
        let actions = session.handle(input, now: now)
        #expect(said(actions) == [error(code)])
        #expect(appended(actions).isEmpty)
        #expect(appended(session.handle(message("next"), now: now)) == [draft("next")])
    }

    @Test func messageBeforeAuth() {
        var session = makeSession()
        #expect(said(session.handle(message("x"), now: now)) == [error(.notAuthorized)])
    }

    @Test("a refusal names the message, towards protocol 2 only")
    func refusalNamesMessage() {
        var old = open()
        #expect(said(old.handle(message("", id: clientID), now: now)) == [error(.invalidMessage)])
        var new = open(2)
        #expect(said(new.handle(message("", id: clientID), now: now)) == [error(.invalidMessage, id: clientID)])
    }

    @Test("after the end nothing is registered or answered, whatever was in flight")
    func closed() {
        var session = makeSession(auth(anna), auth(anna), message("x"))
        #expect(session.handle(.closed, now: now) == [.unregister, .log(.disconnected(nil))])
        #expect(session.handle(.authorized(.init(epoch: "e", cursor: 0)), now: now) == [])
        #expect(session.handle(auth(anna), now: now) == [])
        var opened = open()
        #expect(opened.handle(.closed, now: now) == [.unregister, .log(.disconnected(anna))])
        #expect(opened.handle(.appended(draft("x"), .failure(.full)), now: now) == [])
    }

    @Test("unknown types are ignored") func unknownType() {
        var session = open()
        #expect(session.handle(.event(.unknown(type: "typing")), now: now) == [])
    }

    static let outcomes: [(Int?, Result<AppendOutcome, StoreError>, ServerEvent)] = [
        (nil, .success(.stored(stored("x"))), .messageSent(.init(messageID: "m5"))),
        (
            2, .success(.stored(stored("x", id: clientID))),
            .messageSent(.init(messageID: "m5", clientMessageID: clientID, cursor: 5, createdAt: now))
        ),
        (
            2, .success(.duplicate(stored("x", id: clientID))),
            .messageSent(
                .init(messageID: "m5", clientMessageID: clientID, cursor: 5, createdAt: now, duplicate: true))
        ),
        (2, .success(.conflict), error(.idempotencyConflict, id: clientID)),
        (2, .success(.refused(.noSuchUser)), error(.invalidMessage, ServerText.noSuchUser, id: clientID)),
        (2, .success(.refused(.keptOut)), error(.invalidMessage, ServerText.keptOut, id: clientID)),
        (2, .success(.refused(.containsNUL)), error(.invalidMessage, id: clientID)),
        (2, .success(.notStored(.locked)), error(.storageFailed, ServerText.storageFailed, id: clientID)),
        (nil, .failure(.full), error(.storageFailed, ServerText.storageFailed)),
        (2, .failure(.locked), error(.storageFailed, ServerText.storageFailed, id: clientID)),
    ]

    @Test("the sender is sent the database's answer", arguments: outcomes)
    func confirmed(_ version: Int?, _ result: Result<AppendOutcome, StoreError>, _ event: ServerEvent) throws {
        var session = open(version)
        _ = session.handle(message("x", id: clientID), now: now)
        #expect(said(session.handle(.appended(draft("x", id: clientID), result), now: now)) == [event])
        // As it was spelled.
        let spelled = draft("x", id: clientID.uppercased())
        var again = makeSession(auth(anna, version), account(), message("x", id: spelled.originalClientMessageID))
        let expected = try WireCodec.decode(
            ServerEvent.self, from: WireCodec.encode(event).replacing(clientID.wire, with: clientID.wire.uppercased()))
        #expect(said(again.handle(.appended(spelled, result), now: now)) == [expected])
    }

    @Test("whoever's message may be stored or not is not answered, and has to connect again", arguments: [nil, 2])
    func inDoubt(_ version: Int?) {
        var session = open(version)
        for text: UntrustedText in ["x", "y"] { _ = session.handle(message(text), now: now) }
        let unknown = Result<AppendOutcome, StoreError>.success(.unknown(.failed("away")))
        #expect(session.handle(.appended(draft("x"), unknown), now: now) == [.close(code: .unexpectedCondition)])
        #expect(session.handle(.appended(draft("y"), unknown), now: now) == [])
    }

    @Test("an old client gets the messages that its user receives, with exactly the old fields")
    func deliveryToOldClient() {
        var session = open()
        let received = stored("x", from: bob, to: anna, id: clientID)
        #expect(
            said(session.handle(.delivery(received), now: now)) == [.newMessage(.init(message: received.message))])
        #expect(session.handle(.delivery(stored("sent elsewhere", at: 6)), now: now) == [])
    }

    @Test("a new client gets sent and received messages, each with its cursor in the user's feed")
    func deliveryToNewClient() {
        var session = open(2)
        let (delivered, sent) = (received(5), stored("y", at: 6, id: clientID))
        #expect(
            said(session.handle(.delivery(delivered), now: now))
                == [.newMessage(.init(message: delivered.message, cursor: 5))])
        #expect(
            said(session.handle(.delivery(sent), now: now))
                == [.newMessage(.init(message: sent.message, cursor: 6, clientMessageID: clientID))])
    }

    @Test("the socket is not read while too many inputs wait for the database")
    func backPressure() {
        var session = open()
        var paused: [Int] = []
        for number in 1...100 where session.handle(message("x"), now: now).contains(.pauseReading) {
            paused.append(number)
        }
        #expect(paused == [Session.maxWaitingForDatabase])
        var resumed: [Int] = []
        for left in (0..<100).reversed()
        where session.handle(.appended(draft("x"), .failure(.full)), now: now).contains(.resumeReading) {
            resumed.append(left)
        }
        #expect(resumed == [Session.maxWaitingForDatabase / 2])
    }

    @Test("a flood during the look-up pauses reading too, and reading resumes after it")
    func backPressureWhileAuthorising() {
        var session = makeSession(auth(anna))
        var paused = 0
        for _ in 1...100 where session.handle(.malformed(.invalid("x")), now: now).contains(.pauseReading) {
            paused += 1
        }
        #expect(paused == 1)
        #expect(session.handle(.authorized(.init(epoch: "e", cursor: 0)), now: now).contains(.resumeReading))
    }
}
