import ChatWire
import Testing

@testable import ChatUI

/// One character more than a quotation has.
private let long = String(repeating: "я", count: 161)

struct QuotationTests {
    /// What becomes of a message: its own words, three lines and 160 characters at most.
    @Test(
        arguments: [
            ("Здравствуйте", "> Здравствуйте\n"), ("  a \n\n b", "> a\n> b\n"), ("1\n2\n3", "> 1\n> 2\n> 3\n"),
            ("1\n2\n3\n4", "> 1\n> 2\n> 3…\n"), (long, "> \(long.dropLast())…\n"),
            (String(long.dropLast()), "> \(long.dropLast())\n"), (long + "\nb", "> \(long.dropLast())…\n"),
            ("a\n" + long, "> a\n> \(long.dropLast(2))…\n"), ("a\r\nb", "> a\n> b\n"),
            ("> вопрос\nответ", "> ответ\n"), ("> вопрос\n\nответ", "> ответ\n"), ("> a\n> b", "> a\n> b\n"),
            ("> > a", "> a\n"), (">\nответ", "> ответ\n"), ("a > b", "> a > b\n"), (">a", "> >a\n"),
            ("😀😀", "> 😀😀\n"),
        ])
    func quotes(text: String, expected: String) {
        #expect(Quotation.quoting(text) == expected)
    }

    @Test(arguments: ["", " \n ", "> ", ">\n> ", "> > >"])
    func nothingToQuote(text: String) { #expect(Quotation.quoting(text) == nil) }

    /// However often an answer is quoted, it stays as short as a quotation is.
    @Test func quotationsStayBounded() {
        var text = long
        for _ in 1...50 {
            let quotation = Quotation.quoting(text) ?? ""
            #expect(quotation.count < 180 && Quotation.lineCount(of: quotation + "x") <= 3)
            text = quotation
        }
    }

    @Test(
        arguments: [
            ("> a\nb", 1), ("> a\n>\n> b\nc\n> d", 3), ("a\n> b", 0), (" > a", 0), (">a", 0), ("", 0), (">", 1),
            ("> ", 1),
        ])
    func linesOfTheBeginning(text: String, count: Int) { #expect(Quotation.lineCount(of: text) == count) }

    @Test func ownWords() {
        #expect(Quotation.own(of: "> a\n> b\nc\n> d") == "c\n> d")
        #expect(Quotation.own(of: "c") == "c" && Quotation.own(of: "> a") == "")
    }

    /// The draft stays, behind the quotation and the cursor behind it; another message is quoted in place of the first.
    @Test func intoTheDraft() {
        var conversation = Conversation.online()
        #expect(conversation.press("<a-q>") == [])
        #expect(conversation.model.app.notice == .nothingToQuote)
        conversation.feed(.received(.make("m1", "Почём диван?")), .received(.make("m2", "И стол?")))
        conversation.press("ясно<home><a-q>")
        #expect(conversation.model.app.editor.text == "> И стол?\nясно")
        #expect(conversation.model.app.editor.cursor == 14)
        conversation.press("<a-up><a-up><a-q>")
        #expect(conversation.model.app.editor.text == "> Почём диван?\nясно")
        #expect(conversation.model.conversation?.selected == nil)
        conversation.press("<c-_>")
        #expect(conversation.model.app.editor.text == "> И стол?\nясно")
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "> И стол?\nясно")])
    }
}
