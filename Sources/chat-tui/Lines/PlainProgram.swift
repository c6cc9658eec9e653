import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem
import Terminal

/// `chat-tui --plain`: the conversation as lines of text. It shares history, drafts and unsent messages with the
/// windows.
final class PlainProgram {
    private enum ProgramEvent: Sendable {
        case event(Event)
        /// There are no more attempts to connect.
        case stopped(LinkEnd)
        case input(LineReader.Input)
        case keys(KeyReader.News)
        /// The terminal's Ctrl-Z (`SIGTSTP`), or the program goes on afterwards (`SIGCONT`).
        case jobControl(Int32)
        case signal(Int32)
        case timerFired
    }

    private let texts: Texts
    private let queue: EventQueue<ProgramEvent>
    private let client: Client
    /// Looks up the product that the user named. Nil if there is no marketplace, or no product.
    private let products: ProductDirectory?
    private let productID: String?
    private let reader: LineReader
    private let keyReader: KeyReader
    /// Whether standard input is a terminal.
    private let isInteractive = isatty(STDIN_FILENO) == 1
    private var conversation: PlainConversation
    /// Nil if standard input and output are not the same kind of terminal: then lines arrive whole.
    private let terminal = LineTerminal()
    private var typed: TypedLine
    private var output = LineOutput()
    private var wakeDetector = WakeDetector()
    /// The input that was read and not handled yet.
    private var nextInput: LineReader.Input?
    /// Whether the conversation was loaded from the disk.
    private var isLoaded = false
    private var isLeaving = false
    /// Whether reading standard input failed, so that later lines are unknown.
    private var hasInputFailed = false
    /// Whether standard output has no reader any more. Then nothing more counts as read.
    private var hasNoReader = false
    /// Whether standard input has ended.
    private var isInputOver = false
    /// The number of lines after `/quit`.
    private var linesAfterQuit = 0
    /// Used only with a terminal: the last messages get a short time to be confirmed.
    private var leaving = Leaving()
    private var exitCode: Int32?

    init(_ settings: ConversationSettings, _ texts: Texts) throws {
        self.texts = texts
        guard let peer = settings.peer else { throw UsageFailure(sentence: texts.plainNeedsSeller) }
        let connection = settings.connection
        let log = try LogFile.logger(connection, texts)
        var preferences = connection.configuration.preferences
        preferences.englishHint = Texts.englishHint
        conversation = PlainConversation(
            user: connection.user, peer: peer, peerName: settings.peerName, product: settings.product,
            language: texts.language, preferences: preferences, server: connection.label,
            hasReader: isatty(STDOUT_FILENO) == 1)
        let queue = EventQueue<ProgramEvent>()
        self.queue = queue
        reader = LineReader(isPaced: !isInteractive) { queue.post(.input($0)) }
        keyReader = KeyReader { queue.post(.keys($0)) }
        let size = terminal?.size ?? LineTerminal.Size()
        typed = TypedLine(
            columns: size.columns, rows: size.rows, width: CharacterWidth(LineTerminal.characterWidth))
        let store = DiskStore(connection) { queue.post(.event(.disk($0))) }
        productID = settings.product?.id
        products = (productID == nil ? nil : connection.marketplace).map { marketplace in
            ProductDirectory(cache: store, fetch: marketplace.listings(of:)) { queue.post(.event(.listings($0))) }
        }
        client = connection.makeClient(name: settings.name, peer: peer, store: store, log: log) { update in
            queue.post(.event(.client(update)))
            if case .connection(.stopped(let end)) = update { queue.post(.stopped(end)) }
        }
    }

