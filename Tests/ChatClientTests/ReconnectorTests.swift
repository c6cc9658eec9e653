import ChatWire
import Testing

@testable import ChatClient

/// A reconnector with a clock of its own. Its effects are short texts, without those for the log.
private struct Reconnecting {
    var machine = Reconnector(seed: 1)
    var now = Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000))

    @discardableResult
    mutating func handle(_ event: Reconnector.Event) -> [String] {
        machine.handle(event, now: now).compactMap { Self.word(for: $0, now: now) }
    }

    private static func word(for effect: Reconnector.Effect, now: Moment) -> String? {
        switch effect {
        case .forgetLink: "forget"
        case .open: "open"
        case .close: "close"
        case .ping(let patience): "ping \(patience.components.seconds)"
        case .status(.connecting(let attempt)): "connecting \(attempt)"
        case .status(.online): "online"
        case .status(.waiting(let attempt, let retryAt, _)):
            retryAt > now.instant + .seconds(1) ? "waiting long" : "waiting \(attempt)"
        case .status(.stopped): "stopped"
        case .log: nil
        }
    }

    /// Advances the clock from deadline to deadline.
    @discardableResult
    mutating func pass(_ duration: Duration) -> [String] {
        let end = now.advanced(by: duration)
        var effects: [String] = []
        while let next = machine.nextDeadline, next <= end.instant {
            now = now.advanced(by: max(.zero, next - now.instant))
            effects += handle(.tick)
        }
        now = end
        return effects
    }

    /// Moves it from the beginning into a phase, by the shortest way.
    static func phase(_ phase: LinkPhase) -> Reconnecting {
        var reconnecting = Reconnecting()
        let way: [Reconnector.Event] =
            switch phase {
            case .idle: []
            case .loading: [.load]
            case .connecting: [.start]
            case .authorizing: [.start, .opened]
            case .online(let version): [.start, .opened, .authorized(protocolVersion: version, MessageLimits())]
            case .waiting: [.start, .ended(.lost)]
            case .stopped: [.start, .ended(.closed(code: 4500))]
            }
        for event in way { reconnecting.handle(event) }
        return reconnecting
    }
}

private let phases: [LinkPhase] = [
    .idle, .loading, .connecting, .authorizing, .online(protocolVersion: 2), .waiting, .stopped,
]

@Suite("The reconnector")
struct ReconnectorTests {
    private static let anew = ["forget", "connecting", "open"]

    /// The effects of each event in each phase, in the order of `phases`. A dot stands for none.
    @Test(
        "every event in every phase",
        arguments: [
            (.load, "loading . . . . . ."),
            (.start, "connecting connecting . . . . ."),
            (.opened, ". . authorizing . . . ."),
            (.authorized(protocolVersion: 1, MessageLimits()), ". . . online . . ."),
            (.refused(.storageFailed), ". . . waiting . . ."),
            (.refused(.notAuthorized), ". . . . . . ."),
            (.ended(.lost), ". . waiting waiting waiting . ."),
            (.ended(.token(.expired)), ". . stopped stopped stopped . ."),
            (.giveUp(.noPong), ". . waiting waiting waiting . ."),
            (.connectNow, ". . connecting connecting connecting connecting connecting"),
            (.replaceLink, ". . connecting connecting connecting . ."),
            (.woke(after: .seconds(60)), ". . connecting connecting . connecting ."),
            (.progressed, ". . . . . . ."),
            (.stop, "stopped stopped stopped stopped stopped stopped stopped"),
            (.tick, ". . . . . . ."),
        ] as [(Reconnector.Event, String)])
    func transitions(event: Reconnector.Event, expected: String) {
        let found = phases.map { phase in
            var reconnecting = Reconnecting.phase(phase)
            let (before, link) = (reconnecting.machine.phase, reconnecting.machine.linkNumber)
            let effects = reconnecting.handle(event)
            let (after, isSameLink) = (reconnecting.machine.phase, reconnecting.machine.linkNumber == link)
            #expect(effects.contains("forget") == !isSameLink, "\(phase)")
            return before == after && isSameLink ? "." : "\(after)".prefix { $0 != "(" }
        }
        #expect(found.joined(separator: " ") == expected)
    }

    @Test("a link is closed before another one is opened, and only if there is one") func closes() {
        for phase in phases where phase != .idle && phase != .loading {
            var reconnecting = Reconnecting.phase(phase)
            let effects = reconnecting.handle(.connectNow)
            #expect(effects.contains("close") == phase.hasLink, "\(phase)")
            #expect(effects.suffix(3).map { $0.prefix { $0 != " " } } == Self.anew.map { $0[...] }, "\(phase)")
        }
    }

