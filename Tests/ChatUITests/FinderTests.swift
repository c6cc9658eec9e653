import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// The search in all conversations.
struct FinderTests {
    private var conversation = Conversation()

    private func page(_ ids: ClosedRange<Int>, next: Int64? = nil) -> Result<FoundPage, StoreFailure> {
        .success(
            FoundPage(
                messages: ids.map { FoundMessage(message: .make("m\($0)", "слово", own: false), peer: .seller) },
                next: next))
    }

    private var found: [String] { conversation.model.app.finder?.found.map(\.message.id.wire) ?? [] }

    @Test mutating func everyChangeOfTheWordsSearchesOnce() {
        #expect(conversation.press("<a-s>") == [])
        #expect(conversation.press("с") == [.find("с", after: nil)])
        #expect(conversation.press(" ") == [])
        #expect(conversation.press("<left>") == [])
        #expect(conversation.press("т") == [.find("ст", after: nil)])
        #expect(conversation.press("<c-u>") == [])
    }

    @Test mutating func anAnswerToEarlierWordsIsIgnored() {
        conversation.press("/find сл<enter>")
        conversation.press("о")
        conversation.feed(.found(query: "сл", page(1...3), after: nil))
        #expect(found == [])
        conversation.feed(.found(query: "сло", page(1...2), after: nil))
        #expect(found == ["m1", "m2"])
        conversation.feed(.found(query: "сло", page(8...9), after: nil))
        #expect(found == ["m1", "m2"])
    }

    @Test mutating func theNextPageIsLoadedInTime() {
        conversation.press("/find сл<enter>")
        conversation.feed(.found(query: "сл", page(1...50, next: 7), after: nil))
        #expect(conversation.press("<pagedown>") == [])
        #expect(conversation.press("<c-end>") == [.find("сл", after: 7)])
        #expect(conversation.press("<down>") == [])
        conversation.feed(.found(query: "сл", page(51...60), after: 7))
        #expect(found.count == 60)
        #expect(conversation.press("<c-end>") == [])
        #expect(conversation.model.app.finder?.chosen?.message.id == "m60")
    }

    /// Older results are asked for until the selected one is among them.
    @Test mutating func storedHistoryIsSearchedToo() {
        conversation.press("/find сл<enter>")
        #expect(conversation.feed(.missingStored) == [])
        #expect(conversation.feed(.found(query: "сл", page(1...3), after: nil)) == [.find("сл", after: nil)])
        conversation.feed(.found(query: "сл", page(1...3), after: nil))
        conversation.press("<down>")
        #expect(conversation.feed(.missingStored) == [.find("сл", after: nil)])
        #expect(conversation.press("<left>") == [])
        #expect(conversation.feed(.found(query: "сл", page(7...9, next: 5), after: nil)) == [.find("сл", after: 5)])
        #expect(found == ["m1", "m2", "m3"])
        conversation.feed(.found(query: "сл", page(1...4), after: 5))
        #expect(found == ["m7", "m8", "m9", "m1", "m2", "m3", "m4"])
        #expect(conversation.model.app.finder?.chosen?.message.id == "m2")
        conversation.press("<c-u>")
        #expect(conversation.feed(.missingStored) == [])
    }

    /// The results wait only behind the conversation that was opened from them.
    @Test mutating func goingElsewhereEndsIt() {
        conversation.press("/find сл<enter>")
        conversation.feed(.found(query: "сл", page(1...2), after: nil))
        conversation.press("<enter>")
        #expect(conversation.model.app.finder?.isVisiting == true)
        conversation.press("/seller other<enter>")
        #expect(conversation.model.app.finder == nil)
    }

    /// A message that is shown at its old place does not mean that the newest was read.
    @Test mutating func openingAResultReadsNothing() {
        conversation.press("/find сл<enter>")
        let old = FoundMessage(
            message: .make("old", "слово", own: false), peer: UserID("other") ?? .seller)
        conversation.feed(.found(query: "сл", .success(FoundPage(messages: [old])), after: nil))
        conversation.press("<enter>")
        conversation.feed(.opened(UserID("other")))
        var newest = Message.make("new", "новое", own: false)
        newest.sender = old.peer
        #expect(conversation.feed(.history([newest], hasOlder: true)) == [.loadAround("old")])
    }

    /// In the open conversation the window returns to where it was.
    @Test mutating func theSameConversationIsNotOpenedAgain() {
        conversation.feed(.history((1...90).map { .make("m\($0)", "слово", own: false) }, hasOlder: false))
        conversation.press("/find сл<enter>")
        conversation.feed(.found(query: "сл", page(3...3), after: nil))
        #expect(conversation.press("<enter>") == [])
        #expect(conversation.model.viewport != .following)
        #expect(conversation.press("<esc><esc>") == [])
        #expect(conversation.model.viewport == .following)
        #expect(conversation.model.overlay == nil)
    }
}
