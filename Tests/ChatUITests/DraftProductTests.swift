import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// A draft is about one product from its beginning to its end, and what it is about ends with it.
struct DraftProductTests {
    private static let alpha = Product(id: "1", title: "Alpha")
    private static let beta = Product(id: "2", title: "Beta")
    private static let gamma = Product(id: "3", title: "Gamma")

    private static func message(_ id: MessageID, _ product: Product?) -> Update {
        var message = Message.make(id)
        message.product = product
        return .received(message)
    }

    /// The conversation is about Alpha.
    private static func aboutAlpha() -> Conversation {
        var conversation = Conversation.online()
        conversation.feed(.products([gamma, beta]), message("m1", alpha))
        return conversation
    }

    /// The last draft that was reported.
    private func draft(of conversation: Conversation) -> Draft? {
        for case .draftChanged(let draft) in conversation.reports.reversed() { return draft }
        return nil
    }

    @Test func isFixedWhenItBegins() {
        var conversation = Self.aboutAlpha()
        conversation.press("a")
        #expect(draft(of: conversation) == Draft("a", product: Self.alpha))
        conversation.feed(Self.message("m2", Self.beta))
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "a", product: Self.alpha)])
        #expect(conversation.press("b<enter>") == [.send(id: "own2", text: "b")])
    }

    /// A conversation whose product is not known yet when the user begins to write.
    @Test func isFixedOnceItCanBe() {
        var conversation = Conversation.online()
        conversation.press("a")
        conversation.feed(.profile(name: nil, product: Self.alpha))
        #expect(draft(of: conversation) == Draft("a", product: Self.alpha))
        conversation.feed(Self.message("m2", Self.beta))
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "a", product: Self.alpha)])
    }

    @Test func goesWithItsDraftToTheListAndBack() {
        var conversation = Self.aboutAlpha()
        conversation.press("a")
        conversation.feed(Self.message("m2", Self.beta))
        conversation.model.app.escapeOpensList = true
        conversation.feed(.conversations([.make(.seller, product: "Beta")]), .conversationsComplete)
        conversation.press("<esc><enter>")
        conversation.feed(.opened(nil), .opened(.seller), .caughtUp, Self.message("m3", Self.beta))
        #expect(conversation.press("<enter>").contains(.send(id: "own1", text: "a", product: Self.alpha)))
        #expect(conversation.press("b<enter>") == [.send(id: "own2", text: "b")])
    }

    /// While the list is shown, a message about something else arrives.
    @Test func aDraftThatWasLeftKeepsIt() {
        var conversation = Self.aboutAlpha()
        conversation.model.app.escapeOpensList = true
        conversation.press("a<esc>")
        var entry = ConversationList.Entry.make(.seller, product: "Beta")
        entry.product = Self.beta
        conversation.feed(.opened(nil), .conversations([entry]), .conversationsComplete)
        conversation.press("<enter>")
        conversation.feed(.opened(.seller), Self.message("m2", Self.beta))
        #expect(conversation.press("<enter>").contains(.send(id: "own1", text: "a", product: Self.alpha)))
    }

    /// What was chosen at the start holds for what is written then, and a stored draft keeps its own.
    @Test func aStoredDraftAndAChoiceAtTheStart() {
        var conversation = Conversation(product: "Gamma")
        conversation.feed(.connection(.online(limits: MessageLimits())), Self.message("m1", Self.beta), .caughtUp)
        conversation.feed(.draft(Draft("a", product: Self.alpha)))
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "a", product: Self.alpha)])
        #expect(conversation.press("b<enter>") == [.send(id: "own2", text: "b", product: Product(title: "Gamma"))])
    }

    @Test func aStoredDraftThatWaitsKeepsIt() {
        var conversation = Self.aboutAlpha()
        conversation.press("a")
        conversation.feed(.draft(Draft("old", product: Self.beta)))
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "a")])
        #expect(conversation.model.editor.text == "old")
        #expect(draft(of: conversation) == Draft("old", product: Self.beta))
        #expect(conversation.press("<enter>") == [.send(id: "own2", text: "old", product: Self.beta)])
    }

    /// A refused message that is taken back brings its product, and the draft that waits meanwhile keeps its own.
    @Test func takingBack() {
        var conversation = Self.aboutAlpha()
        conversation.savesAtOnce = false
        conversation.press("/product beta<enter>r<enter>/product gamma<enter>")
        conversation.feed(.outgoing(id: "own1", .unsent(.waiting)))
        conversation.feed(.outgoing(id: "own1", .unsent(.refused(nil, message: "много"))))
        conversation.press("w<a-r>")
        #expect(conversation.model.editor.text == "r")
        #expect(conversation.press("<enter>").last == .send(id: "own2", text: "r", product: Self.beta))
        #expect(conversation.model.editor.text == "w")
        conversation.press("<left>")
        #expect(draft(of: conversation) == Draft("w", product: Self.gamma))
    }

    @Test func undoBringsItBack() {
        var conversation = Self.aboutAlpha()
        conversation.press("a")
        conversation.feed(Self.message("m2", Self.beta))
        conversation.press("<c-u>")
        #expect(draft(of: conversation)?.isEmpty == true)
        conversation.press("<c-_>")
        #expect(draft(of: conversation) == Draft("a", product: Self.alpha))
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "a", product: Self.alpha)])
    }

    /// With a draft in the line, a choice is for this draft; with an empty line, for all that is written from then on.
    @Test func choosingForADraft() {
        var conversation = Self.aboutAlpha()
        conversation.press("a")
        conversation.model.conversation?.choose(Self.beta, in: &conversation.model.app)
        conversation.press("<left>")
        #expect(draft(of: conversation) == Draft("a", product: Self.beta))
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "a", product: Self.beta)])
        conversation.press("/product gamma<enter>")
        for id in ["own2", "own3"] as [ClientMessageID] {
            #expect(conversation.press("c<enter>") == [.send(id: id, text: "c", product: Self.gamma)])
        }
        conversation.press("d")
        conversation.model.conversation?.choose(nil, in: &conversation.model.app)
        #expect(conversation.press("<enter>e<enter>") == [.send(id: "own4", text: "d"), .send(id: "own5", text: "e")])
    }

    /// What was missed while there was no connection may be about something else.
    @Test func isNamedUntilNothingIsMissing() {
        var conversation = Self.aboutAlpha()
        conversation.feed(.connection(.waiting(attempt: 1, retryAt: .noon, after: .lost)))
        conversation.feed(.connection(.online(limits: MessageLimits())))
        #expect(conversation.press("a<enter>") == [.send(id: "own1", text: "a", product: Self.alpha)])
        conversation.feed(.caughtUp)
        #expect(conversation.press("b<enter>") == [.send(id: "own2", text: "b")])
    }

    /// In lines a stored draft keeps its product, and a line that is written then is about what was given at the start.
    @Test func inLines() {
        func plain() -> PlainConversation {
            PlainConversation(
                user: .me, peer: .seller, product: Self.gamma, preferences: Preferences(), server: .example,
                hasReader: false)
        }
        func sent(_ outputs: [PlainConversation.Output]) -> [Product?] {
            outputs.compactMap { if case .effect(.send(_, _, let product)) = $0 { .some(product) } else { nil } }
        }
        let environment = Environment.at(.noon)
        var conversation = plain()
        for news in [
            .connection(.online(limits: MessageLimits())), Self.message("m1", Self.beta), .caughtUp,
            .draft(Draft("a\nb", product: Self.alpha)),
        ] as [Update] {
            _ = conversation.handle(.event(.client(news)), in: environment)
        }
        #expect(sent(conversation.handle(.line("new"), in: environment)) == [Self.gamma])
        // The second follows the first, so a reader expects its product.
        #expect(sent(conversation.handle(.line("/resend"), in: environment)) == [Self.alpha, nil])
        #expect(sent(conversation.handle(.line("new"), in: environment)) == [Self.gamma])
    }

    /// What Tab writes is understood as what was completed.
    @Test func completedTitlesAreUnderstood() {
        let titles = [
            "2", "Lamp", "Sofa", "0", "\u{202E}gnp", "\"x\"", "«2» \"y\"", " padded", "a\nb", "Lamp 2", "ID 7", "+1",
        ]
        let products =
            titles.enumerated().map { Product(id: "\($0 + 10)", title: UntrustedText($1)) }
            + [Product(id: "7", title: "Lamp"), Product(id: "8"), Product(id: "9", title: "2")]
        for product in products {
            var conversation = Conversation.online()
            conversation.feed(.products(products))
            let typed = product.label?.displayed() ?? ""
            conversation.feed(.input(.paste("/product " + typed)))
            conversation.press("<tab>")
            guard case .completions(let found)? = conversation.model.notice else {
                let written = conversation.model.editor.text
                conversation.press("<enter>")
                #expect(conversation.model.conversation?.state.products.chosen == product, "\(written)")
                continue
            }
            // Each of several is understood, too, and not as another one.
            let chosen = found.map { text in
                var conversation = conversation
                conversation.model.app.editor.replaceAll(with: "/product " + text)
                conversation.press("<enter>")
                return conversation.model.conversation?.state.products.chosen
            }
            #expect(chosen.contains(product) && Set(chosen).count == found.count, "\(typed) \(found)")
        }
    }
}
