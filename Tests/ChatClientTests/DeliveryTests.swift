import ChatWire
import Testing

@testable import ChatClient

private let start = Timestamp(seconds: 1_700_000_000)

private func unsent(
    _ id: ClientMessageID, to receiver: UserID = bob, state: UnsentMessage.State = .waiting, age: Duration = .zero
) -> UnsentMessage {
    UnsentMessage(id: id, receiver: receiver, text: "\(id)", createdAt: start.advanced(by: .zero - age), state: state)
}

private func refusal(_ code: ErrorCode?, after: Int? = nil, namesMessage: Bool = true) -> Delivery.Refusal {
    Delivery.Refusal(code: code, message: "m", retryAfter: after, namesMessage: namesMessage)
}

private let toAnyone = Delivery.Event.maySend(.onePerConversation, except: [])
private let inTurn = Delivery.Event.maySend(.onePerConnection, except: [])
private let twoDays: Duration = .seconds(48 * 3600)

@Suite("Delivery")
struct DeliveryTests {
    /// A short text for an effect.
    private static func word(for effect: Delivery.Effect) -> String {
        switch effect {
        case .store(.setState(let state, let id)): "\(id)→\(state)"
        case .store(.removeUnsent(let id)): "remove \(id)"
        case .store(.disown(let id)): "disown \(id)"
        case .store(let change): "\(change)"
        case .transmit(let id): "send \(id)"
        case .transmitOnceStored(let id): "store and send \(id)"
        case .answered(let id): "answered \(id)"
        case .pause(let delay): "pause \(delay.components.seconds)"
        case .show(let id, .refused): "\(id) refused"
        case .show(let id, let status): "\(id) \(status)"
        case .showUnsent(let message, let status): "unsent \(message.id) \(status)"
        case .postponed(let id, _, _): "\(id) postponed"
        }
    }

    /// Events and their effects, while bob's conversation is open.
    @Test(
        "events and effects",
        arguments: [
            "written, saved, sent, stored": [
                (.written(unsent("a")), ""), (toAnyone, ""), (.saved("a"), "a waiting"), (.saved("a"), ""),
                (toAnyone, "send a"), (toAnyone, ""), (.settled("a"), "answered a, remove a"), (toAnyone, ""),
            ],
            "what the disk does not take is gone": [
                (.written(unsent("a")), ""), (.notSaved("a"), ""), (.saved("a"), ""), (toAnyone, ""),
            ],
            "of each conversation one is in flight": [
                (
                    .adopted([unsent("a"), unsent("b"), unsent("c", to: carl)], first: false),
                    "unsent a waiting, unsent b waiting"
                ),
                (toAnyone, "send a, send c"), (.settled("c"), "answered c, remove c"), (toAnyone, ""),
                (.settled("a"), "answered a, remove a"), (toAnyone, "send b"),
            ],
            "against protocol 1 one in all is": [
                (.adopted([unsent("a"), unsent("c", to: carl)], first: false), "unsent a waiting"),
                (inTurn, "store and send a"), (inTurn, ""), (.settled("a"), "answered a, remove a"),
                (inTurn, "store and send c"),
            ],
            "nothing goes to whom something older is to be sent": [
                (.adopted([unsent("a"), unsent("c", to: carl)], first: false), "unsent a waiting"),
                (.maySend(.onePerConversation, except: [bob]), "send c"),
            ],
            "what was written before goes before": [
                (.adopted([unsent("b")], first: false), "unsent b waiting"),
                (.adopted([unsent("a")], first: true), "unsent a waiting"), (toAnyone, "send a"),
            ],
            "after protocol 2's connection is gone, the same goes again": [
                (.adopted([unsent("a"), unsent("b")], first: false), "unsent a waiting, unsent b waiting"),
                (toAnyone, "send a"), (.authorized, ""), (toAnyone, "send a"),
            ],
            "what protocol 1 was given is not sent to another server": [
                (.adopted([unsent("a"), unsent("c", to: carl)], first: false), "unsent a waiting"),
                (inTurn, "store and send a"), (.authorized, "a→held, answered a, a unconfirmed"), (toAnyone, "send c"),
            ],
            "nor what a gone window gave it": [
                (.adopted([unsent("a", state: .inFlight)], first: false), "unsent a waiting"), (inTurn, ""),
                (.unconfirmed(["a"]), "a→held, answered a, a unconfirmed"),
                (.resend("a"), "a→waiting, a waiting"), (inTurn, "store and send a"),
            ],
            "of another conversation it stays as it may be, for the window that opens it": [
                (.adopted([unsent("c", to: carl, state: .inFlight)], first: false), ""),
                (.unconfirmed(["c"]), "disown c, answered c"), (.settled("c"), "answered c, remove c"),
            ],
            "what is old waits for the user's word, once": [
                (.adopted([unsent("a", age: twoDays)], first: false), "unsent a stale"), (toAnyone, ""),
                (.resend("a"), "a→waiting, a waiting"), (toAnyone, "send a"),
                (.refused("a", refusal(.messageTooLong)), "a→held, answered a, a refused"),
                (.resend("a"), "a→waiting, a waiting"), (toAnyone, "send a"),
            ],
            "a refusal for good is the user's to answer": [
                (.adopted([unsent("a"), unsent("b")], first: false), "unsent a waiting, unsent b waiting"),
                (toAnyone, "send a"), (.refused("a", refusal(.messageTooLong)), "a→held, answered a, a refused"),
                (toAnyone, "send b"), (.discard("b"), ""), (.discard("a"), "remove a"), (.resend("a"), ""),
            ],
            "a refusal that passes is waited for": [
                (.adopted([unsent("a")], first: false), "unsent a waiting"), (toAnyone, "send a"),
                (.refused("a", refusal(.rateLimited, after: 7000)), "answered a, pause 7, a postponed"),
                (toAnyone, "send a"), (.refused("a", refusal(.rateLimited)), "answered a, pause 1, a postponed"),
                (toAnyone, "send a"),
                (.refused("a", refusal(.rateLimited, after: .max)), "answered a, pause 60, a postponed"),
            ],
            "what the server cannot store goes again three times": [
                (.adopted([unsent("a")], first: false), "unsent a waiting"), (toAnyone, "send a"),
                (.refused("a", refusal(.storageFailed)), "answered a, pause 1, a postponed"), (toAnyone, "send a"),
                (.refused("a", refusal(.storageFailed)), "answered a, pause 2, a postponed"), (toAnyone, "send a"),
                (.refused("a", refusal(.storageFailed)), "answered a, pause 4, a postponed"), (toAnyone, "send a"),
                (.refused("a", refusal(.storageFailed)), "a→held, answered a, a refused"), (toAnyone, ""),
            ],
            "a server that names no message knows no repeats": [
                (.adopted([unsent("a")], first: false), "unsent a waiting"), (inTurn, "store and send a"),
                (.refused("a", refusal(.storageFailed, namesMessage: false)), "a→held, answered a, a refused"),
            ],
            "a refusal of what is not in flight changes nothing": [
                (.adopted([unsent("a", state: .held)], first: false), "unsent a unconfirmed"),
                (.refused("a", refusal(.rateLimited)), ""), (toAnyone, ""),
            ],
        ] as [String: [(Delivery.Event, String)]])
    func sequences(name: String, steps: [(Delivery.Event, String)]) {
        var delivery = Delivery()
        for (number, (event, expected)) in steps.enumerated() {
            let effects = delivery.handle(event, peer: bob, now: Moment(instant: .now, wall: start))
            #expect(effects.map(Self.word).joined(separator: ", ") == expected, "\(name), step \(number + 1)")
        }
    }
}

