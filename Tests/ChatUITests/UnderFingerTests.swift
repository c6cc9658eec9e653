import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// The list changes by itself while somebody is about to press a key.
struct UnderFingerTests {
    private static func entry(_ name: String, _ second: Int) -> ConversationList.Entry {
        .make(UserID(name)!, at: Timestamp.noon.advanced(by: .seconds(second - 100)))
    }

    /// The list with `a` at the top, seen long enough.
    private static func list(rows: Int = 24, _ names: String = "abc") -> Conversation {
        var conversation = Conversation(with: nil, size: Size(rows: rows, columns: 80))
        conversation.feed(.connection(.online(limits: MessageLimits())))
        conversation.feed(.conversations(names.enumerated().map { entry("\($1)", -$0) }), .conversationsComplete)
        conversation.wait(.seconds(10))
        return conversation
    }

    private static func opened(_ effects: [Effect]) -> String? {
        effects.compactMap { if case .open(let peer) = $0 { peer?.wire } else { nil } }.last
    }

    @Test(arguments: [(0.1, "a"), (0.6, "a"), (0.8, "z")])
    func enterOpensWhatWasThere(_ seconds: Double, _ opened: String) {
        var conversation = Self.list()
        conversation.feed(.conversations([Self.entry("z", 1)]))
        #expect(conversation.model.app.inbox.selected?.wire == "z", "it stays at the top")
        conversation.wait(.seconds(seconds))
        #expect(Self.opened(conversation.press("<enter>")) == opened)
    }

    /// What came before the last change is meant as soon as there was time to see it.
    @Test func ofSeveralChanges() {
        var conversation = Self.list()
        conversation.feed(.conversations([Self.entry("y", 1)]))
        conversation.wait(.milliseconds(500))
        conversation.feed(.conversations([Self.entry("z", 2)]))
        conversation.wait(.milliseconds(400))
        #expect(Self.opened(conversation.press("<enter>")) == "y")
    }

    @Test func aKeyShowsThatTheUserHasSeenIt() {
        var conversation = Self.list()
        conversation.feed(.conversations([Self.entry("z", 1)]))
        conversation.press("<down><up>")
        #expect(Self.opened(conversation.press("<enter>")) == "z")
    }

    /// The numbers of conversations out of sight go to those in sight, but not while the user types.
    @Test func numbersComeIntoSight() {
        var conversation = Self.list(rows: 14, "abcdefghijkl")
        for (second, name) in ["w", "x", "y", "z"].enumerated() {
            conversation.feed(.conversations([Self.entry(name, second + 1)]))
        }
        func numbers() -> [Int?] { ["w", "x", "y", "z"].map { conversation.model.app.inbox.number(of: UserID($0)!) } }
        #expect(numbers() == [nil, nil, nil, nil])
        conversation.wait(.seconds(4))
        #expect(numbers() == [nil, nil, nil, nil])
        conversation.wait(.seconds(2))
        #expect(numbers().allSatisfy { $0 != nil })
        let number = conversation.model.app.inbox.number(of: UserID("z")!)!
        #expect(Self.opened(conversation.press("<a-\(number)>")) != "z", "the number has just changed")
    }
}
