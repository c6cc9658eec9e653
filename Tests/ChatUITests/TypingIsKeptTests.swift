import ChatWire
import Testing

@testable import ChatUI

/// What is typed is neither swallowed by a key's other meaning nor lost by a mistake, and what is copied is harmless.
struct TypingIsKeptTests {
    /// A search that has ended waits for Escape, and the next message may begin with any letter.
    @Test(arguments: ["нет", "Торг", "no", "New"])
    func aLetterAfterASearchIsTheBeginningOfAMessage(_ text: String) {
        var conversation = Conversation()
        conversation.feed(.received(.make("n1", "Торг уместен")))
        for query in ["торг", "ничего"] {
            conversation.press("<a-k>/search \(query)<enter>")
            conversation.feed(.searchResults(query: query, ids: query == "торг" ? ["n1"] : [], isWhole: true))
            conversation.press(text)
            #expect(conversation.model.app.editor.text == text)
            conversation.press("<a-k><esc>")
        }
    }

    @Test(arguments: ["/date 35.13", "/seller me"])
    func aCommandWithAMistakeStaysToBeMended(_ command: String) {
        var conversation = Conversation()
        conversation.press(command + "<enter>")
        #expect(conversation.model.app.editor.text == command)
        #expect(conversation.model.app.notice != nil)
    }

    /// In a shell, the end of a bracketed paste would let the rest run.
    @Test func whatIsCopiedControlsNoTerminal() {
        var conversation = Conversation()
        conversation.feed(.received(.make("n1", "ls \u{1B}[201~\r\nrm x\u{9B}0m\tй")))
        #expect(conversation.press("<a-w>") == [.copy("ls [201~\nrm x0m\tй")])
    }
}
