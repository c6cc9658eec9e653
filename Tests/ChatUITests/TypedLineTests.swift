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
        var typed = line(columns: 11)
        _ = typed.handle(keys("0123456789абвгде"))
        #expect(typed.around("x") == "\r\u{1B}[1A\u{1B}[Jx\n0123456789\nабвгде")
        _ = typed.handle([.key(Key(.character("a"), .control))])
        #expect(typed.around("x") == "\r\u{1B}[Jx\n0123456789\nабвгде\u{1B}[1A\r")
    }

    /// Rows that have left the terminal at its top cannot be erased, so a tall line shows only those around the cursor.
    @Test func aLineTallerThanTheTerminal() {
        var typed = line(columns: 6, rows: 3)
        let painted = typed.handle(keys("00000111112222233333444"))
        #expect(painted == [.echo("33333\n444")])
        #expect(typed.around("x") == "\r\u{1B}[1A\u{1B}[Jx\n33333\n444")
        #expect(typed.handle([.key(Key(.home))]) == [.echo("\r\u{1B}[1A\u{1B}[J00000\n11111\u{1B}[1A\r")])
        #expect(typed.around("x") == "\r\u{1B}[Jx\n00000\n11111\u{1B}[1A\r")
        #expect(
            typed.handle([enter]).first == .echo("\r\u{1B}[J00000\n11111\n22222\n33333\n444\n"), "it stays whole")
    }

    /// A space after a word that fills the row does not fit, and a key still writes only its change.
    @Test(arguments: [40, 80])
    func aKeyOfALongLineWritesOnlyItsChange(columns: Int) {
        var (typed, terminal) = (line(columns: columns), Paper(columns: columns))
        let text = "Здравствуйте, скажите пожалуйста, диван ещё продаётся и можно ли сегодня забрать и сколько"
        for character in text {
            let written = typed.handle(keys(String(character))).text
            terminal.write(written)
            #expect(!written.contains("\u{1B}[J"), "\(character) writes \(written.debugDescription)")
            #expect(written.count(where: \.isLetter) <= "Здравствуйте".count)
        }
        #expect(terminal.rows.joined(separator: " ") == text)
        terminal.write(typed.around("12:00 Иван: да"))
        #expect(terminal.rows.first == "12:00 Иван: да" && terminal.rows.dropFirst().joined(separator: " ") == text)
    }

    /// The terminal shows what is typed after any keys, whatever it does at the end of a full row.
    @Test(arguments: [false, true], [5, 8, 13])
    func theTerminalShowsWhatIsTyped(wrapsAtOnce: Bool, columns: Int) {
        var (typed, random) = (line(columns: columns, rows: 100), SplitMix64(seed: UInt64(columns)))
        var paper = Paper(columns: columns, wrapsAtOnce: wrapsAtOnce)
        let others: [Key.Code] = [.backspace, .backspace, .left, .right, .home, .end]
        for number in 0..<300 {
            if number % 30 == 29 {
                paper.write(typed.around("x"))
            } else if Int.random(in: 0..<4, using: &random) == 0, let code = others.randomElement(using: &random) {
                paper.write(typed.handle([.key(Key(code))]).text)
            } else {
                paper.write(typed.handle(keys(String("аб  в日".randomElement(using: &random)!))).text)
            }
            var (again, fresh) = (typed, Paper(columns: columns, wrapsAtOnce: wrapsAtOnce))
            fresh.write(again.shownAgain())
            let rows = Array(paper.rows.suffix(from: paper.rows.lastIndex(of: "x").map { $0 + 1 } ?? 0))
            #expect(rows == fresh.rows && paper.column == fresh.column, "after \(number) keys")
            guard rows == fresh.rows else { return }
        }
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

extension [TypedLine.Output] {
    fileprivate var text: String {
        map { output in
            switch output {
            case .echo(let text): text
            case .line, .tooLong, .end: ""
            }
        }.joined()
    }
}

/// A terminal that understands what `TypedLine` writes. It has as many rows as are needed.
private struct Paper {
    let columns: Int
    /// Whether the cursor leaves a row that is full. Otherwise it does so at the next character.
    var wrapsAtOnce = false
    private var cells: [[Character]] = [[]]
    private var row = 0
    private(set) var column = 0

    init(columns: Int, wrapsAtOnce: Bool = false) { (self.columns, self.wrapsAtOnce) = (columns, wrapsAtOnce) }

    /// Without the spaces at their ends. The second cell of a wide character is not shown.
    var rows: [String] {
        cells.map { row in
            var text = String(row).replacing("\0", with: "")
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    mutating func write(_ text: String) {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            switch character {
            case "\n": next()
            case "\r": column = 0
            case "\u{8}": column = max(0, min(column, columns - 1) - 1)
            case "\u{1B}":
                let sequence = rest.dropFirst().prefix { $0.isNumber }
                rest = rest.dropFirst(1 + sequence.count)
                control(rest.removeFirst(), Int(String(sequence)) ?? 1)
            default: put(character)
            }
        }
    }

    private mutating func next() {
        (row, column) = (row + 1, 0)
        if row == cells.count { cells.append([]) }
    }

    private mutating func put(_ character: Character) {
        let width = character == "日" ? 2 : 1
        if column + width > columns { next() }
        let missing = column + width - cells[row].count
        if missing > 0 { cells[row] += Array(repeating: " ", count: missing) }
        cells[row][column] = character
        if width == 2 { cells[row][column + 1] = "\0" }
        column += width
        if wrapsAtOnce, column == columns { next() }
    }

    private mutating func control(_ letter: Character, _ count: Int) {
        switch letter {
        case "A": row = max(0, row - count)
        case "C": column = min(columns - 1, column + count)
        case "K": cells[row] = Array(cells[row].prefix(column))
        case "J":
            cells.removeSubrange((row + 1)...)
            cells[row] = Array(cells[row].prefix(column))
        default: Issue.record("ESC [ \(letter)")
        }
    }
}
