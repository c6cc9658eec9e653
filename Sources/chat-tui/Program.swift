import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem
import Logging
import Terminal
import TextSearch

/// The screen's main loop: waits for keys and events, handles all of them, and paints once.
final class Program {
    private let settings: ConversationSettings
    private let texts: Texts
    private let terminal: Terminal
    private let mailbox: Mailbox
    private let client: Client
    /// Nil if there is no marketplace to look products up in.
    private let products: ProductDirectory?
    private let wakeTimer: WakeTimer
    private var wakeDetector = WakeDetector()
    private var model: Model
    private var pacer = FramePacer()
    /// When the screen has to change because of the time alone.
    private var tick: ContinuousClock.Instant?
    /// When the flags of the conversations are read again, because another window may have changed them.
    private var flagsDue = ContinuousClock.now + Program.flagsInterval
    private static let flagsInterval: Duration = .seconds(5)
    private var leaving = Leaving()
    private var isRunning = true
    private var reads: ReadReports
    private let log: Logger
    /// The text in the user's editor when the program was asked to end.
    private var edited: (text: EditedText, fate: EditedText.Fate)?

    init(_ settings: ConversationSettings, _ texts: Texts) throws {
        self.settings = settings
        self.texts = texts
        reads = ReadReports(peer: settings.peer)
        let connection = settings.connection
        log = try LogFile.logger(connection, texts)
        let configuration = connection.configuration
        var options = TerminalOptions()
        options.theme = configuration.theme
        options.usesMouse = configuration.usesMouse
        options.setsTitle = configuration.setsTitle
        terminal = try Terminal(options: options)
        var preferences = configuration.preferences
        preferences.englishHint = Texts.englishHint
        model = Model(
            user: connection.user, peer: settings.peer, peerName: settings.peerName, product: settings.product,
            language: texts.language, keys: configuration.keyBindings, preferences: preferences,
            size: terminal.size)
        model.server = connection.label
        model.preferences.opensLinks = (try? Browser.all().isEmpty) != true
        model.preferences.marksReadByColor = terminal.hasColor(.cyan)
        let mailbox = Mailbox(waker: terminal.waker)
        self.mailbox = mailbox
        wakeTimer = WakeTimer { [waker = terminal.waker] in waker.wake() }
        let store = DiskStore(connection) { mailbox.post(.disk($0)) }
        client = connection.makeClient(name: settings.name, peer: settings.peer, store: store, log: log) {
            mailbox.post(.client($0))
        }
        let marketplace = connection.marketplace
        model.looksUpProducts = marketplace != nil
        products = marketplace.map { marketplace in
            ProductDirectory(cache: store, fetch: marketplace.listings(of:)) { mailbox.post(.listings($0)) }
        }
    }

    /// Runs the loop.
    /// - Throws: the exit code, unless it is 0.
    func run() throws(CommandFailure) {
        defer { terminal.stop() }
        paint()  // before anything else, so that it feels instant
        apply(.tick)  // looks up the product in the header
        if let listing = settings.listing { apply(.listings([listing])) }
        client.handle(.start)
        client.handle(.followList)
        client.indexHistory()
        while isRunning {
            let events = terminal.wait(until: deadline())
            let isUrgent = events.contains(where: \.isUrgent)
            if let sleep = wakeDetector.check() { client.woke(after: sleep) }
            for event in events { handle(event) }
            for event in mailbox.take() {
                apply(event)
                if case .client(.connection(.online)) = event { products?.connected() }
            }
            if flagsDue <= .now { readFlags() }
            leaveIfDone()
            if isRunning && pacer.changed(byKey: isUrgent, now: .now) {
                paint()
                reportRead()
            }
        }
        wakeTimer.end()
        client.stop()
        terminal.stop()
        let remains = remains
        if remains.waiting > 0 { StandardError.write(texts.stillWaiting(remains.waiting)) }
        settleEdited(isDraftKept: remains.lostDrafts == 0)
        guard remains.isLoss else { return }
        throw CommandFailure(sentence: texts.notKept(remains), code: CommandFailure.Code.notKept)
    }

    private var remains: Remains {
        var remains = client.remains
        remains.lostMessages += model.messagesOnlyInMemory
        return remains
    }
}

// MARK: - The loop's parts

extension Program {
    private func paint() {
        terminal.paint(view(model, in: environment()))
        tick = nextTick(model, in: environment())
    }

    private func handle(_ event: TerminalEvent) {
        switch event {
        case .input(let input): apply(.input(input))
        case .resized(let size): apply(.resized(size))
        case .deadline: apply(.tick)
        case .woken: break  // the mailbox is looked into in any case
        case .terminate, .hungUp: isRunning = false
        }
    }

