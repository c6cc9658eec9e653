import ChatUI
import Glibc
import Testing

@testable import Terminal

@Suite struct UnbracketedPasteTests {
    private static let enter = Input.key(Key(.enter))
    private static func typed(_ text: String) -> [Input] { text.map { .key(Key(.character($0))) } }

    /// Input that arrives at once, and its meaning.
    @Test(
        arguments: [
            ("a\rb\r\rpassword123\rlast", [.paste("a\nb\n\npassword123\nlast")]),
            ("a\r\nb\r\n", [.paste("a\nb\n")]), ("\rb", [.paste("\nb")]), ("a\r\tb", [.paste("a\n\tb")]),
            ("a\rb\u{07}\rc", [.paste("a\nb"), .key(Key(.character("g"), .control)), .paste("\nc")]),
            // A person who types presses Enter last.
            ("hi\r", typed("hi") + [enter]), ("\r", [enter]), ("hi\r\r", typed("hi") + [enter, enter]),
            ("hi\r\n", typed("hi") + [enter]), ("hi", typed("hi")),
            ("hi\r\u{1B}[A", typed("hi") + [enter, .key(Key(.up))]),
            ("a\nb", typed("a") + [.key(Key(.enter, .alt))] + typed("b")),
            ("\u{1B}[200~a\rb\u{1B}[201~\r", [.paste("a\nb"), enter]),
        ] as [(String, [Input])])
    func table(_ text: String, inputs: [Input]) {
        var parser = KeyParser()
        var paste = UnbracketedPaste()
        #expect(paste.take(parser.feed(text.utf8)) == inputs)
    }

    @Test func whatFollowsAtOnceBelongsToIt() {
        var paste = UnbracketedPaste()
        _ = paste.take(Self.typed("a") + [Self.enter] + Self.typed("b"))
        #expect(paste.isOpen)
        #expect(paste.take([Self.enter]) == [.paste("\n")])
        paste.end()
        #expect(paste.take([Self.enter]) == [Self.enter])
    }
}

/// These use real pseudo terminals.
extension TerminalTests {
    /// The text is far longer than a pseudo terminal holds, so it is read in many parts.
    @Test(arguments: [1, 40, 4000, 4094, 4095, 4096, 9000]) func anUnbracketedPasteStaysOne(_ length: Int) throws {
        let terminal = try pty.start(TerminalOptions(name: "linux"))
        defer { terminal.stop() }
        let text = "a\rb\r\r" + String(repeating: "x", count: length) + "\rpassword123\r"
        let writer = pty.typeAll(text)
        defer { writer.wait() }
        var pasted = ""
        let deadline = ContinuousClock.now + .seconds(300)
        while pasted.utf8.count < text.utf8.count, ContinuousClock.now < deadline {
            for case .input(let input) in terminal.wait(until: deadline) {
                guard case .paste(let part) = input else {
                    Issue.record("typed: \(input)")
                    continue
                }
                pasted += part
            }
        }
        #expect(pasted == text.replacing("\r", with: "\n"))
    }

    @Test func aQuickEnterIsAKey() throws {
        let terminal = try pty.start(TerminalOptions(name: "linux"))
        defer { terminal.stop() }
        pty.type("hi\r")
        let keys = ["h", "i"].map { TerminalEvent.input(.key(Key(.character($0)))) }
        #expect(terminal.wait(until: .now + .seconds(5)) == keys + [.input(.key(Key(.enter)))])
    }

    /// A terminal that brackets pastes would have marked a paste: these lines were typed by a program, or ahead.
    @Test func linesAtOnceAreTypedWhereAPasteWouldBeMarked() throws {
        let terminal = try pty.start(TerminalOptions(name: "xterm-256color"))
        defer { terminal.stop() }
        pty.type("a\rb\rc\r")
        let typed = "abc".flatMap { [Input.key(Key(.character($0))), .key(Key(.enter))] }
        #expect(try inputs(of: terminal, count: typed.count) == typed)
    }

    /// A line and Enter are sent at once, whatever comes behind them.
    @Test func aLineThatATmuxCommandTypesIsNoPaste() throws {
        let terminal = try pty.start(TerminalOptions(name: "screen-256color"))
        defer { terminal.stop() }
        for character in "abc" {
            pty.type("\(character)\r")
            let keys = [Input.key(Key(.character(character))), .key(Key(.enter))]
            #expect(try inputs(of: terminal, count: keys.count) == keys)
        }
        pty.type("a\rb\r")
        #expect(try inputs(of: terminal, count: 1) == [.paste("a\nb\n")])
    }

    private func inputs(of terminal: Terminal, count: Int) throws -> [Input] {
        var inputs: [Input] = []
        let deadline = ContinuousClock.now + .seconds(60)
        while inputs.count < count {
            let events = terminal.wait(until: deadline)
            try #require(ContinuousClock.now < deadline)
            for case .input(let input) in events { inputs.append(input) }
        }
        return inputs
    }
}
