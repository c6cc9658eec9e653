import ChatWire
import Testing

@testable import ChatUI

/// What follows `/seller`. An ID may have spaces, and no wrong conversation is ever opened.
struct NamedConversationTests {
    private static let known = ["anna", "Anna Maria", "Anna Maria Braun", "bob", "«x»"]

    private func named(_ text: String) -> NamedConversation {
        NamedConversation(text) { Self.known.contains($0.wire) }
    }

    @Test(
        arguments: [
            ("carl", .opening("carl")), ("bob", .opening("bob")),
            ("bob  Красный диван", .opening("bob", about: "Красный диван")),
            ("Anna Maria", .opening("Anna Maria")),
            ("Anna Maria Диван", .opening("Anna Maria", about: "Диван")),
            ("Anna Maria Braun", .ambiguous("Anna Maria", "Anna Maria Braun")),
            ("\"Anna Maria\"", .opening("Anna Maria")),
            ("\"Anna Maria\" Braun", .opening("Anna Maria", about: "Braun")),
            ("«Anna Maria Braun»", .opening("Anna Maria Braun")),
            ("\"carl gustav\"", .opening("carl gustav")),
            ("\"a\"b\" c", .opening("a\"b", about: "c")), ("\"bob", .opening("\"bob")),
            ("Anna Smith", .unknown("Anna")), ("\"Anna Smith", .unknown("\"Anna")), ("\"\"", .invalid),
            ("\" \"", .invalid), ("«\u{A0}\u{3000}»", .invalid), ("\" \" Диван", .invalid), ("\u{2003}", .invalid),
        ] as [(String, NamedConversation)])
    func names(_ text: String, _ expected: NamedConversation) {
        #expect(named(text) == expected)
    }

    /// What Tab writes is read as that ID.
    @Test(arguments: ["anna", "Anna Maria", "«x»", "\"", "a\" b", "a\" b» c"])
    func written(_ id: String) throws {
        let text = try #require(NamedConversation.written(id))
        #expect(named(text) == .opening(id))
    }

    /// A paste is not tried at each of its spaces.
    @Test func aLongTextTakesNoTime() {
        let text = String(repeating: "a ", count: 100_000)
        var tried = 0
        let named = NamedConversation(text) { _ in
            tried += 1
            return false
        }
        #expect(named == .unknown("a"))
        #expect(tried == UserID.maxLength / 2)
        let longID = String(repeating: "й", count: UserID.maxLength)
        #expect(NamedConversation(longID + " Диван") { $0.wire == longID } == .opening(longID, about: "Диван"))
        #expect(NamedConversation(longID + "й Диван") { _ in true } == .invalid)
    }

    @Test func anIDWithSpacesIsOpened() {
        var conversation = Conversation(with: nil)
        conversation.feed(.connection(.online(limits: MessageLimits())))
        conversation.feed(
            .conversations([.make(UserID("Anna Maria")!), .make(UserID("bob")!)]), .conversationsComplete)
        conversation.press("/seller Anna Maria<enter>")
        #expect(conversation.model.conversation?.peer.wire == "Anna Maria")
    }
}

extension NamedConversation {
    fileprivate static func opening(_ id: String, about product: String = "") -> NamedConversation {
        .conversation(UserID(id)!, product: product)
    }
}