    private func apply(_ event: Event) {
        for effect in update(&model, event, in: environment()) { perform(effect) }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .send(let id, let text, let product): client.handle(.send(id: id, text: text, product: product))
        case .resend(let id): client.handle(.resend(id: id))
        case .discard(let id): client.handle(.discard(id: id))
        case .loadOlder(let before): client.handle(.loadOlder(before: before))
        case .draftChanged(let draft): client.handle(.draft(draft))
        case .typing: client.handle(.typed)
        case .markRead(let messageID): reads.seen(upTo: messageID)
        case .open(let peer):
            reportRead()  // of the conversation that was open until now
            reads.open(peer)
            client.handle(.open(peer: peer))
        case .setBlocked(let isBlocked): client.handle(.setBlocked(isBlocked))
        case .setFlag(let flag, let isSet, let peer): client.handle(.setFlag(flag, isSet, peer: peer))
        case .readFlags: readFlags()
        case .reconnectNow: client.handle(.reconnectNow)
        case .loadNewer(let id): client.readHistory(.newer(after: id))
        case .loadAround(let id): client.readHistory(.around(id))
        case .loadOldest: client.readHistory(.beginning)
        case .loadSince(let time): client.readHistory(.since(time))
        case .search(let text): if let query = TextQuery(text) { client.readHistory(.search(HistorySearch(query))) }
        case .find(let text, let place): if let query = WordQuery(text) { client.find(query, after: place) }
        case .copy(let text): copy(text)
        case .copyByTerminal(let text): copyByTerminal(text)
        case .openLink(let address): open(address)
        case .editExternally(let text): edit(text)
        case .lookUp(let ids): products?.lookUp(ids)
        case .bell: terminal.bell()
        case .notify(let title, let body): terminal.notify(title: title, body: body)
        case .redraw: terminal.redraw()
        case .suspend:
            terminal.suspend()
            apply(.resized(terminal.size))  // the shell was told of a change meanwhile, not this program
        case .quit: take(leaving.request(loses: remains.isLoss, now: .now))
        }
    }

    /// Reports the last message that was shown, once the terminal has accepted the output.
    private func reportRead() {
        let seen = reads.take(isWritten: !terminal.isHoldingScreen, isAccepted: !terminal.isBehind)
        for (peer, messageID) in seen { client.handle(.seen(upTo: messageID, in: peer)) }
    }

    private func open(_ address: String) {
        do throws(ProgramFailure) {
            Browser.open(address, in: try Browser.all()) { [mailbox] failures in
                mailbox.post(.otherProgram(.linkNotOpened(failures)))
            }
        } catch {
            apply(.otherProgram(.linkNotOpened([error])))
        }
    }

    private func copy(_ text: String) {
        let clipboard = Clipboard()
        if clipboard.isEmpty { return copyByTerminal(text) }
        clipboard.take(text) { [mailbox] outcome in
            mailbox.post(outcome.map { .copied($0, characters: text.count) } ?? .notCopiedByProgram(text))
        }
    }

    private func copyByTerminal(_ text: String) {
        apply(.copied(terminal.copy(text) ? .terminal : .nowhere, characters: text.count))
    }

    private func leaveIfDone() {
        guard leaving.deadline != nil else { return }
        take(leaving.check(isDelivering: client.isDelivering, loses: remains.isLoss, now: .now))
    }

    private func take(_ step: Leaving.Step) {
        switch step {
        case .stay: break
        case .ask: apply(.leavingLoses(remains))
        case .leave: isRunning = false
        }
    }

    private func deadline() -> ContinuousClock.Instant? {
        [tick, leaving.deadline, pacer.due, flagsDue].compactMap { $0 }.min()
    }

    private func readFlags() {
        client.handle(.readFlags)
        flagsDue = .now + Self.flagsInterval
    }

    private func environment() -> Environment {
        let now = Moment.now
        return Environment(
            now: now.wall, instant: now.instant, newID: { ClientMessageID(UUIDVersion7.make(at: now.wall)) },
            width: CharacterWidth(terminal.characterWidth), utcOffset: LocalTime.utcOffset)
    }
}

// MARK: - The user's editor

extension Program {
    private func edit(_ text: String) {
        guard let editor = Editor() else { return apply(.otherProgram(.editorMissing)) }
        let file: EditedText
        do throws(FileProblem) {
            file = try EditedText(text)
        } catch {
            return apply(.otherProgram(.noEditorFile(error)))
        }
        let end: ChildEnd
        do throws(ProgramFailure) {
            end = try terminal.lend { () throws(ProgramFailure) in try editor.start(on: file.path) }
        } catch {
            file.settle(.goes)
            apply(.resized(terminal.size))
            return apply(.otherProgram(.edited(.failed(error), leaving: nil)))
        }
        apply(.resized(terminal.size))
        let outcome = EditOutcome(
            original: text, content: file.content, end: end, failure: editor.failure(end), isEnding: terminal.isToEnd)
        if let text = outcome.text { apply(.edited(text)) }
        // The draft has to be on the disk before the file is removed.
        if terminal.isToEnd { return edited = (file, outcome.fate) }
        let path = file.settle(outcome.fate)
        if outcome.problem != nil || path != nil { apply(.otherProgram(.edited(outcome.problem, leaving: path))) }
    }

    private func settleEdited(isDraftKept: Bool) {
        guard let edited, let path = edited.text.settle(isDraftKept ? edited.fate : .stays) else { return }
        texts.complain(texts.editorsFileStays(path))
        log.warning("\(Texts.ofLog.editorsFileStays(path))")  // there may be no terminal any more
    }
}

extension TerminalEvent {
    /// Whether the user waits for the change on the screen.
    fileprivate var isUrgent: Bool {
        switch self {
        case .input, .resized: true
        case .woken, .deadline, .terminate, .hungUp: false
        }
    }
}

extension Moment {
    static var now: Moment { Moment(instant: .now, wall: Timestamp(microseconds: WallClock.microseconds)) }
}
