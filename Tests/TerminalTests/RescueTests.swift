import ChatUI
import Glibc
import HostSystem
import Terminal
import Testing

/// Sudden ends of the program, each in a process of its own.
@Suite(.serialized) struct RescueTests {
    let pty: PseudoTerminal
    let before: [UInt32]

    init() throws {
        pty = try PseudoTerminal()
        before = pty.modes
    }

    @Test func trap() async {
        await #expect(processExitsWith: .failure) { [path = pty.path as String] in
            try takeTerminal(path)
            let numbers: [Int] = []
            print(numbers[path.utf8.count])
        }
        expectGivenBack()
    }

    @Test func segmentationFault() async {
        await #expect(processExitsWith: .failure) { [path = pty.path as String] in
            try takeTerminal(path)
            UnsafeMutablePointer<Int>(bitPattern: path.utf8.count)?.pointee = 1
        }
        expectGivenBack()
    }

    @Test func abortion() async {
        await #expect(processExitsWith: .signal(SIGABRT)) { [path = pty.path as String] in
            try takeTerminal(path)
            abort()
        }
        expectGivenBack()
    }

    /// Every signal that ends a program and can be caught.
    @Test(arguments: [
        SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ, SIGSYS, SIGVTALRM, SIGPROF, SIGPWR, SIGIO, SIGSTKFLT, SIGQUIT,
        SIGPIPE,
        34, 50, 64,
    ])
    func signal(_ number: Int32) async {
        await #expect(processExitsWith: .signal(number)) { [path = pty.path as String, number = number as Int32] in
            Glibc.signal(number, SIG_DFL)
            try takeTerminal(path)
            kill(getpid(), number)
            while true { pause() }
        }
        expectGivenBack()
    }

    /// `nohup` ignores these signals, and so does a shell for a job in the background.
    @Test(arguments: [SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGQUIT])
    func ignoredSignalsStayIgnored(_ number: Int32) async {
        await #expect(processExitsWith: .success) { [path = pty.path as String, number = number as Int32] in
            Glibc.signal(number, SIG_IGN)
            let terminal = try takeTerminal(path)
            kill(getpid(), number)
            guard terminal.wait(until: .now + .milliseconds(100)) == [.deadline] else { exit(1) }
            _ = terminal.lend { spawn(["/bin/true"]) }
            kill(getpid(), number)
            guard terminal.wait(until: .now + .milliseconds(100)).contains(.woken) else { exit(2) }
            guard terminal.wait(until: .now + .milliseconds(100)) == [.deadline] else { exit(3) }
            terminal.stop()
        }
        expectGivenBack()
    }

    /// The other program stops, and nobody could continue it. It goes on at once.
    @Test func aChildThatStopsWithoutAShell() async {
        await #expect(processExitsWith: .success) { [path = pty.path as String] in
            setsid()
            let terminal = try takeTerminal(path)
            let end = terminal.lend { spawn(["/bin/sh", "-c", "kill -STOP $$; exit 7"]) }
            guard end == .exited(code: 7) else { exit(1) }
            terminal.stop()
        }
        expectGivenBack()
    }

    /// When asked to end, the program asks the other one to end, and does not wait for one that does not.
    @Test(
        arguments: [
            ("exec sleep 60", .killed(signal: SIGTERM)), ("trap '' TERM; exec sleep 60", .killed(signal: SIGHUP)),
            ("trap '' TERM HUP; exec sleep 4", .left), ("kill -STOP $$; exec sleep 60", .killed(signal: SIGTERM)),
        ] as [(String, ChildEnd)])
    func endsWithTheChild(_ script: String, end expected: ChildEnd) async {
        let code: Int32 =
            switch expected {
            case .killed(let signal): signal
            default: 0
            }
        await #expect(processExitsWith: .success) {
            [path = pty.path as String, script = script as String, code = code as Int32] in
            setsid()
            let terminal = try takeTerminal(path)
            let end = terminal.lend {
                let child = spawn(["/bin/sh", "-c", script])
                _ = spawn(["/bin/sh", "-c", "sleep 0.5; kill -TERM \(getpid())"])
                return child
            }
            guard end == (code == 0 ? .left : .killed(signal: code)) else { exit(1) }
            guard terminal.wait() == [.terminate(signal: SIGTERM)] else { exit(2) }
            terminal.stop()
        }
        expectGivenBack()
    }

    @Test func exitAnywhere() async {
        await #expect(processExitsWith: .exitCode(69)) { [path = pty.path as String] in
            try takeTerminal(path)
            exit(69)
        }
        expectGivenBack()
    }

    /// If no shell could continue the program, a stop must not last forever.
    @Test func suspensionWithoutAShell() async {
        await #expect(processExitsWith: .success) { [path = pty.path as String] in
            setsid()
            let terminal = try takeTerminal(path)
            terminal.suspend()
            terminal.stop()
        }
        expectGivenBack()
    }

    private func expectGivenBack(sourceLocation: SourceLocation = #_sourceLocation) {
        let output = pty.output()
        #expect(output.contains("painted"), sourceLocation: sourceLocation)
        for sequence in ["\u{1B}[?2004l", "\u{1B}[?1004l", "\u{1B}[?1049l"] {
            #expect(output.contains(sequence), sourceLocation: sourceLocation)
        }
        #expect(pty.modes == before, sourceLocation: sourceLocation)
    }
}

@discardableResult
private func takeTerminal(_ path: String) throws -> Terminal {
    let device = open(path, O_RDWR)
    let terminal = try Terminal(input: device, output: device, options: TerminalOptions(name: "xterm-256color"))
    terminal.paint(Screen(rows: ["painted"]))
    _ = Unmanaged.passRetained(terminal)  // it lives as long as the process, as in the real program
    return terminal
}