    /// Runs the loop.
    /// - Throws: the exit code, unless it is 0.
    func run() throws {
        let signals = SignalSources.ofCommand { [queue] in queue.post(.signal($0)) }
        let jobControl = jobControl()
        let timer = WakeTimer { [queue] in queue.post(.timerFired) }
        try LineOutput.check(texts)
        print(conversation.opening)
        if let line = conversation.openingInEnglish { print(line) }
        if let productID { products?.lookUp([productID]) }
        client.handle(.start)
        if terminal == nil { reader.start() } else { keyReader.start() }
        while exitCode == nil {
            if let event = queue.next(until: deadline()) { handle(event) } else { take(.event(.tick)) }
            takeInput()
            leaveIfDone()
        }
        timer.end()
        client.stop()
        withExtendedLifetime((signals, jobControl)) {}
        if !typed.isEmpty { put("\n") }
        terminal?.stop()
        let remains = remains
        if remains.waiting > 0 { texts.complain(texts.stillWaiting(remains.waiting)) }
        if remains.isLoss {
            texts.complain(texts.notKept(remains))
            // This exit code tells more than one for a signal.
            if exitCode == 0 || exitCode ?? 0 > 128 { exitCode = CommandFailure.Code.notKept }
        }
        if linesAfterQuit > 0 { texts.complain(texts.linesAfterQuit(linesAfterQuit)) }
        if let exitCode, exitCode != 0 { throw CommandFailure(code: exitCode) }
    }

    private var remains: Remains {
        var remains = client.remains
        remains.lostMessages += conversation.messagesOnlyInMemory
        return remains
    }
}

// MARK: - The loop's parts

extension PlainProgram {
    private func handle(_ event: ProgramEvent) {
        switch event {
        case .event(let event):
            take(.event(event))
            if case .client(.connection) = event { isLoaded = true }
            if case .client(.connection(.online)) = event { products?.connected() }
        // Without a terminal there is nobody who could solve the problem.
        case .stopped(let end): if !isInteractive { exitCode = end.exitCode }
        case .input(let input): nextInput = input
        case .keys(let news): take(news)
        case .jobControl(SIGTSTP):
            terminal?.stop()
            kill(getpid(), SIGSTOP)
        case .jobControl: if terminal?.take() == true { put(typed.shownAgain()) }
        case .signal(let number): interrupt(by: number)
        case .timerFired: if let sleep = wakeDetector.check() { client.woke(after: sleep) }
        }
    }

    private func interrupt(by signal: Int32) {
        exitCode = signal == SIGINT ? CommandFailure.Code.interrupted : 0
        guard !isInteractive, !isInputOver else { return }
        var isLineWaiting = false
        if case .line(let text) = nextInput { isLineWaiting = !MessageLimits.trimmed(text).isEmpty }
        if nextInput?.isBadLine == true { isLineWaiting = true }
        guard isLineWaiting || reader.hasUnread else { return }
        texts.complain(texts.linesUnread)
        exitCode = 128 + signal
    }

    /// With a terminal of its own, the program gives it to the shell before it stops. Nil without one.
    private func jobControl() -> SignalSources? {
        guard terminal != nil else { return nil }
        let signals = [SIGTSTP, SIGCONT].filter { !IgnoredSignals.atStart.contains($0) }
        return SignalSources(signals) { [queue] in queue.post(.jobControl($0)) }
    }

    /// Handles what was typed on a terminal.
    private func take(_ news: KeyReader.News) {
        switch news {
        case .keys(let inputs):
            noteSize()
            for output in typed.handle(inputs) {
                switch output {
                case .echo(let text): put(text)
                case .line(let text): nextInput = .line(text)
                case .tooLong(let bytes): nextInput = .tooLong(bytes: bytes)
                case .end: nextInput = .end
                }
                takeInput()
            }
        case .end: nextInput = .end
        case .failed(let number): nextInput = .failed(number)
        }
    }

    private func noteSize() {
        guard let size = terminal?.size else { return }
        (typed.columns, typed.rows) = (size.columns, size.rows)
    }

    /// Handles the next line. A line from a pipe waits until there is a connection and the message before it is
    /// settled.
    private func takeInput() {
        guard let input = nextInput else { return }
        switch input {
        case .end:
            nextInput = nil
            isInputOver = true
            leave()
            return
        case .failed(let number):
            texts.complain(texts.inputFailed(number))
            hasInputFailed = true
            nextInput = .end
            return takeInput()
        case .line(let text) where isLeaving && !isInteractive:
            if !MessageLimits.trimmed(text).isEmpty { linesAfterQuit += 1 }
            nextInput = nil
            return reader.next()
        case .notUTF8 where isLeaving && !isInteractive, .tooLong where isLeaving && !isInteractive:
            linesAfterQuit += 1
            nextInput = nil
            return reader.next()
        case .line, .notUTF8, .tooLong:
            guard isInteractive || conversation.isOnline && conversation.isDone else { return }
        }
        nextInput = nil
        takeLine(input)
        if !isInteractive { reader.next() }
    }

