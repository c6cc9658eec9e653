import ChatWire
import ClientUpdates
import SystemErrors
import Testing

@testable import ChatUI

/// What others wrote keeps its letters, and its quotation marks are told from ours.
struct QuotingTests {
    private static let flagged: [Notice] = [ConversationFlag.muted, .archived, .pinned, .unread].flatMap { flag in
        [true, false].map { .flagged(flag, $0, isMuted: false, name: "борис", isFirst: true) }
    }

    /// All notices that begin with a name, an ID or a title.
    private static let notices: [Notice] =
        flagged + [
            .completions(["boris", "buyer11 with a very long identifier", "buyer12 with a very long identifier"]),
            .alreadyUnread(name: "борис"),
        ]

    private func ownRows(_ notice: Notice, _ language: Language) -> String? {
        var conversation = Conversation.online()
        conversation.model.app.texts = Texts(language)
        conversation.model.app.size = Size(rows: 12, columns: 40)
        conversation.model.app.notice = notice
        return StatusLine(conversation.model, in: .at(.noon)).displacedRemark?.text
    }

    @Test(arguments: notices, Language.allCases)
    func noCapitalForANameInRowsOfItsOwn(_ notice: Notice, _ language: Language) throws {
        // The line of the connection may have room for a short one.
        guard let text = ownRows(notice, language) else { return }
        #expect(text.hasPrefix("b") || text.hasPrefix("б"), "\(text)")
    }

    @Test func someHaveRowsOfTheirOwn() {
        #expect(Self.notices.contains { ownRows($0, .russian) != nil })
        #expect(
            ownRows(.completions(["boris", String(repeating: "x", count: 60)]), .russian)?.hasPrefix("boris") == true)
    }

    /// Every notice that can begin with a name says so, and no other one does.
    @Test(arguments: Language.allCases)
    func whatBeginsWithANameIsKnown(_ language: Language) {
        let texts = Texts(language)
        for notice in Self.notices {
            let text = texts.notice(notice)
            #expect(notice.foreignBeginnings.contains { text.hasPrefix($0) }, "\(text)")
        }
        let name = UntrustedText("борис")
        let others: [Notice] = [
            .productChosen(name, isForDraft: false), .productChosen(name, isForDraft: true),
            .unknownCommand("борис", nearest: nil, asText: true),
            .notFound("борис", loadKey: nil),
            .unknownTemplate("борис", nearest: []), .disk(.setAside(path: "борис")),
            .disk(.folderIsOpen(path: "борис")),
            .disk(.unsafe(FileProblem(path: "борис", reason: .link))), .misused(.product("борис", fitsSeveral: true)),
            .misused(.product("борис", fitsSeveral: false)), .misused(.severalWords("борис")), .misused(.date("борис")),
            .misused(.severalIDs("борис", "борис б")),
        ]
        for notice in others { #expect(!texts.notice(notice).hasPrefix("борис"), "\(texts.notice(notice))") }
    }

    @Test func innerQuotationMarks() {
        #expect(Texts(.russian).quoted("Поднос «Жостово»") == "«Поднос „Жостово“»")
        #expect(Texts(.english).quoted("The “Zhostovo” tray") == "“The ‘Zhostovo’ tray”")
        #expect(Texts(.english).quoted("Поднос «Жостово»") == "“Поднос «Жостово»”")
        #expect(Texts(.russian).product("«Жостово»") == "по товару «„Жостово“»")
        #expect(Texts(.russian).nextProduct("«Жостово»") == "дальше — «„Жостово“»")
    }

    @Test func anIDIsNoTitle() {
        #expect(Texts(.russian).product("ID v-4") == "по товару ID v-4")
        #expect(Texts(.english).product("ID v-4") == "about ID v-4")
    }

    @Test func productThatFitsSeveral() {
        let table = Product(title: "Стол")
        let products = NamedProducts([Product(title: "Диван синий"), Product(title: "Диван серый"), table])
        #expect(products.matching("диван").count == 2)
        #expect(products.choice(named: "диван") == nil)
        #expect(products.choice(named: "стол") == .product(table))
        #expect(products.matching("шкаф").isEmpty)
    }
}
