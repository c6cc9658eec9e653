import ChatWire
import Testing

@testable import ChatUI

struct NextTickTests {
    private func seconds(_ conversation: Conversation) -> Double? {
        nextTick(conversation.model, in: conversation.environment).map { tick in
            ((tick - conversation.instant) / .milliseconds(1)).rounded() / 1000
        }
    }

    @Test func anIdleScreenWantsNone() {
        var conversation = Conversation()
        #expect(seconds(conversation) == nil)
        conversation.feed(.connection(.online(limits: MessageLimits())), .caughtUp)
        conversation.feed(.history([.make("m1", at: .noon.advanced(by: .seconds(-90_000)))], hasOlder: false))
        #expect(seconds(conversation) == nil)
    }

    @Test func loadingThatTakesLongWantsOne() {
        var conversation = Conversation()
        conversation.feed(.connection(.online(limits: MessageLimits())))
        #expect(seconds(conversation) == 1)
        conversation.wait(.seconds(1))
        #expect(seconds(conversation) == nil)
    }

    @Test func aCountdownWantsEverySecond() {
        var conversation = Conversation()
        let retryAt = conversation.instant + .milliseconds(2500)
        conversation.feed(.connection(.waiting(attempt: 1, retryAt: retryAt, after: .lost)))
        #expect(seconds(conversation) == 0.5)
        conversation.wait(.milliseconds(500))
        #expect(seconds(conversation) == 1)
        conversation.wait(.seconds(1))
        #expect(seconds(conversation) == 1)
        conversation.wait(.seconds(1))
        #expect(seconds(conversation) == nil)
    }

    /// The ages of the visible messages in seconds, and when the next tick comes.
    static let ages: [([Int], Double?)] = [
        ([0], 60), ([59], 1), ([60], 60), ([75], 45), ([3601], 3599), ([86_399], 1), ([86_400], nil),
        ([90, 30], 30), ([89, 30], 30), ([3599, 10], 50), ([3600, 7], 53), ([-5], 65), ([-60], 120), ([-61], 1),
        ([-90], 30), ([90, -3600], 60), ([-315_619_200], 315_619_140),
    ]

    @Test(arguments: ages)
    func relativeTimes(_ ages: [Int], _ expected: Double?) {
        var conversation = Conversation.online()
        let messages = ages.enumerated().map { index, age in
            Message.make("m\(index)", own: index % 2 == 0, at: .noon.advanced(by: .seconds(-age)))
        }
        conversation.feed(.history(messages, hasOlder: false))
        #expect(seconds(conversation) == expected)
    }

    /// There is at most one tick a minute, however many times are visible, and no time is shown a minute late.
    @Test func oneTickAMinute() {
        var conversation = Conversation.online()
        let messages = (0..<8).map { index in
            Message.make("m\(index)", own: index % 2 == 0, at: .noon.advanced(by: .seconds(-7 * (20 - index))))
        }
        conversation.feed(.history(messages, hasOlder: false))
        var ticks = 0
        while let tick = nextTick(conversation.model, in: conversation.environment), tick - .noon < .seconds(600) {
            guard tick > conversation.instant else {
                Issue.record("the next tick is in the past")
                return
            }
            conversation.now = .noon.advanced(by: tick - .noon)
            ticks += 1
        }
        #expect((9...11).contains(ticks))
    }

    @Test func whatIsOutOfSightWantsNone() {
        var conversation = Conversation.online()
        let old = (1...50).map { Message.make("o\($0)", at: .noon.advanced(by: .seconds(-90_000))) }
        conversation.feed(.history(old + [.make("m1")], hasOlder: false))
        #expect(seconds(conversation) == 60)
        conversation.press("<c-home>")
        #expect(seconds(conversation) == nil)
    }

    /// The answer to a key disappears by itself. A notice that the user has to know remains.
    @Test func answersFade() {
        var conversation = Conversation.online()
        conversation.press("<c-x>")
        #expect(seconds(conversation) == 10)
        conversation.wait(.seconds(9))
        conversation.press("<c-x>")
        #expect(seconds(conversation) == 10)
        conversation.wait(.seconds(10))
        #expect(conversation.model.notice == nil)
        #expect(seconds(conversation) == nil)
        conversation.press("/nosuch<enter>")
        #expect(conversation.model.notice != nil && seconds(conversation) == nil)
    }

    @Test func typingFades() {
        var conversation = Conversation.online()
        conversation.feed(.typing)
        #expect(seconds(conversation) == 5)
        conversation.wait(.seconds(2))
        #expect(seconds(conversation) == 3)
        conversation.wait(.seconds(3))
        #expect(seconds(conversation) == nil)
        #expect(conversation.model.typingUntil == nil)
    }

    /// The header shows in relative words when the peer was last seen, if there is room.
    @Test func lastSeenGrowsOlder() {
        var conversation = Conversation.online()
        let lastSeen = Timestamp.noon.advanced(by: .seconds(-70))
        conversation.feed(.presence(isOnline: false, lastSeen: lastSeen))
        #expect(seconds(conversation) == 50)
        conversation.press("<f1>")
        #expect(seconds(conversation) == 50)
        conversation.feed(.received(.make("m1", at: .noon.advanced(by: .seconds(-90)))))
        #expect(seconds(conversation) == 50)
        conversation.press("<esc>")
        #expect(seconds(conversation) == 50, "one tick a minute does for both")
        conversation.feed(.presence(isOnline: true, lastSeen: lastSeen), .connection(.connecting(attempt: 1)))
        conversation.press("<f1>")
        #expect(seconds(conversation) == nil)
    }
}