    private func takeLine(_ line: LineReader.Input) {
        switch line {
        case .line(let text): take(.line(text))
        case .tooLong(let bytes): take(.tooLongLine(bytes: bytes))
        case .notUTF8: take(.notUTF8Line)
        case .end, .failed: break
        }
    }

    private func take(_ input: PlainConversation.Input) {
        for output in conversation.handle(input, in: environment()) {
            switch output {
            case .line(let line): print(line)
            case .effect(let effect): perform(effect)
            }
        }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .send(let id, let text, let product): client.handle(.send(id: id, text: text, product: product))
        case .resend(let id): client.handle(.resend(id: id))
        case .discard(let id): client.handle(.discard(id: id))
        case .draftChanged(let draft): client.handle(.draft(draft))
        case .markRead(let messageID): if !hasNoReader { client.handle(.seen(upTo: messageID)) }
        case .setBlocked(let isBlocked): client.handle(.setBlocked(isBlocked))
        case .reconnectNow: client.handle(.reconnectNow)
        case .quit:
            if !isInteractive { reader.finish() }
            leave()
        // Only the screen has these effects.
        case .lookUp, .loadOlder, .loadNewer, .loadAround, .loadOldest, .loadSince, .search, .find, .typing, .open,
            .setFlag,
            .readFlags, .copy, .copyByTerminal,
            .openLink,
            .editExternally, .bell, .notify, .redraw, .suspend:
            break
        }
    }

    /// Prints a line above what is being typed.
    private func print(_ line: String) {
        noteSize()
        put(terminal == nil ? line + "\n" : typed.around(line))
    }

    private func put(_ text: String) {
        do throws(LineOutput.Failure) {
            try output.write(raw: text)
        } catch {
            hasNoReader = true
            if case .interrupted = error { return }  // the signal comes next
            let failure = error.commandFailure(texts)
            guard exitCode == nil else { return }
            if let sentence = failure.sentence { texts.complain(sentence) }
            // Without a reader, the remaining input is not sent.
            let isCut = !isInteractive && (!isInputOver || !conversation.isDone)
            exitCode = isCut ? CommandFailure.Code.output : failure.code
        }
    }

    private func leave() {
        isLeaving = true
        if isInteractive { take(leaving.request(loses: loses, now: .now)) }
    }

    /// After the end of input there is nobody to ask.
    private var loses: Bool { !isInputOver && remains.isLoss }

    private func take(_ step: Leaving.Step) {
        switch step {
        case .stay: break
        case .ask:
            isLeaving = false
            take(.event(.leavingLoses(remains)))
        case .leave: exitCode = hasInputFailed ? CommandFailure.Code.output : 0
        }
    }

    private func leaveIfDone() {
        guard isLeaving, exitCode == nil else { return }
        if isInteractive {
            let isDelivering = client.isDelivering && !conversation.isDone
            take(leaving.check(isDelivering: isDelivering, loses: loses, now: .now))
        } else if isLoaded, isInputOver, conversation.isDone {
            let isLineLost = conversation.hasFailed || linesAfterQuit > 0
            exitCode = isLineLost ? CommandFailure.Code.badMessage : 0
            if hasInputFailed { exitCode = CommandFailure.Code.output }
        }
    }

    private func deadline() -> ContinuousClock.Instant? {
        [conversation.nextTick, leaving.deadline].compactMap { $0 }.min()
    }

    private func environment() -> Environment {
        let now = Moment.now
        return Environment(
            now: now.wall, instant: now.instant, newID: { ClientMessageID(UUIDVersion7.make(at: now.wall)) },
            width: CharacterWidth { _ in 1 },
            utcOffset: LocalTime.utcOffset)
    }
}
