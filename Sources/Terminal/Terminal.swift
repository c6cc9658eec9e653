import CLibrary
import CNcurses
import ChatUI
import HostSystem
import Synchronization

/// The terminal of the program. It paints screens, and waits for keys and other events.
///
/// It must be used on one thread, except for the `Waker`. However the program ends, the terminal gets back its modes,
/// its title and its former contents.
///
/// ```swift
/// let terminal = try Terminal()
/// defer { terminal.stop() }
/// while !model.wantsToQuit {
///     terminal.paint(view(model, size: terminal.size))
///     for event in terminal.wait(until: model.nextTick) { … }
/// }
/// ```
public final class Terminal {
    /// The size of the window, in rows and columns, as of the last `resized` event.
    public var size: Size { painter.size }

    /// Wakes this thread from another one.
    public let waker: Waker

    /// The number of columns of a scalar on the screen: 0 for a combining mark, -1 if it cannot be painted. It asks the
    /// C library. Any thread may call it.
    public let characterWidth: @Sendable (Unicode.Scalar) -> Int = { CharacterTable.width(of: $0) }

    /// Whether the terminal shows this colour, and not an attribute in its place.
    public func hasColor(_ color: Style.Color) -> Bool { painter.hasColor(color) }

    private static let isInUse = Atomic(false)

    let output: Int32
    let queue: OutputQueue
    private let savedModes: termios
    private let modes: TerminalModes
    private let setsTitle: Bool
    private let painter: Painter
    let source: InputSource
    let signals: SignalWatch
    let pipe: WakePipe
    /// The screen to show once the terminal has accepted the previous one.
    private var wanted: Screen?
    private var wantsRedraw = false
    /// The title that was set. Empty if it is the terminal's own.
    private var title = ""
    private(set) var isStopped = false
    /// Whether the terminal is given to another program or to the shell.
    var isAway = false
    /// Events for the next `wait`.
    var missed: [TerminalEvent] = []

    /// How long to wait for a terminal that accepts nothing, before another program gets it.
    private static let patience: Duration = .milliseconds(500)

    /// Takes the terminal: keys are unprocessed, the alternate screen is shown, pastes are bracketed.
    /// - Throws: `TerminalError`.
    public init(
        input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, options: TerminalOptions = TerminalOptions()
    ) throws(TerminalError) {
        guard isatty(input) == 1, isatty(output) == 1 else { throw .notATerminal }
        guard !Self.isInUse.exchange(true, ordering: .sequentiallyConsistent) else { throw .alreadyInUse }
        var succeeded = false
        defer { if !succeeded { Self.isInUse.store(false, ordering: .sequentiallyConsistent) } }

        try CharacterTable.useUTF8()
        var savedModes = termios()
        guard tcgetattr(output, &savedModes) == 0 else { throw .systemCall("tcgetattr", errno) }
        let pipe = try WakePipe()
        // This comes before ncurses, which would catch signals that have no handler.
        let signals = SignalWatch(pipe: pipe)
        defer { if !succeeded { signals.end() } }
        painter = try Painter(input: input, output: output, options: options.probed(input: input, output: output))
        modes = TerminalModes.ofCurrentTerminal(name: painter.terminalName, options: options)
        Rescue.arm(output: output, modes: savedModes, bytes: modes.rescue)
        source = InputSource(
            descriptor: input, pipe: pipe,
            parser: KeyParser(terminfoKeys: .ofCurrentTerminal(), takesMouse: options.usesMouse),
            escapeDelay: options.escapeDelay, pasteMarks: modes.pasteMarks)
        waker = Waker(pipe: pipe)
        setsTitle = options.setsTitle && modes.hasTitle
        self.output = output
        self.pipe = pipe
        self.signals = signals
        queue = OutputQueue(output)
        self.savedModes = savedModes
        succeeded = true
        takeBack()
    }

    deinit { stop() }

    /// Gives the terminal back for good. Further calls do nothing.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        if !isAway { giveBack() }
        painter.end()
        Rescue.disarm()
        signals.end()
        Self.isInUse.store(false, ordering: .sequentiallyConsistent)
    }
}

extension Terminal {
    /// Shows `screen`, writing only what changed. If the terminal has not accepted the previous screen yet, this one is
    /// shown later, unless a newer one replaces it.
    public func paint(_ screen: Screen) {
        guard !isStopped, !isAway else { return }
        wanted = screen
        catchUp()
    }

