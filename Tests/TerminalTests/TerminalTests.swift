import ChatUI
import Glibc
import HostSystem
import Testing

@testable import Terminal

/// These tests use real pseudo terminals. The screen, the signals and the locale belong to the process, so they run one
/// at a time.
@Suite(.serialized) struct TerminalTests {
    let pty: PseudoTerminal

    init() throws {
        pty = try PseudoTerminal()
    }

    private func milliseconds(_ count: Int) -> ContinuousClock.Instant {
        ContinuousClock.now + .milliseconds(count)
    }

    // MARK: Taking the terminal and giving it back

    @Test func takesAndGivesBackTheTerminal() throws {
        let before = pty.modes
        let terminal = try pty.start()
        let taken = pty.output()
        #expect(pty.modes != before)
        for sequence in ["\u{1B}[?1049h", "\u{1B}[22;2t", "\u{1B}[?2004h", "\u{1B}[?1004h", "\u{1B}[?1h\u{1B}="] {
            #expect(taken.contains(sequence))
        }
        terminal.stop()
        let given = pty.output()
        for sequence in ["\u{1B}[?1049l", "\u{1B}[23;2t", "\u{1B}[?2004l", "\u{1B}[?1004l", "\u{1B}[?1l\u{1B}>"] {
            #expect(given.contains(sequence))
        }
        #expect(pty.modes == before)
        terminal.stop()
        #expect(pty.output() == "")
    }

    @Test func leavesPlainTerminalsAlone() throws {
        let terminal = try pty.start(TerminalOptions(name: "linux"))
        terminal.paint(Screen(size: terminal.size, title: "title"))
        terminal.stop()
        let output = pty.output()
        for sequence in ["\u{1B}]2;", "\u{1B}[?1004h", "\u{1B}[>", "\u{1B}[22;2t"] {
            #expect(!output.contains(sequence))
        }
    }

    @Test func refusesWhatIsNoTerminal() {
        let file = open("/dev/null", O_RDWR)
        defer { close(file) }
        #expect(throws: TerminalError.notATerminal) { try Terminal(input: file, output: file) }
        #expect(throws: TerminalError.notATerminal) { try Terminal(input: pty.device, output: file) }
    }

    @Test(
        arguments: [
            (nil, .terminalNotNamed), ("no-such-terminal", .unknownTerminal("no-such-terminal")),
            ("dumb", .cannotAddressCursor("dumb")),
        ] as [(String?, TerminalError)])
    func refusesTerminals(name: String?, error: TerminalError) throws {
        let before = pty.modes
        #expect(throws: error) { try pty.start(TerminalOptions(name: name)) }
        #expect(pty.modes == before)
        try pty.start().stop()  // a refused start does not block the screen
    }

    @Test func startsOnTerminalsThatOnlyNameThemselves() throws {
        let terminal = try pty.start(TerminalOptions(name: "xterm-never-heard-of"))
        defer { terminal.stop() }
        #expect(pty.output().contains("\u{1B}[?1049h"))
    }

    @Test func aDumbTerminalThatAnswersIsUsedWithoutColours() throws {
        pty.type("x\u{1B}[3;7R")
        let terminal = try pty.start(TerminalOptions(name: "dumb"))
        defer { terminal.stop() }
        #expect(pty.output().contains("\u{1B}[6n"))
        terminal.paint(Screen(rows: ["refused"], style: Style(.red)))
        let output = pty.output()
        #expect(output.contains("refused"))
        #expect(!output.contains("[31m"))
    }

    @Test func lendsTheTerminal() throws {
        let before = pty.modes
        let terminal = try pty.start()
        defer { terminal.stop() }
        terminal.paint(Screen(rows: ["painted"]))
        _ = pty.output()
        var modes: [UInt32] = []
        let end = terminal.lend {
            modes = pty.modes
            return spawn(["/bin/sh", "-c", "exit 3"])
        }
        #expect(modes == before && end == .exited(code: 3))
        let output = pty.output()
        #expect(output.contains("\u{1B}[?1049l"))
        #expect(output.contains("painted"))
    }

    @Test func thereIsOneScreen() throws {
        let terminal = try pty.start()
        #expect(throws: TerminalError.alreadyInUse) { try pty.start() }
        terminal.stop()
    }

    @Test func errorsShowNoControlCharacters() {
        #expect(!TerminalError.unknownTerminal("\u{1B}]2;x\u{07}").description.contains("\u{1B}"))
    }

    // MARK: A terminal that takes nothing

    /// Paints screens that differ in each cell until the terminal accepts no more.
    private func fill(_ terminal: Terminal) throws {
        for round in 0..<2000 where !terminal.isBehind {
            let text = String(repeating: round % 2 == 0 ? "a" : "b", count: 80)
            terminal.paint(Screen(rows: Array(repeating: text, count: 24)))
        }
        try #require(terminal.isBehind)
    }

