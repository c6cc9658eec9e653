import ChatUI
import Glibc
import Terminal
import Testing

/// Ends of the program that no code of ours sees coming, each in a process of its own.
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

    @Test func exitAnywhere() async {
        await #expect(processExitsWith: .exitCode(69)) { [path = pty.path as String] in
            try takeTerminal(path)
            exit(69)
        }
        expectGivenBack()
    }

    /// Where no shell could make it go on, a stop must not be for ever.
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
    _ = Unmanaged.passRetained(terminal)  // it lives as long as the process, as in the program
    return terminal
}
