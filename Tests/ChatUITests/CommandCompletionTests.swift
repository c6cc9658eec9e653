import ChatWire
import Testing

@testable import ChatUI

/// Tab completes a command, and what may follow it.
struct CommandCompletionTests {
    private func conversation() -> Conversation {
        var conversation = Conversation.online()
        conversation.model.preferences.templates = ["привет", "привет снова", "Цена"].map {
            Template(name: $0, text: "t")
        }
        let peers = ["anna", "Anna Maria", "bob"].compactMap { UserID($0) }
        conversation.feed(.conversations(peers.map { .make($0) }), .conversationsComplete)
        conversation.feed(.products([Product(title: "Диван"), Product(title: "Дача"), Product(title: "Стол")]))
        return conversation
    }

    @Test(
        arguments: [
            ("/he", "/help", nil), ("/pr", "/product ", nil), ("/s", "/se", .commands(["search", "seller"])),
            ("help", "/help", nil), ("рудз", "/help", nil), ("product", "/product ", nil), ("hel", "hel", nil),
            ("/help ", "/help ", .commandTakesNoText("help", isAboutConversation: false)),
            ("/copy x", "/copy x", .commandTakesNoText("copy", isAboutConversation: true)),
            ("/product ", "/product ", .completions(["Диван", "Дача", "Стол"])), ("/product ст", "/product Стол", nil),
            (".зкщвгсе ди", "/product Диван", nil), ("/product x", "/product x", nil),
            ("/t п", "/t привет", .completions(["привет", "привет снова"])), ("/t ц", "/t Цена", nil),
            ("/seller b", "/seller bob", nil), ("/seller anna m", "/seller \"Anna Maria\"", nil),
            ("/seller \"a", "/seller \"Anna Maria\"", nil),
            ("/seller a", "/seller a", .completions(["\"Anna Maria\"", "anna"])),
            ("/date в", "/date вчера", nil), ("/date ", "/date ", .completions(["сегодня", "вчера", "позавчера"])),
            ("/search ", "/search ", nil), ("/find x", "/find x", nil),
        ] as [(String, String, Notice?)])
    func completes(_ draft: String, _ expected: String, _ notice: Notice?) {
        var conversation = conversation()
        conversation.feed(.input(.paste(draft)))
        conversation.press("<tab>")
        #expect(conversation.model.editor.text == expected)
        #expect(conversation.model.notice == notice)
    }

    /// What Tab writes can be seen. An id with invisible characters looks like another one, and is not written.
    @Test(arguments: [
        (["bo\u{200B}b"], "b", "bo", ["bo\u{FFFD}b"]), (["bo\u{200B}b", "bob"], "b", "bo", ["bob", "bo\u{FFFD}b"]),
        (["an\u{34F}na", "anna"], "a", "a", ["anna", "an\u{FFFD}na"]),
        (["\u{200B}bob x"], "\"", "\"", ["\"\u{FFFD}bob x\""]),
    ])
    func invisibleCharacters(_ ids: [String], _ start: String, _ completed: String, _ listed: [String]) {
        var conversation = Conversation.online()
        conversation.feed(.conversations(ids.map { .make(UserID($0)!) }), .conversationsComplete)
        conversation.feed(.input(.paste("/seller " + start)))
        conversation.press("<tab>")
        #expect(conversation.model.editor.text == "/seller " + completed)
        guard case .completions(let values)? = conversation.model.notice else {
            Issue.record("\(String(describing: conversation.model.notice))")
            return
        }
        #expect(Set(values) == Set(listed))
    }

    @Test(arguments: [("/product ", Notice.onlyInConversation), ("/date в", .onlyInConversation)])
    func onlyInAConversation(_ draft: String, _ notice: Notice) {
        var conversation = Conversation(with: nil)
        conversation.feed(.input(.paste(draft)))
        conversation.press("<tab>")
        #expect(conversation.model.editor.text == draft && conversation.model.notice == notice)
    }
}