    @Test func skipsFramesUntilTheyAreTaken() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        try fill(terminal)
        for count in 1...1000 { terminal.paint(Screen(rows: ["skipped \(count)"])) }
        terminal.bell()
        terminal.redraw()
        #expect(terminal.wait(until: milliseconds(20)) == [.deadline])
        terminal.paint(Screen(rows: ["the last one"]))
        var output = ""
        while terminal.isBehind {
            output += pty.output()
            _ = terminal.wait(until: milliseconds(1000))
        }
        output += pty.output()
        #expect(output.contains("the last one") && !output.contains("skipped"))
    }

    @Test(arguments: [false, true]) func endsThoughNothingIsTaken(isFlowStopped: Bool) throws {
        let before = pty.modes
        let terminal = try pty.start()
        if isFlowStopped { tcflow(pty.device, TCOOFF) }
        try fill(terminal)
        kill(getpid(), SIGTERM)
        #expect(terminal.wait(until: milliseconds(1000)) == [.terminate(signal: SIGTERM)])
        let start = ContinuousClock.now
        terminal.stop()
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(pty.modes == before)
        tcflow(pty.device, TCOON)
    }

    // MARK: Painting

    @Test func writesOnlyWhatChanged() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        terminal.paint(Screen(rows: ["first row", "second row"]))
        #expect(pty.output().contains("first row"))
        terminal.paint(Screen(rows: ["first row", "second row"]))
        #expect(pty.output() == "")
        terminal.paint(Screen(rows: ["first row", "secund row"]))
        let change = pty.output()
        #expect(change.contains("u"))
        #expect(!change.contains("first") && !change.contains("row"))
        terminal.redraw()
        #expect(pty.output().contains("secund row"))
    }

    @Test func titleHasNoControlCharactersAndIsWrittenOnce() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        terminal.paint(Screen(size: terminal.size, title: "Иван\u{07}\u{9C}\u{1B}[2J"))
        #expect(pty.output().contains("\u{1B}]2;Иван␇\u{FFFD}␛[2J\u{07}"))
        terminal.paint(Screen(rows: ["x"]))
        terminal.paint(Screen(size: terminal.size, title: ""))
        #expect(pty.output().ranges(of: "\u{1B}]2;").count == 1)
    }

    @Test(arguments: [
        (TerminalOptions(name: "xterm-256color"), "\u{1B}[31m"), (TerminalOptions(name: "xterm"), "\u{1B}[31m"),
        (TerminalOptions(name: "xterm-256color", usesColor: false), ";1m"), (TerminalOptions(name: "vt100"), ";1m"),
    ])
    func redIsRedOrBold(options: TerminalOptions, sequence: String) throws {
        let terminal = try pty.start(options)
        defer { terminal.stop() }
        _ = pty.output()
        terminal.paint(Screen(rows: ["refused"], style: Style(.red)))
        let output = pty.output()
        #expect(output.contains(sequence))
        #expect(output.contains("[31m") == (sequence == "\u{1B}[31m"))
    }

    // MARK: Waiting

    @Test func readsKeys() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        pty.type("\u{1B}[1;5HЯ")
        #expect(terminal.wait() == [.input(.key(Key(.home, .control))), .input(.key(Key(.character("Я"))))])
        pty.type("\u{03}\u{1A}\u{13}\u{11}\u{16}\u{1C}")  // the keys that a terminal normally handles itself
        let keys = "czsqv\\".map { TerminalEvent.input(.key(Key(.character($0), .control))) }
        #expect(terminal.wait() == keys)
    }

    @Test func escapeNeedsSilence() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        pty.type("\u{1B}")
        let start = ContinuousClock.now
        #expect(terminal.wait(until: milliseconds(5000)) == [.input(.key(Key(.escape)))])
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func deadlineComes() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        let deadline = milliseconds(30)
        #expect(terminal.wait(until: deadline) == [.deadline])
        #expect(ContinuousClock.now >= deadline)
        #expect(terminal.wait(until: deadline) == [.deadline])
    }

    @Test func otherThreadsWakeIt() async throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        let waker = terminal.waker
        await Task.detached { for _ in 0..<1000 { waker.wake() } }.value
        #expect(terminal.wait() == [.woken])
        #expect(terminal.wait(until: milliseconds(20)) == [.deadline])
        waker.wake()
        #expect(terminal.wait() == [.woken])
    }

    @Test func wakerOutlivesTheTerminal() throws {
        var terminal: Terminal? = try pty.start()
        let waker = terminal?.waker
        terminal?.stop()
        terminal = nil
        waker?.wake()
    }

    @Test func signalsAreEvents() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        // A shell that runs the tests in the background ignores SIGINT for them.
        for signal in [SIGTERM, SIGHUP, SIGINT] where !IgnoredSignals.atStart.contains(signal) {
            kill(getpid(), signal)
            #expect(terminal.wait() == [.terminate(signal: signal)])
        }
    }

    @Test func windowChangesItsSize() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        #expect(terminal.size == Size(rows: 24, columns: 80))
        pty.resize(rows: 10, columns: 40)
        kill(getpid(), SIGWINCH)
        #expect(terminal.wait() == [.resized(Size(rows: 10, columns: 40))])
        #expect(terminal.size == Size(rows: 10, columns: 40))
        terminal.paint(Screen(rows: ["too wide"]))  // a screen for the previous size
        #expect(pty.output().contains("too wide"))
    }

    @Test func hangUpComesOnce() throws {
        let terminal = try pty.start()
        defer { terminal.stop() }
        pty.hangUp()
        #expect(terminal.wait() == [.hungUp])
        #expect(terminal.wait(until: milliseconds(20)) == [.deadline])
    }
}
