import ChatWire
import Testing

@testable import ChatUI

/// A bar marks the cursor, before and after the keys.
struct LineEditorTests {
    @Test(arguments: [
        // Moving.
        ("при|вет", "<c-a>", "|привет"),
        ("при|вет", "<c-e>", "привет|"),
        ("при|вет", "<c-b>", "пр|ивет"),
        ("при|вет", "<c-f>", "прив|ет"),
        ("|привет", "<left>", "|привет"),
        ("привет|", "<right>", "привет|"),
        ("один два|", "<a-b>", "один |два"),
        ("один два|", "<c-left><c-left><c-left>", "|один два"),
        ("|один, два", "<a-f>", "один|, два"),
        ("|один, два", "<c-right><c-right><c-right>", "один, два|"),
        ("один\nд|ва", "<home>", "один\n|два"),
        ("од|ин\nдва", "<end>", "один|\nдва"),
        ("👨‍👩‍👧|", "<left>", "|👨‍👩‍👧"),
        ("е\u{301}|ж", "<left>", "|е\u{301}ж"),
        ("🇷🇺🇰🇿|", "<left>", "🇷🇺|🇰🇿"),
        // Deleting.
        ("при|вет", "<backspace>", "пр|вет"),
        ("при|вет", "<c-h>", "пр|вет"),
        ("при|вет", "<delete>", "при|ет"),
        ("при|вет", "<c-d>", "при|ет"),
        ("|привет", "<backspace>", "|привет"),
        ("привет|", "<delete>", "привет|"),
        ("а👨‍👩‍👧|б", "<backspace>", "а|б"),
        ("один\n|два", "<backspace>", "один|два"),
        // Killing.
        ("один два| три", "<c-w>", "один | три"),
        ("а/б.в |", "<c-w>", "|"),
        ("а/б.в |", "<a-backspace>", "а/б.|"),
        ("один| два три", "<a-d>", "один| три"),
        ("од|ин\nдва", "<c-k>", "од|\nдва"),
        ("один|\nдва", "<c-k>", "один|два"),
        ("один\nд|ва", "<c-u>", "один\n|ва"),
        ("один\n|два", "<c-u>", "один|два"),
        ("один\nд|ва\nтри", "<a-k>", "|"),
        ("один\nд|ва\nтри", "<a-k><c-_>", "один\nд|ва\nтри"),
        ("один\nд|ва\nтри", "<a-k>x<c-y>", "xодин\nдва\nтри|"),
        ("один\nд|ва\nтри", "<a-k><a-z><a-.>", "|"),
        ("один|", "<c-k>", "один|"),
        // Yanking.
        ("один два|", "<c-w><c-a><c-y>", "два|один "),
        ("один два три|", "<c-w><c-w><c-y><c-y>", "один два тридва три|"),
        ("один два три|", "<c-a><a-d><a-d><c-y>", "один два| три"),
        ("один два|", "<c-w><left><c-w><c-e><c-y><a-y>", " два|"),
        ("один|", "<a-y>", "один|"),
        ("один|", "<c-y>", "один|"),
        // Transposing.
        ("аб|", "<c-t>", "ба|"),
        ("а|бв", "<c-t>", "ба|в"),
        ("|аб", "<c-t>", "|аб"),
        ("а|", "<c-t>", "а|"),
        ("а\n|б", "<c-t>", "а\n|б"),
        // Undo and redo.
        ("|", "один два<c-_>", "один|"),
        ("|", "один два<c-_><c-_>", "|"),
        ("|", "один два<c-_><c-_><a-/>", "один|"),
        ("|", "один два<c-_><c-_><a-/><a-/><a-/>", "один два|"),
        ("|", "один<c-_>два<a-/>", "два|"),
        ("один|", "<c-w><c-_>", "один|"),
        ("один|", "<backspace><backspace><c-/>", "один|"),
        ("один|", "<c-_><c-_>", "|"),
        // Typing.
        ("од|ин", "XY", "одXY|ин"),
        ("од|ин", "<a-enter>", "од\n|ин"),
        ("од|ин", "<c-j>", "од\n|ин"),
        ("е|ж", "\u{301}", "е\u{301}|ж"),
        ("👨|👧", "\u{200D}", "👨‍👧|"),
        ("один|", "<a-ъ><tab>", "один|"),
        // The Russian layout.
        ("один два|", "<a-и>", "один |два"),
        ("один два|", "<c-ц>", "один |"),
        ("один два|", "<c-ф>", "|один два"),
        ("один два|", "<c-s-ф>", "|один два"),
    ])
    func keys(_ before: String, _ keys: String, _ after: String) {
        var conversation = Conversation(marked: before)
        conversation.press(keys)
        #expect(conversation.marked == after)
    }

    @Test(arguments: [
        ("а\r\nб", "а\nб|"),
        ("а\rб\n", "а\nб\n|"),
        ("а\u{2028}б\u{85}в", "а\nб\nв|"),
        ("\u{1B}[31mкрасный\u{7}\u{0}", "[31mкрасный|"),
        ("а\tб", "а\tб|"),
        ("/quit\n", "/quit\n|"),
    ])
    func paste(_ text: String, _ after: String) {
        var conversation = Conversation.online()
        #expect(conversation.feed(.input(.paste(text))).isEmpty)
        #expect(conversation.marked == after)
    }

