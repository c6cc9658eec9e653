import ChatWire
import ClientUpdates

@testable import ChatClient
@testable import ChatUI
@testable import chat_tui

// The screen: the model that `chat-tui` paints, driven as `Program` drives it. Nothing is painted here.

extension Window {
    /// As small as it may be: rows are laid out only for what is in sight.
    private static let usualSize = Size(rows: 10, columns: 40)
    /// All of a conversation is in sight.
    private static let tallSize = Size(rows: 10_000, columns: 40)

    static func makeModel(user: UserID, peer: UserID?) -> Model { Model(user: user, peer: peer, size: usualSize) }

    // MARK: - News

    /// The client tells something. The screen's thread comes to it a little later.
    func tell(_ update: Update) {
        world.note(name, "is told \(update)")
        world.judge.told(update, to: self)
        switch update {
        case .opened(let peer): toldPeer = peer
        case .caughtUp: endsTold.append(feedEnd)
        default: break
        }
        mailbox.post(.client(update))
    }

    func takeMail() {
        guard isAlive, !isLeaving else { return }
        for event in mailbox.take() {
            apply(event)
            guard case .client(.caughtUp) = event else { continue }
            let end = endsTold.removeFirst()
            // It may be about the conversation before.
            if model.app.unansweredOpens == 0 { world.judge.checkCaughtUp(self, to: end) }
        }
        reportRead()
    }

    // MARK: - What the user does

    func press(_ code: Key.Code, _ modifiers: Key.Modifiers = []) { use(.key(Key(code, modifiers))) }

    func paste(_ text: String) { use(.paste(text)) }

    /// A line in place of the draft, written at once.
    func enter(_ line: String) {
        model.app.editor.replaceAll(with: line)
        press(.enter)
    }

    private func use(_ input: Input) {
        guard isAlive, !isLeaving else { return }
        noteSeen()
        apply(.input(input))
        noteSeen()
        reportRead()
    }

    /// Whoever does something at a window sees what it shows.
    private func noteSeen() {
        guard let conversation = model.conversation, conversation.viewport == .following else { return }
        let messages = conversation.state.transcript.stored
        // This machine's clock may have placed an own message behind the peer's last one.
        for last in [messages.last, messages.last { $0.sender == conversation.peer }].compactMap(\.self) {
            world.judge.saw(last, device.user, peer: conversation.peer)
        }
    }

    /// Half of the messages are typed, which the screen allows only with a connection, and which shows the user what came.
    /// The others are given to the client directly, as by a program that nobody looks at: its outbox takes them at any
    /// time.
    func send(_ text: String) {
        guard isAlive, !isLeaving, model.conversation != nil else { return }
        if model.app.isOnline, !world.isCalm, world.dice.chance(50) { return enter(text) }
        let id = takeID()
        model.conversation?.state.beginSaving(id, UntrustedText(text), about: nil, createdAt: world.now.wall)
        handle(.send(id: id, text: text))
    }

    /// Any of the messages that wait for the user's word. Those keys act upon the oldest one, or the one that is selected.
    func selectHeld() {
        let held = model.conversation?.state.transcript.pending.filter { $0.status != .waiting } ?? []
        if let id = world.dice.pick(held)?.id { model.conversation?.selected = .pending(id) }
    }

    /// To another conversation, or with nil to the list.
    func turn(to peer: UserID?) {
        guard let peer else { return enter("/seller") }
        if let number = model.app.inbox.number(of: peer) {
            return press(.character(Character("\(number)")), .alt)
        }
        enter("/seller \(peer.wire)")
    }

    /// All of what is here is in sight, so that what is missing is loaded.
    func showAll() {
        if model.app.size != Self.tallSize { apply(.resized(Self.tallSize)) }
        press(.pageUp)
    }

    // MARK: - The model

    private func apply(_ event: Event) {
        guard isAlive else { return }
        for effect in update(&model, event, in: environment) { perform(effect) }
    }

    private var environment: Environment {
        Environment(
            now: world.now.wall, instant: world.now.instant, newID: { [nextID] in nextID },
            width: CharacterWidth { _ in 1 }, utcOffset: { _ in 0 })
    }