@Suite("Awaited answers")
struct AwaitedAnswersTests {
    private enum Step: Sendable {
        case sent(ClientMessageID)
        case answered(ClientMessageID)
        case woke
        case tick(AwaitedAnswers.Effect?)
    }

    private static let ping = AwaitedAnswers.Effect.ping(patience: .seconds(10))

    /// Events by the second at which they happen.
    @Test(
        "events and effects over time",
        arguments: [
            "ten seconds, a ping, ten seconds more": [
                (0, .sent("a")), (9.9, .tick(nil)), (10, .tick(ping)), (19.9, .tick(nil)), (20, .tick(.giveUp)),
            ],
            "an answer ends it": [(0, .sent("a")), (5, .answered("a")), (30, .tick(nil))],
            "the one that waits longest counts": [
                (0, .sent("a")), (4, .sent("b")), (5, .answered("b")), (8, .sent("c")), (10, .tick(ping)),
                (15, .answered("a")), (17.9, .tick(nil)), (18, .tick(ping)),
            ],
            "sleep gives it its time again": [
                (0, .sent("a")), (10, .tick(ping)), (3600, .woke), (3609, .tick(nil)), (3610, .tick(ping)),
            ],
            "what nobody waits for does not wake": [(0, .woke), (60, .tick(nil))],
        ] as [String: [(Double, Step)]])
    private func sequences(name: String, steps: [(Double, Step)]) {
        let start = ContinuousClock.now
        var answers = AwaitedAnswers()
        for (second, step) in steps {
            let now = start + .milliseconds(Int64(second * 1000))
            switch step {
            case .sent(let id): answers.sent(id, at: now)
            case .answered(let id): answers.answered(id)
            case .woke: answers.woke(at: now)
            case .tick(let effect):
                #expect(effect == nil || answers.nextDeadline == now, "\(name), \(second) s")
                #expect(answers.tick(at: now) == effect, "\(name), \(second) s")
            }
        }
    }
}
