import ChatWire
import Logging
import Testing

@testable import ChatServer

/// Anna has a token. Bob has none on this connection, and no order of events may make the connection his.
@Suite("No order of events gives a connection to a user who was not proved on it")
struct AdmissionOrderTests {
    private static func auth(_ user: UserID, _ token: String?) -> Session.Input {
        .event(.auth(.init(user: user, protocolVersion: 2, token: token)))
    }

    private static let anna = Identity(user: ChatServerTests.anna, expiresAt: Timestamp(seconds: now.seconds + 3600))

    /// What a client may send, and what the world may answer, even if nobody asked.
    private static let steps: [Session.Input] = [
        auth(ChatServerTests.anna, "good"), auth(ChatServerTests.anna, "bad"), auth(bob, "good"), auth(bob, nil),
        .authenticated(anna), .notAuthenticated(.unavailable("")), account(), .authorizationFailed,
        .event(.refresh(token: "good")), .closed,
    ]

    /// An input that ends a connection or asks for something else leads nowhere, so it is tried only as the last one.
    private static let inputs: [Session.Input] =
        steps + [
            auth(ChatServerTests.anna, nil), .notAuthenticated(.rejected("")), .notAdmitted,
            message("as himself", from: bob, to: ChatServerTests.anna),
        ]

    /// A session and the inputs before.
    private struct Path {
        var session: Session
        var inputs: [Session.Input] = []
        /// Whether a valid token of Anna's was found.
        var isProved = false
        var isAsked = false
        var wrong: String?

        mutating func take(_ input: Session.Input) {
            inputs.append(input)
            if case .authenticated = input, isAsked { isProved = true }
            let actions = session.handle(input, now: now)
            for action in actions {
                switch action {
                case .authenticate: isAsked = true
                case .authorize(let user, _, _), .register(let user), .syncPeers(let user, _),
                    .readFeed(let user, _, _):
                    if user != ChatServerTests.anna || !isProved { wrong = "\(action)" }
                case .admit, .send(.authSuccess), .append: if !isProved { wrong = "\(action)" }
                default: break
                }
                if case .append(let draft) = action, draft.sender == bob { wrong = "\(action)" }
            }
            if let user = session.user, user != ChatServerTests.anna || !isProved { wrong = "it is \(user)'s" }
        }
    }

    @Test("every order of up to five, with and without a token in the upgrade request", arguments: [nil, "good"])
    func everyOrder(bearer: String?) async {
        let session = Session(limits: MessageLimits(), heartbeatMs: 25_000, requiresToken: true, bearer: bearer)
        var (count, opened, failures) = (0, 0, [String]())
        func go(_ path: Path, _ left: Int) async {
            if left == 2 { await Task.yield() }  // the tests that run in parallel have time limits
            for input in left == 1 ? Self.inputs : Self.steps where failures.isEmpty {
                var next = path
                next.take(input)
                count += 1
                if next.session.user != nil { opened += 1 }
                if let wrong = next.wrong { failures.append("\(wrong) after \(next.inputs)") }
                // After the end nothing has an effect any more; the next test checks that.
                if left > 1, !next.session.isEnding, input != .closed { await go(next, left - 1) }
            }
        }
        await go(Path(session: session), 5)
        #expect(failures == [])
        #expect(count > 10_000 && opened > 100, "\(count) orders, \(opened) of them open")
    }

    @Test("after the end no input has an effect") func closedIsTheEnd() {
        for end in [Session.Input.closed, Self.auth(bob, nil)] {
            for first in Self.inputs {
                for second in Self.inputs where second != .closed {
                    var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, requiresToken: true)
                    if first != .closed { _ = session.handle(first, now: now) }
                    _ = session.handle(end, now: now)
                    guard end == .closed || session.isEnding else { continue }
                    #expect(session.handle(second, now: now) == [], "\(first), \(end), \(second)")
                }
            }
        }
    }

    @Test("a failed look-up discards the proof, and the time limit for logging in goes on") func failedLookUp() {
        for next in [nil, ChatServerTests.anna, bob] as [UserID?] {
            var session = Session(limits: MessageLimits(), heartbeatMs: 25_000, requiresToken: true)
            var actions: [Session.Action] = []
            for input in [Self.auth(ChatServerTests.anna, "good"), .authenticated(Self.anna), .authorizationFailed] {
                actions += session.handle(input, now: now)
            }
            #expect(actions.contains(.unregister) && !actions.contains(.admit))
            let end = session.handle(next.map { Self.auth($0, nil) } ?? .notAdmitted, now: now)
            #expect(end.contains(.close(code: next == nil ? .authTimeout : .invalidToken)))
        }
        // The token of the upgrade request is used again, and proves the same user as before.
        var old = Session(limits: MessageLimits(), heartbeatMs: 25_000, requiresToken: true, bearer: "good")
        for input in [Self.auth(ChatServerTests.anna, nil), .authenticated(Self.anna), .authorizationFailed] {
            _ = old.handle(input, now: now)
        }
        #expect(old.handle(Self.auth(bob, nil), now: now) == [.authenticate(token: "good")])
        #expect(old.handle(.authenticated(Self.anna), now: now).contains(.close(code: .wrongUser)))
    }

    /// What a client sends to the real hub, and whether the database answers then.
    private enum Step: CaseIterable {
        case good, goodWhileDown, none, others, othersWithout, othersWithoutWhileDown, refresh

        var event: ClientEvent {
            let token = "анна until 9999999999"
            switch self {
            case .good, .goodWhileDown:
                return .auth(.init(user: ChatServerTests.anna, protocolVersion: 2, token: token))
            case .none: return .auth(.init(user: ChatServerTests.anna, protocolVersion: 2))
            case .others: return .auth(.init(user: bob, protocolVersion: 2, token: token))
            case .othersWithout, .othersWithoutWhileDown: return .auth(.init(user: bob, protocolVersion: 2))
            case .refresh: return .refresh(token: token)
            }
        }

        var isDown: Bool { self == .goodWhileDown || self == .othersWithoutWhileDown }
    }

    @Test("the same through the hub, with a database that sometimes fails") func throughTheHub() async throws {
        let store = FailingStore()
        let hub = Hub(
            store: store, authenticator: PlainTokens(), configuration: .unlimited,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { now }
        for first in Step.allCases {
            for second in Step.allCases {
                for third in Step.allCases {
                    let device = Device(hub)
                    var isProved = false
                    for step in [first, second, third] where device.closedWith == nil {
                        store.accountError.withLock { $0 = step.isDown ? .failed("down") : nil }
                        let before = device.answers
                        device.says(step.event)
                        try await wait { device.answers > before || device.closedWith != nil }
                        if step == .good { isProved = true }
                        #expect(!hub.registry.withLock { $0.isConnected(bob) }, "\([first, second, third])")
                        try await wait { hub.registry.withLock { $0.isConnected(ChatServerTests.anna) } == isProved }
                        #expect(device.wasAdmitted == isProved, "\([first, second, third])")
                    }
                    device.leaves()
                }
            }
        }
    }
}

extension Device {
    /// The number of answers to what it sent.
    fileprivate var answers: Int { heard.count { $0.kind == "error" || $0.kind == "auth_success" } }
}