    private func takeID() -> ClientMessageID {
        defer { nextID = ClientMessageID(world.makeMessageID()) }
        return nextID
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .send(let id, let text, let product):
            if id == nextID { _ = takeID() }
            handle(.send(id: id, text: text, product: product))
        case .resend(let id):
            world.judge.resent(id)
            handle(.resend(id: id))
        case .discard(let id):
            world.judge.discarded(id)
            handle(.discard(id: id))
        case .loadOlder(let before): handle(.loadOlder(before: before))
        case .draftChanged(let text): handle(.draft(text))
        case .typing: handle(.typed)
        case .markRead(let id): unreportedRead = id
        case .open(let peer):
            reportRead()
            handle(.open(peer: peer))
        case .setBlocked(let isBlocked): handle(.setBlocked(isBlocked))
        case .setFlag(let flag, let isSet, let peer): handle(.setFlag(flag, isSet, peer: peer))
        case .readFlags: handle(.readFlags)
        case .reconnectNow: handle(.reconnectNow)
        case .loadNewer(let id): readHistory(.newer(after: id))
        case .loadAround(let id): readHistory(.around(id))
        case .loadOldest: readHistory(.beginning)
        case .loadSince(let time): readHistory(.since(time))
        case .search, .find, .copy, .copyByTerminal, .openLink, .lookUp, .editExternally, .bell, .notify, .redraw,
            .suspend,
            .quit:
            break
        }
    }

    private func reportRead() {
        if let id = unreportedRead { handle(.seen(upTo: id)) }
        unreportedRead = nil
    }
}

// MARK: - What the judge looks at

extension Window {
    /// Whose conversation is on the screen. Nil: the list is.
    var openPeer: UserID? { model.conversation?.peer }

    var shownMessages: [MessageID] { model.conversation?.state.transcript.stored.map(\.id) ?? [] }

    var saysAllIsHere: Bool { model.conversation?.state.isCaughtUp ?? false }

    var saysSomethingIsMissing: Bool {
        guard let conversation = model.conversation else { return false }
        let transcript = conversation.state.transcript
        let gaps = [transcript.holes, transcript.dropped, transcript.unknown]
        return conversation.hasOlder || transcript.openGap != nil || gaps.contains { !$0.isEmpty }
    }

    /// The first message that is not here, although the screen does not say that something is missing there.
    func missing(of messages: [Message]) -> Message? {
        guard let conversation = model.conversation else { return nil }
        let transcript = conversation.state.transcript
        var isExcused = conversation.hasOlder
        for message in messages {
            if let place = transcript.place(of: message.id) {
                isExcused = transcript.gap(after: place) != nil
            } else if !isExcused {
                return message
            }
        }
        return nil
    }

    /// How far the peer has the conversation, as the ticks at the user's own messages say.
    var shownMark: ConversationMark? {
        guard let conversation = model.conversation else { return nil }
        let transcript = conversation.state.transcript
        let own = transcript.stored.indices.filter { transcript.stored[$0].sender == device.user }
        let delivered = own.last { [.delivered, .read].contains(transcript.line(at: $0).state) }
        let read = own.last { transcript.line(at: $0).state == .read }
        return ConversationMark(
            user: conversation.peer, delivered: delivered.map { transcript.stored[$0].id },
            read: read.map { transcript.stored[$0].id })
    }

    /// Whether it shows that this message waits for the user's word.
    func showsHeld(_ id: ClientMessageID) -> Bool {
        model.conversation?.state.transcript.pending.contains { $0.id == id && $0.status != .waiting } ?? false
    }

    func shownFlags(of peer: UserID) -> Set<ConversationFlag> { model.app.inbox.flags(of: peer) }

    func listed(_ peer: UserID) -> InboxEntry? { model.app.inbox[peer] }
}

/// Wakes the screen's thread, which is somewhere else at that moment.
final class Doorbell: Waking, @unchecked Sendable {
    weak var window: Window?
    private var hasRung = false

    func wake() {
        guard let window, !hasRung else { return }
        hasRung = true
        let world = window.world
        world.after(world.isCalm || world.dice.chance(90) ? 0...2.ms : 0...200.ms) {
            window.device.whenAwake {
                self.hasRung = false
                window.takeMail()
            }
        }
    }
}
