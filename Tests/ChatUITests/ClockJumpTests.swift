import ChatWire
import Testing

@testable import ChatUI

/// Durations remain right if the wall clock is set in the meantime (NTP, a machine that wakes up).
struct ClockJumpTests {
    /// An event that starts something temporary, a text that shows it, and its duration in seconds.
    struct Span: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var seconds: Int
        var begin: @Sendable (inout Conversation) -> Void
        var isShown: @Sendable (Conversation) -> Bool
    }

    static let spans = [
        Span(testDescription: "typing", seconds: 5) {
            $0.feed(.typing)
        } isShown: {
            $0.screen.lines[0].contains("печатает")
        },
        Span(testDescription: "an answer to a key", seconds: 10) {
            $0.press("<c-x>")
        } isShown: {
            $0.model.notice != nil
        },
        Span(testDescription: "the second Ctrl-C", seconds: 2) {
            $0.press("<c-c>")
        } isShown: { conversation in
            var copy = conversation
            return copy.press("<c-c>") == [.quit]
        },
        Span(testDescription: "the countdown", seconds: 7) {
            $0.feed(.connection(.waiting(attempt: 2, retryAt: $0.instant + .seconds(7), after: .lost)))
        } isShown: {
            !$0.screen.lines.joined().contains("через 0 с")
        },
        Span(testDescription: "no second alert", seconds: 3) {
            $0.feed(.input(.focus(false)), .client(.received(.make("m1", at: $0.now))))
        } isShown: { conversation in
            var copy = conversation
            return copy.feed(.received(.make("m2", at: .noon.advanced(by: .seconds(9000))))).isEmpty
        },
    ]
    static let jumps = [0, 3600, -3600, 86_400 * 365]

    @Test(arguments: spans, jumps)
    func lastsAsLong(_ span: Span, _ jump: Int) {
        var conversation = Conversation.online()
        span.begin(&conversation)
        conversation.jump(.seconds(jump))
        #expect(span.isShown(conversation))
        conversation.wait(.milliseconds(span.seconds * 1000 - 1))
        #expect(span.isShown(conversation))
        conversation.jump(.seconds(-2 * jump))
        conversation.wait(.milliseconds(1))
        #expect(!span.isShown(conversation))
    }

    @Test(arguments: jumps) func theCountdownTellsTheSecondsThatAreLeft(_ jump: Int) {
        var conversation = Conversation()
        conversation.feed(
            .connection(.waiting(attempt: 2, retryAt: conversation.instant + .seconds(7), after: .lost)))
        conversation.jump(.seconds(jump))
        #expect(conversation.screen.lines.joined().contains("через 7 с"))
        #expect(nextTick(conversation.model, in: conversation.environment) == conversation.instant + .seconds(1))
    }
}
