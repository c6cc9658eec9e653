import CLibrary
import CNcurses
import ChatUI
import HostSystem
import Synchronization

/// The terminal that the program runs in: paints screens, and waits for keys and everything else that can happen.
///
/// All of it is used from one thread, but for the `Waker`. Whatever way the program ends, the terminal gets its modes,
/// its title and its former contents back.
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
    /// The window, as of the last `resized` event.
    public var size: Size { painter.size }

    /// For another thread that has something for this one.
    public let waker: Waker

    /// How many columns a scalar takes when it is painted: 0 for a combining mark, -1 for what cannot be painted. It is the
    /// C library's answer; any thread may ask.
    public let characterWidth: @Sendable (Unicode.Scalar) -> Int = { CharacterTable.width(of: $0) }

    /// Whether it shows one of the interface's colours, and no attribute in its place.
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
    /// What is to be shown as soon as the terminal has taken what was painted before.
    private var wanted: Screen?
    private var wantsRedraw = false
    /// What was set; the empty one is the terminal's own.
    private var title = ""
    private(set) var isStopped = false
    /// Somebody else has the terminal: another program, or the shell.
    var isAway = false
    /// For the next `wait`.
    var missed: [TerminalEvent] = []

    /// How long a terminal that takes nothing is waited for, before it goes to somebody else.
    private static let patience: Duration = .milliseconds(500)

    /// Takes the terminal: keys unprocessed, the alternate screen, pastes bracketed.
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
        // Before ncurses, which would catch signals that nobody has caught.
        let signals = SignalWatch(pipe: pipe)
        defer { if !succeeded { signals.end() } }
        painter = try Painter(input: input, output: output, options: options.probed(input: input, output: output))
        modes = TerminalModes.ofCurrentTerminal(name: painter.terminalName, usesMouse: options.usesMouse)
        Rescue.arm(output: output, modes: savedModes, bytes: modes.rescue)
        source = InputSource(
            descriptor: input, pipe: pipe,
            parser: KeyParser(terminfoKeys: .ofCurrentTerminal(), takesMouse: options.usesMouse),
            escapeDelay: options.escapeDelay)
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

    /// Gives the terminal back for good. More calls do nothing.
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
    /// Shows `screen`, writing only what changed. Where the terminal has not taken what was painted before, it is shown
    /// when it has, unless another one comes first.
    public func paint(_ screen: Screen) {
        guard !isStopped, !isAway else { return }
        wanted = screen
        catchUp()
    }

    /// Whether the terminal has not taken all that was painted. `wait` returns when it has.
    public var isBehind: Bool { wanted != nil || !queue.isEmpty }

    /// Writes everything that is shown anew: another program may have written over it.
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

    /// Rings the bell.
    public func bell() {
        guard !isStopped, !isAway, queue.isEmpty else { return }
        painter.bell()
        sendPainted()
    }

    /// Puts a text on the desktop's clipboard, where the terminal does that.
    public func copy(_ text: String) {
        guard !isStopped, !isAway, modes.hasTitle else { return }
        send(DesktopSequence.clipboard(text))
    }

    /// Tells the desktop something, where the terminal passes that on.
    public func notify(title: String, body: String) {
        guard !isStopped, !isAway, queue.isEmpty, modes.hasTitle else { return }
        send(DesktopSequence.notification(title: title, body: body, terminal: painter.terminalName))
    }

    /// Waits until something happens, and returns all that did, at least one event. `deadline` comes alone. Without an
    /// instant it waits as long as it takes.
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
            // Stopped by someone's SIGSTOP: the shell has used the terminal since.
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
    /// Stops the program as Ctrl-Z in a shell does. Returns when it goes on, with the terminal taken back and what was
    /// painted last on it.
    public func suspend() {
        guard !isStopped, !isAway, !IgnoredSignals.atStart.contains(SIGTSTP) else { return }
        giveBack()
        signals.stopProcess()
        comeBack()
    }

    /// For another program or the shell, until `takeBack`.
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
