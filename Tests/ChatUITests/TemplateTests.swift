import ChatWire
import Testing

@testable import ChatUI

struct TemplateTests {
    private func fill(_ text: String, name: String? = nil, product: String? = nil) -> Template.Filled {
        let values = [Template.Placeholder.name: name, .product: product]
        return Template(name: "x", text: text).filled(values.compactMapValues(\.self))
    }

    @Test func fillsInWhatIsKnown() {
        let filled = fill("{name}, «{product}» ваш.\n{name}!", name: "Анна", product: "Диван")
        #expect(filled == Template.Filled(text: "Анна, «Диван» ваш.\nАнна!", missing: []))
        #expect(fill("{name} {product}", name: "{product}", product: "x").text == "{product} x")
    }

    /// Nothing false goes to a customer: what is not known is left out or stays to be filled in.
    @Test(
        arguments: [
            ("Здравствуйте, {name}!", "Здравствуйте!", []), ("Спасибо,{name}", "Спасибо", []),
            ("{name}, добрый день!", "Добрый день!", []), ("Да.\n{name}, ждём вас", "Да.\nЖдём вас", []),
            ("Для {name}.", "Для {name}.", [.name]), ("Здравствуйте {name}!", "Здравствуйте {name}!", [.name]),
            ("«{product}» продан, {name}.", "«{product}» продан.", [.product]), ("{}", "{}", []),
        ] as [(String, String, [Template.Placeholder])])
    func unknownValues(text: String, expected: String, missing: [Template.Placeholder]) {
        #expect(fill(text) == Template.Filled(text: expected, missing: missing))
    }

    @Test func aShortNameIsNotNearToEverything() {
        #expect(Nearest.name(to: "x", among: ["t"]) == nil)
        #expect(Nearest.name(to: "", among: ["t"]) == nil)
    }

    @Test func unknownPlaceholders() {
        #expect(Template(name: "", text: "{name} {nmae} {имя} { a } {} {1}").unknownPlaceholders == ["nmae", "имя"])
    }

    @Test func completionInTheOtherLayout() {
        var conversation = Conversation.online()
        conversation.model.preferences.templates = [Template(name: "Привет", text: "t")]
        conversation.press("/t ghb<tab>")
        #expect(conversation.model.app.editor.text == "/t Привет")
    }

    @Test func names() {
        let templates = ["Цена", "привет", "привет снова", "приезд"].map { Template(name: $0, text: "t") }
        #expect(templates.named("цена")?.name == "Цена")
        #expect(templates.named(atStartOf: "привет снова да")?.template.name == "привет снова")
        #expect(templates.named(atStartOf: "привет\nснова")?.template.name == "привет")
        #expect(templates.named(atStartOf: "привет\nснова")?.separator == "\n")
        #expect(templates.named(atStartOf: "приветы") == nil)
        #expect(templates.names(near: "превет") == ["привет", "привет снова", "приезд"])
        #expect(templates.names(near: "wxyz") == [])
        // In the other keyboard layout.
        #expect(templates.named("wtyf")?.name == "Цена")
        #expect(templates.names(near: "ghtdtn") == ["привет", "привет снова", "приезд"])
    }

    /// The other person chooses their name, so it is made safe before it goes into the draft.
    @Test func aHostileName() {
        let state = ConversationState(
            user: .me, peer: .seller, peerName: OverridableText(override: nil, fromServer: "A\u{1B}[2J\nB\u{202E}"),
            products: ConversationProducts(chosen: Product(title: "\u{200B}")))
        #expect(state.templateValues(of: nil) == [.name: "A␛[2J B\u{FFFD}"])
    }
}