    @Test func pasteIsUndoneAtOnce() {
        var conversation = Conversation(marked: "до |после")
        conversation.feed(.input(.paste("один два\nтри ")))
        #expect(conversation.marked == "до один два\nтри |после")
        conversation.press("<c-_>")
        #expect(conversation.marked == "до |после")
    }

    /// The flag of England is one character of two cells, however it was entered, and one key deletes it.
    @Test func aFlagOfTagsIsOneCharacter() {
        let flag = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}"
        var conversation = Conversation(marked: "|")
        for scalar in flag.unicodeScalars { conversation.feed(.input(.key(Key(.character(Character(scalar)))))) }
        #expect(conversation.model.editor.text == flag)
        #expect(
            CharacterWidth.fixed.glyphs(of: UntrustedText(flag).displayed()) == [Glyph(text: "\u{1F3F4}", width: 2)])
        conversation.press("x<left><backspace>")
        #expect(conversation.marked == "|x")
    }

    @Test func aLongPasteIsKeptWhole() {
        var conversation = Conversation(marked: "до|")
        conversation.feed(.input(.paste(String(repeating: "ж", count: 100_000))))
        #expect(conversation.model.editor.text == "до" + String(repeating: "ж", count: 100_000))
        #expect(conversation.model.notice == .pasted(characters: 100_000, lines: 1))
    }

    @Test func whatDoesNotFitIsCounted() {
        var conversation = Conversation(marked: "|x")
        conversation.feed(.input(.paste(String(repeating: "ж", count: 131_073))))
        #expect(conversation.model.editor.text == String(repeating: "ж", count: 131_071) + "x")
        #expect(conversation.model.notice == .pasteTooLarge(characters: 2, limit: 262_144, message: 500))
        conversation.press("ж")
        #expect(conversation.model.notice == .pasteTooLarge(characters: 1, limit: 262_144, message: 500))
    }

    /// In a window of 40 columns, of which the text has 38.
    @Test(arguments: [
        ("первая\nвторая|", "<up>", "первая|\nвторая"),
        ("первая\nвторая|", "<up><down>", "первая\nвторая|"),
        ("длинная\nя\nдлинная|", "<up><up>", "длинная|\nя\nдлинная"),
        ("длинная\nя\nдлинная|", "<up><left><up>", "|длинная\nя\nдлинная"),
        ("одна строка, которая не помещается в ряд|", "<up>", "одн|а строка, которая не помещается в ряд"),
        ("漢字\nабв|", "<up>", "漢|字\nабв"),
        ("abcdefghijklmnopqrstuvwxyzabcdefghijkl|", "x<up>", "a|bcdefghijklmnopqrstuvwxyzabcdefghijklx"),
    ])
    func rows(_ before: String, _ keys: String, _ after: String) {
        var conversation = Conversation(marked: before)
        conversation.feed(.resized(Size(rows: 12, columns: 40)))
        conversation.press(keys)
        #expect(conversation.marked == after)
    }

    @Test(arguments: [
        ("<up>", "второе|"),
        ("<up><up>", "первое|"),
        ("<up><up><up>", "первое|"),
        ("<up><down>", "черновик|"),
        ("<down>", "черновик|"),
        ("<up>!<up><down>", "второе!|"),
        ("<up>!<up><down><down>", "черновик|"),
        ("<up><c-_>", "черновик|"),
        ("<up><c-_><down>", "черновик|"),
        ("<up><c-_>!<up><down>", "черновик!|"),
        // The draft comes back once a recalled text was sent, and the undone recall is no recall.
        ("<up><enter>", "черновик|"),
        ("<up><up>!<enter>", "черновик|"),
        ("<up><up>!<enter><up>", "первое!|"),
        ("<up><c-_><enter>", "|"),
        ("<up><a-k><enter><down>", "черновик|"),
    ])
    func inputHistory(_ keys: String, _ after: String) {
        var conversation = Conversation.online()
        conversation.press("первое<enter>второе<enter>второе<enter>черновик")
        conversation.press(keys)
        #expect(conversation.marked == after)
    }

    @Test func undoHasAnEnd() {
        var editor = LineEditor()
        for _ in 0..<1000 { editor.type(" ") }
        for _ in 0..<1000 { editor.perform(.undo) }
        #expect(editor.text.count == 1000 - LineEditor.undoDepth)
    }
}

extension Conversation {
    /// A draft in which a bar marks the cursor.
    fileprivate init(marked: String) {
        self = .online()
        let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
        feed(.input(.paste(String(parts[0] + parts[1]))))
        model.editor.move(to: parts[0].count)
    }

    fileprivate var marked: String {
        let text = model.editor.text
        return String(text.prefix(model.editor.cursor)) + "|" + String(text.dropFirst(model.editor.cursor))
    }
}
