import CNcurses
import ChatUI
import Glibc
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

    private let output: Int32
    private let savedModes: termios
    private let modes: TerminalModes
    private let setsTitle: Bool
    private let painter: Painter
    private let source: InputSource
    private let signals: SignalWatch
    /// What was set; the empty one is the terminal's own.
    private var title = ""
    private var isStopped = false

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
        painter = try Painter(input: input, output: output, options: options.probed(input: input, output: output))
        modes = TerminalModes.ofCurrentTerminal(name: painter.terminalName, usesMouse: options.usesMouse)
        Rescue.arm(output: output, modes: savedModes, bytes: modes.rescue)
        signals = SignalWatch(pipe: pipe)
        source = InputSource(
            descriptor: input, pipe: pipe,
            parser: KeyParser(terminfoKeys: .ofCurrentTerminal(), takesMouse: options.usesMouse),
            escapeDelay: options.escapeDelay)
        waker = Waker(pipe: pipe)
        setsTitle = options.setsTitle && modes.hasTitle
        self.output = output
        self.savedModes = savedModes
        succeeded = true
        adoptWindowSize()
        painter.redraw()
        send(modes.enter)
    }

    deinit { stop() }

    /// Gives the terminal back for good. More calls do nothing.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        leave()
        painter.end()
        restoreModes()
        Rescue.disarm()
        signals.end()
        Self.isInUse.store(false, ordering: .sequentiallyConsistent)
    }
}

extension Terminal {
    /// Shows `screen`, writing only what changed.
    public func paint(_ screen: Screen) {
        guard !isStopped else { return }
        painter.paint(screen)
        if setsTitle && title != screen.title {
            title = screen.title
            send(TerminalModes.title(screen.title))
        }
    }

    /// Writes everything that is shown anew: another program may have written over it.
    public func redraw() {
        guard !isStopped else { return }
        painter.redraw()
    }

    /// Rings the bell.
    public func bell() {
        guard !isStopped else { return }
        painter.bell()
    }

    /// Puts a text on the desktop's clipboard, where the terminal does that.
    public func copy(_ text: String) {
        guard !isStopped, modes.hasTitle else { return }
        send(DesktopSequence.clipboard(text))
    }

    /// Tells the desktop something, where the terminal passes that on.
    public func notify(title: String, body: String) {
        guard !isStopped, modes.hasTitle else { return }
        send(DesktopSequence.notification(title: title, body: body, terminal: painter.terminalName))
    }

    /// Waits until something happens, and returns all that did, at least one event. `deadline` comes alone. Without an
    /// instant it waits as long as it takes.
    public func wait(until deadline: ContinuousClock.Instant? = nil) -> [TerminalEvent] {
        while true {
            let events = source.wait(until: deadline).compactMap(handle)
            if !events.isEmpty { return events }
        }
    }

    private func handle(_ event: InputSource.Event) -> TerminalEvent? {
        switch event {
        case .input(let input): return .input(input)
        case .woken: return .woken
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
            leave()
            painter.leave()
            takeBack()
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
        guard !isStopped else { return }
        leave()
        painter.leave()
        restoreModes()
        Rescue.disarm()
        signals.stopProcess()
        source.reset()
        Rescue.rearm()
        takeBack()
    }

    /// Gives the terminal to another program for as long as `body` takes, which is what runs it. Keys that interrupt or
    /// stop a program are that program's.
    public func lend<Result>(_ body: () -> Result) -> Result {
        guard !isStopped else { return body() }
        leave()
        painter.leave()
        restoreModes()
        Rescue.disarm()
        let signals = [SIGINT, SIGQUIT, SIGTSTP]
        let actions = signals.map { replaceAction(of: $0, by: makeAction(SIG_IGN)) }
        let result = body()
        for (signal, action) in zip(signals, actions) { _ = replaceAction(of: signal, by: action) }
        source.reset()
        Rescue.rearm()
        takeBack()
        return result
    }

    private func takeBack() {
        adoptWindowSize()
        painter.redraw()
        send(modes.enter)
        if !title.isEmpty { send(TerminalModes.title(title)) }
    }

    private func leave() {
        send(modes.leave)
    }

    private func restoreModes() {
        var modes = savedModes
        tcsetattr(output, TCSADRAIN, &modes)
    }

    /// Writes around ncurses, which has flushed its own output by then.
    private func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
            if written > 0 {
                rest.removeFirst(written)
            } else if errno == EAGAIN {
                var descriptor = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                guard poll(&descriptor, 1, 1000) > 0 else { return }
            } else if errno != EINTR {
                return  // the terminal is gone, which reading will tell
            }
        }
    }
}