    /// Whether the terminal has not accepted everything painted. `wait` returns when it has.
    public var isBehind: Bool { isHoldingScreen || !queue.isEmpty }

    /// Whether the last screen painted is not written yet. A newer one may replace it.
    public var isHoldingScreen: Bool { wanted != nil }

    /// Writes everything on the screen again, since another program may have written over it.
    public func redraw() {
        guard !isStopped, !isAway else { return }
        wantsRedraw = true
        catchUp()
    }

    private func catchUp() {
        queue.flush()
        guard queue.isEmpty else { return }
        if wantsRedraw { painter.redraw() }
        wantsRedraw = false
        if let screen = wanted { painter.paint(screen) }
        sendPainted()
        if let screen = wanted, setsTitle && title != screen.title {
            title = screen.title
            send(TerminalModes.title(screen.title))
        }
        wanted = nil
    }

    /// Rings the terminal's bell.
    public func bell() {
        guard !isStopped, !isAway, queue.isEmpty else { return }
        painter.bell()
        sendPainted()
    }

    /// Asks the terminal to copy a text to the desktop's clipboard. It does not answer. False if the terminal is known
    /// not to support that.
    public func copy(_ text: String) -> Bool {
        guard !isStopped, !isAway, modes.hasTitle else { return false }
        send(DesktopSequence.clipboard(text))
        return true
    }

    /// Shows a desktop notification, if the terminal supports that.
    public func notify(title: String, body: String) {
        guard !isStopped, !isAway, queue.isEmpty, modes.hasTitle else { return }
        send(DesktopSequence.notification(title: title, body: body, terminal: painter.terminalName))
    }

    /// Waits for events and returns all that have happened, at least one. `deadline` is returned only if there is no
    /// other. Without a deadline it waits without limit.
    public func wait(until deadline: ContinuousClock.Instant? = nil) -> [TerminalEvent] {
        while true {
            let output = queue.isEmpty ? nil : queue.descriptor
            let events = missed.isEmpty ? source.wait(until: deadline, output: output).compactMap(handle) : missed
            missed = []
            if !events.isEmpty { return events }
        }
    }

    private func handle(_ event: InputSource.Event) -> TerminalEvent? {
        switch event {
        case .input(let input): return .input(input)
        case .woken: return .woken
        case .writable:
            catchUp()
            return isBehind ? nil : .woken
        case .deadline: return .deadline
        case .hungUp: return .hungUp
        case .signal(SIGWINCH):
            adoptWindowSize()
            return .resized(size)
        case .signal(SIGTSTP):
            suspend()
            return .resized(size)
        case .signal(SIGCONT):
            // A SIGSTOP stopped the program, and the shell has used the terminal since.
            if isInBackground { isAway = true } else { leave() }
            comeBack()
            return .resized(size)
        case .signal(let signal): return .terminate(signal: signal)
        }
    }

    private func adoptWindowSize() {
        var rows: Int32 = 0
        var columns: Int32 = 0
        guard cn_window_size(output, &rows, &columns) == 0 else { return }
        let size = Size(rows: Int(rows), columns: Int(columns))
        if size != painter.size { painter.resize(size) }
    }
}

extension Terminal {
    /// Stops the program as Ctrl-Z does in a shell. Returns when it continues, after taking the terminal back and
    /// showing the last screen.
    public func suspend() {
        guard !isStopped, !isAway, !IgnoredSignals.atStart.contains(SIGTSTP) else { return }
        giveBack()
        signals.stopProcess()
        comeBack()
    }

    /// Gives the terminal to another program or the shell, until `takeBack`.
    func giveBack() {
        leave()
        queue.finish(within: Self.patience)
        var modes = savedModes
        tcsetattr(output, TCSANOW, &modes)
        Rescue.disarm()
        isAway = true
    }

    func takeBack() {
        isAway = false
        source.reset()
        Rescue.rearm()
        painter.setModes()
        adoptWindowSize()
        painter.redraw()
        sendPainted()
        send(modes.enter)
        if !title.isEmpty { send(TerminalModes.title(title)) }
    }

    private func leave() {
        send(modes.leave)
        painter.leave()
        sendPainted()
    }

    private func sendPainted() {
        send(painter.takeOutput())
    }

    private func send(_ bytes: [UInt8]) {
        queue.append(bytes)
    }
}
