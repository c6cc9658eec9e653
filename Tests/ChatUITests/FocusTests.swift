import ChatWire
import Testing

@testable import ChatUI

/// A terminal that never reports its focus. Every message alerts the user, and only messages that were on the screen
/// when a key came are read.
@Suite struct FocusTests {
    enum Step: Sendable {
        case message(String)
        case key, paste, wheel, click, tick, resize, focus(Bool)
        case suspend
        /// A key that covers the end of the conversation.
        case help

        var event: Event {
            switch self {
            case .message(let id): .client(.received(.make(MessageID(id))))
            case .key: .input(.key(Key(.character("a"))))
            case .paste: .input(.paste("b"))
            case .wheel: .input(.wheel(1))
            case .click: .input(.click(Position(row: 5, column: 1)))
            case .tick: .tick
            case .resize: .resized(Size(rows: 24, columns: 80))
            case .focus(let isOn): .input(.focus(isOn))
            case .help: .input(.key(Key(.function(1))))
            case .suspend: .input(.key(Key(.character("z"), .control)))
            }
        }
    }

    /// The events, how far the user has read afterwards, and how often the bell rang.
    @Test(
        arguments: [
            ([.message("m1")], nil, 1),
            ([.message("m1"), .tick, .resize, .wheel, .click], nil, 1),
            ([.message("m1"), .key], "m1", 1),
            ([.message("m1"), .paste], "m1", 1),
            ([.message("m1"), .help], "m1", 1),
            ([.key, .help, .message("m1")], nil, 1),
            ([.key, .message("m1")], nil, 1),
            ([.message("m1"), .key, .message("m2")], "m1", 2),
            ([.focus(true), .message("m1")], "m1", 0),
            ([.focus(false), .message("m1")], nil, 1),
            ([.message("m1"), .focus(true)], "m1", 1),
            ([.focus(true), .focus(false), .message("m1")], nil, 1),
            // A key proves that the report of a lost focus was wrong, so the focus is unknown afterwards.
            ([.focus(false), .message("m1"), .key, .message("m2")], "m1", 2),
            ([.focus(true), .key, .message("m1")], "m1", 0),
            // While the shell or the editor has the terminal, the focus may change unnoticed.
            ([.focus(true), .suspend, .message("m1")], nil, 1),
            ([.focus(true), .suspend, .focus(true), .message("m1")], "m1", 0),
        ] as [([Step], String?, Int)])
    func table(_ steps: [Step], read: String?, bells: Int) {
        var conversation = Conversation.online(tellsFocus: false)
        for step in steps {
            conversation.feed(step.event)
            conversation.wait(.seconds(4))  // after this time the bell may ring again
        }
        let marks = conversation.reports.compactMap { effect -> MessageID? in
            if case .markRead(let id) = effect { id } else { nil }
        }
        #expect(marks.last == read.map { MessageID($0) })
        #expect(conversation.effects.count { $0 == .bell } == bells)
    }

    /// Without focus reports, in any order of events: a message after the last key is never read, and every message
    /// rings the bell.
    @Test(arguments: 0..<100) func fuzz(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var conversation = Conversation.online(tellsFocus: false)
        var seen: Set<String> = []
        var shown: Set<String> = []
        for number in 0..<60 {
            let before = (conversation.reports.count, conversation.effects.count)
            let step: Step =
                [.key, .paste, .wheel, .click, .tick, .resize, .message("m\(number)")][Int(random.next() % 7)]
            conversation.feed(step.event)
            if case .message(let id) = step {
                shown.insert(id)
                #expect(conversation.effects[before.1...].contains(.bell))
            }
            if step.event.isUserInput { seen = shown }
            for case .markRead(let id) in conversation.reports[before.0...] { #expect(seen.contains(id.wire)) }
            conversation.wait(.seconds(4))
        }
    }

    @Test func theInboxRingsToo() {
        var inbox = Conversation(with: nil, tellsFocus: false)
        inbox.feed(.connection(.online(limits: MessageLimits())), .conversations([]), .conversationsComplete)
        inbox.feed(.conversations([.make(UserID("bob")!, unread: 1)]))
        #expect(inbox.effects.contains(.bell))
    }
}