    private enum Step: Sendable {
        case event(Reconnector.Event, [String])
        case pass(Double, [String])
    }

    private static let toOnline: [Step] = [
        .event(.start, ["forget", "connecting 1", "open"]), .event(.opened, []),
        .event(.authorized(protocolVersion: 2, MessageLimits()), ["online"]),
    ]

    @Test(
        "events, time and effects",
        arguments: [
            "ten seconds for a connection": [
                .event(.start, ["forget", "connecting 1", "open"]), .pass(6, []), .event(.opened, []), .pass(3.9, []),
                .pass(0.1, ["close", "forget", "waiting 2"]),
            ],
            "attempts are counted since it last stood": [
                .event(.start, ["forget", "connecting 1", "open"]), .event(.ended(.lost), ["forget", "waiting 2"]),
                .pass(0.5, ["forget", "connecting 2", "open"]), .event(.opened, []),
                .event(.authorized(protocolVersion: 2, MessageLimits()), ["online"]),
                .event(.ended(.lost), ["forget", "waiting 1"]),
            ],
            "the server may say why it refuses the log-in": toOnline.prefix(2) + [
                .event(.refused(.forbidden), []), .event(.ended(.closed(code: 4504)), ["forget", "stopped"]),
                .pass(60, []),
            ],
            "a server that does not close after that is left": toOnline.prefix(2) + [
                .event(.refused(.forbidden), []), .pass(1.9, []), .pass(0.1, ["close", "forget", "stopped"]),
            ],
            "asleep, the link died": toOnline + [
                .pass(10, []), .event(.woke(after: .seconds(60)), ["ping 3"]), .pass(3, []),
                .event(.ended(.noPong), ["forget", "forget", "connecting 1", "open"]),
            ],
            "asleep, it did not": toOnline + [
                .pass(10, []), .event(.woke(after: .seconds(60)), ["ping 3"]), .pass(4, []),
                .event(.ended(.noPong), ["forget", "waiting 1"]),
            ],
            "asleep, what is the user's to mend still is": toOnline + [
                .event(.woke(after: .seconds(60)), ["ping 3"]),
                .event(.ended(.closed(code: 4500)), ["forget", "stopped"]),
            ],
            "the token's time is over": toOnline + [
                .pass(5, []), .event(.ended(.closed(code: 4004)), ["forget", "forget", "connecting 1", "open"]),
            ],
            "the token's time is over at once": toOnline + [
                .pass(4.9, []), .event(.ended(.closed(code: 4004)), ["forget", "waiting 1"]),
            ],
            "a certificate that proves nothing is tried again slowly": [
                .event(.start, ["forget", "connecting 1", "open"]),
                .event(.ended(.certificate(.notTrusted)), ["forget", "waiting long"]), .pass(29, []),
                .pass(1, ["forget", "connecting 2", "open"]),
            ],
        ] as [String: [Step]])
    private func sequences(name: String, steps: [Step]) {
        var reconnecting = Reconnecting()
        for (number, step) in steps.enumerated() {
            switch step {
            case .event(let event, let expected):
                #expect(reconnecting.handle(event) == expected, "\(name), step \(number + 1)")
            case .pass(let seconds, let expected):
                #expect(
                    reconnecting.pass(.milliseconds(Int64(seconds * 1000))) == expected, "\(name), step \(number + 1)")
            }
        }
    }

    @Test(
        "waits are short again after a stable connection, a sleep, the user's request, and progress",
        arguments: [
            (nil, true), (.connectNow, false), (.woke(after: .seconds(60)), false), (.progressed, false),
        ] as [(Reconnector.Event?, Bool)])
    func shortWaits(event: Reconnector.Event?, isLong: Bool) {
        let words = (0..<40).map { (seed: UInt64) in
            var reconnecting = Reconnecting.phase(.waiting)
            reconnecting.machine = Reconnector(seed: seed)
            reconnecting.handle(.start)
            for _ in 0..<12 {
                reconnecting.handle(.ended(.lost))
                reconnecting.pass(.seconds(31))
            }
            if let event { reconnecting.handle(event) }
            return reconnecting.handle(.ended(.lost)).last
        }
        #expect(words.contains("waiting long") == isLong)
    }
}
