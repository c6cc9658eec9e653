import ChatWire
import Testing

@testable import ChatClient

@Suite("All transitions")
struct StatesTests {
    private static let phases: [LinkPhase] = [
        .idle, .loading, .connecting, .authorizing, .online(protocolVersion: 2), .waiting, .stopped,
    ]

    /// The next phase for each trigger and each phase, in the order of `phases`. A dot: the trigger does not apply.
    @Test(
        "the link's",
        arguments: [
            (.load, "loading . . . . . ."),
            (.connect, "connecting connecting connecting connecting connecting connecting connecting"),
            (.opened, ". . authorizing . . . ."),
            (.authorized(protocolVersion: 2), ". . . online . . ."),
            (.failed, ". . waiting waiting waiting . ."),
            (.stopped, "stopped stopped stopped stopped stopped stopped stopped"),
        ] as [(LinkPhase.Trigger, String)])
    func link(trigger: LinkPhase.Trigger, expected: String) {
        let found = Self.phases.map { phase in phase.after(trigger).map { "\($0)".prefix { $0 != "(" } } ?? "." }
        #expect(found.joined(separator: " ") == expected)
    }

    /// The same for the states of the feed: unknown, resuming, reloading, live.
    @Test(
        "the feed's",
        arguments: [
            (.resume(end: end), "resuming . . ."), (.reload(end: end), "reloading . . ."),
            (.resync, ". reloading . ."), (.advance(to: end), ". . reloading ."), (.complete, ". live live ."),
        ] as [(FeedState.Trigger, String)])
    func feed(trigger: FeedState.Trigger, expected: String) {
        let states: [FeedState] = [.unknown, .resuming(end: Self.end), .reloading(position: Self.end), .live]
        let found = states.map { state in state.after(trigger).map { "\($0)".prefix { $0 != "(" } } ?? "." }
        #expect(found.joined(separator: " ") == expected)
    }

    private static let end = FeedPosition(epoch: "e", cursor: 7)

    /// The same for the states of a message: unsaved, waiting, in flight, held.
    @Test(
        "those of a message written here",
        arguments: [
            (.saved, "waiting . . ."), (.sent, ". inFlight . ."), (.postponed, ". . waiting ."),
            (.requeued, ". . waiting ."), (.held, ". held held ."), (.released, ". . . waiting"),
        ] as [(OutgoingState.Trigger, String)])
    func message(trigger: OutgoingState.Trigger, expected: String) {
        let states: [OutgoingState] = [.unsaved, .waiting, .inFlight, .held]
        #expect(states.map { $0.after(trigger).map { "\($0)" } ?? "." }.joined(separator: " ") == expected)
    }
}
