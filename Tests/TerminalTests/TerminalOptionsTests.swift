import Testing

@testable import Terminal

@Suite struct TerminalOptionsTests {
    @Test(
        arguments: [
            ([:], TerminalOptions(name: nil)),
            (["TERM": ""], TerminalOptions(name: nil)),
            (["TERM": "vt100", "NO_COLOR": ""], TerminalOptions(name: "vt100")),
            (["TERM": "vt100", "NO_COLOR": "0"], TerminalOptions(name: "vt100", usesColor: false)),
            (["TERM": "vt100", "ESCDELAY": "200"], TerminalOptions(name: "vt100", escapeDelay: .milliseconds(200))),
            (["TERM": "vt100", "ESCDELAY": "-1"], TerminalOptions(name: "vt100")),
            (["TERM": "vt100", "ESCDELAY": "soon"], TerminalOptions(name: "vt100")),
        ] as [([String: String], TerminalOptions)])
    func environment(_ variables: [String: String], options: TerminalOptions) {
        #expect(TerminalOptions { variables[$0] } == options)
    }

    /// tmux and screen are known by their variables, too: their terminal may have another's name.
    @Test(arguments: [
        (["TERM": "xterm-256color"], PasteMarks.always), (["TERM": "tmux-256color"], .sometimes),
        (["TERM": "xterm-256color", "TMUX": "/tmp/tmux-0/default,1,0"], .sometimes),
        (["TERM": "xterm-256color", "STY": "1234.pts-0.host"], .sometimes),
        (["TERM": "vt100", "STY": "1.a"], .sometimes),
        (["TERM": "xterm-256color", "TMUX": "", "STY": ""], .always), (["TERM": "linux"], .never),
    ])
    func pastesAreMarked(_ variables: [String: String], marks: PasteMarks) throws {
        let options = TerminalOptions { variables[$0] }
        let modes = TerminalModes(
            terminal: try #require(options.name), isInMultiplexer: options.isInMultiplexer, claimsXterm: false
        ) { _ in nil }
        #expect(modes.pasteMarks == marks)
    }

    @Test(arguments: [
        ("xterm-kitty", ["xterm-kitty", "xterm-256color", "xterm"]),
        ("tmux-direct", ["tmux-direct", "screen-256color", "screen"]),
        ("wyse60", ["wyse60"]),
    ])
    func fallbacks(name: String, names: [String]) {
        #expect(TerminalOptions(name: name).namesToTry == names)
    }

    @Test(arguments: [("xterm-256color", true), ("tmux-256color", true), ("screen-256color", false), ("vt100", false)])
    func theMouseIsGivenBack(name: String, isUsed: Bool) {
        let modes = TerminalModes(terminal: name, claimsXterm: false, usesMouse: true) { _ in nil }
        for bytes in [modes.leave, modes.rescue] {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("\u{1B}[?1006l\u{1B}[?1000l") == isUsed)
        }
        #expect(String(decoding: modes.enter, as: UTF8.self).contains("\u{1B}[?1000h\u{1B}[?1006h") == isUsed)
        let without = TerminalModes(terminal: name, claimsXterm: false) { _ in nil }
        #expect(!String(decoding: without.enter + without.rescue, as: UTF8.self).contains("1000"))
    }

    @Test func delaysAreTakenOutOfCapabilities() {
        let capabilities = ["cup": "\u{1B}[%dH", "sgr0": "\u{1B}[m\u{0F}$<2>", "smkx": "$<5/>\u{1B}=", "rmcup": "$<"]
        let modes = TerminalModes(terminal: "vt100", claimsXterm: false) { capabilities[$0] }
        #expect(modes.enter == Array("\u{1B}=\u{1B}[?2004h".utf8))
        #expect(modes.leave == Array("\u{1B}[?2004l".utf8))
        #expect(modes.rescue == Array("\u{1B}[?2004l\u{1B}[m\u{0F}$<\r\n".utf8))
    }
}
