import ChatWire
import Testing

@testable import ChatUI

/// The line that is typed into the conversation as lines, and what a terminal shows of it.
struct TypedLineTests {
    private func line(columns: Int = 40, rows: Int = 10) -> TypedLine {
        TypedLine(columns: columns, rows: rows, width: .fixed)
    }

    private func keys(_ text: String) -> [Input] { text.map { .key(Key(.character($0))) } }
    private let enter = Input.key(Key(.enter))
    private let backspace = Input.key(Key(.backspace))

    /// A screen reader speaks what is written, so a key writes only its own change.
    @Test func aKeyWritesOnlyItsChange() {
        var typed = line()
        #expect(typed.handle(keys("при")) == [.echo("при")])
        #expect(typed.handle(keys("в")) == [.echo("в")])
        #expect(typed.handle([backspace]) == [.echo("\u{8}\u{1B}[K")])
        #expect(typed.handle([.key(Key(.left))]) == [.echo("\r\u{1B}[Jпри\r\u{1B}[2C")])
        #expect(typed.handle([.focus(true)]) == [])
        #expect(typed.handle([enter]) == [.echo("\r\u{1B}[Jпри\n"), .line("при")])
        #expect(typed.isEmpty)
    }

    @Test func aLineThatArrivesStandsAbove() {
        var typed = line()
        #expect(typed.around("-- На связи") == "-- На связи\n")
        _ = typed.handle(keys("полусл"))
        #expect(typed.around("12:00 Иван: да") == "\r\u{1B}[J12:00 Иван: да\nполусл")
        #expect(typed.handle(keys("ово") + [enter]) == [.echo("ово\n"), .line("полуслово")])
    }

    /// Every row of a long line is erased.
    @Test func aLongLineHasRows() {
        var typed = line(columns: 10)
        _ = typed.handle(keys("0123456789абвгде"))
        #expect(typed.around("x") == "\r\u{1B}[1A\u{1B}[Jx\n0123456789\nабвгде")
        _ = typed.handle([.key(Key(.character("a"), .control))])
        #expect(typed.around("x") == "\r\u{1B}[Jx\n0123456789\nабвгде\u{1B}[1A\r")
    }

    /// Rows that have left the terminal at its top cannot be erased, so a tall line shows only those around the cursor.
    @Test func aLineTallerThanTheTerminal() {
        var typed = line(columns: 5, rows: 3)
        let painted = typed.handle(keys("00000111112222233333444"))
        #expect(painted == [.echo("33333\n444")])
        #expect(typed.around("x") == "\r\u{1B}[1A\u{1B}[Jx\n33333\n444")
        #expect(typed.handle([.key(Key(.home))]) == [.echo("\r\u{1B}[1A\u{1B}[J00000\n11111\u{1B}[1A\r")])
        #expect(typed.around("x") == "\r\u{1B}[Jx\n00000\n11111\u{1B}[1A\r")
        #expect(
            typed.handle([enter]).first == .echo("\r\u{1B}[J00000\n11111\n22222\n33333\n444\n"), "it stays whole")
    }

    @Test func aPasteOfLinesIsLines() {
        var typed = line()
        let output = typed.handle(keys("а") + [.paste("б\nв\n\nг")])
        #expect(output.filter { if case .line = $0 { true } else { false } } == [.line("аб"), .line("в"), .line("")])
        #expect(!typed.isEmpty)
    }

    @Test func theEnd() {
        var typed = line()
        let end = Input.key(Key(.character("d"), .control))
        #expect(typed.handle([end]) == [.end])
        #expect(typed.handle(keys("аб") + [.key(Key(.left)), end]) == [.echo("а")], "it deletes a character")
        #expect(typed.handle([enter]).last == .line("а"))
    }

    @Test func aLineThatIsTooLongIsCounted() {
        var typed = line()
        _ = typed.handle(keys(String(repeating: "a", count: 65_536)))
        _ = typed.handle(keys("bc"))
        #expect(typed.handle([enter]).last == .tooLong(bytes: 65_538))
        #expect(typed.handle(keys("x") + [enter]).last == .line("x"))
    }

    /// What the peer could make somebody paste does nothing to the terminal.
    @Test func controlCharactersAreNotWritten() {
        var typed = line()
        for output in typed.handle([.paste("\u{1B}]0;x\u{7}\u{202E}а")]) {
            guard case .echo(let text) = output else { continue }
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        }
    }
}
