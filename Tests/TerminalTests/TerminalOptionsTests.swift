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

    @Test(arguments: [
        ("xterm-kitty", ["xterm-kitty", "xterm-256color", "xterm"]),
        ("tmux-direct", ["tmux-direct", "screen-256color", "screen"]),
        ("wyse60", ["wyse60"]),
    ])
    func fallbacks(name: String, names: [String]) {
        #expect(TerminalOptions(name: name).namesToTry == names)
    }

    @Test func delaysAreTakenOutOfCapabilities() {
        let capabilities = ["cup": "\u{1B}[%dH", "sgr0": "\u{1B}[m\u{0F}$<2>", "smkx": "$<5/>\u{1B}=", "rmcup": "$<"]
        let modes = TerminalModes(terminal: "vt100", claimsXterm: false) { capabilities[$0] }
        #expect(modes.enter == Array("\u{1B}=\u{1B}[?2004h".utf8))
        #expect(modes.leave == Array("\u{1B}[?2004l".utf8))
        #expect(modes.rescue == Array("\u{1B}[?2004l\u{1B}[m\u{0F}$<\r\n".utf8))
    }
}
