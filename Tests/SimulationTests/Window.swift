import ChatUI
import ChatWire

@testable import ChatClient
@testable import chat_tui

/// A program on a device: the client's machine, with what its driver does around it, and the screen.
final class Window: ClientEnd {
    unowned let world: World
    let device: Device
    let name: String
    /// Its number in the disk's ledger.
    let place: ConversationLedger.Window
    private(set) var session: Session
    private(set) var wire: Wire?
    private(set) var isAlive = true
    private(set) var isLeaving = false
    /// Where the feed ended when the present connection was authorised.
    private(set) var feedEnd = FeedEnd()
    private var alarm: Int?
    private var diskIsBusyUntil: Int = 0

    // The screen.
    var model: Model
    private let doorbell = Doorbell()
    let mailbox: Mailbox
    /// Whose conversation is open, as the client told.
    var toldPeer: UserID?
    /// Of each time that the client told the screen that nothing is missing, and the screen does not know yet.
    var endsTold: [FeedEnd] = []
    /// The id of the message that is written next.
    var nextID: ClientMessageID
    /// The last message that the user has seen since the server was told.
    var unreportedRead: MessageID?

    struct FeedEnd {
        /// Nil: the server has no feeds.
        var position: FeedPosition?
        /// How often the server's database had been restored.
        var data = 0
    }

    /// - Parameter peer: Nil: it begins with the list of conversations.
    init(_ world: World, _ device: Device, peer: UserID?) {
        self.world = world
        self.device = device
        name = world.makeName("\(device.name)/\(peer?.wire ?? "")/")
        place = device.disk.ledger.openWindow()
        session = Session(user: device.user, peer: peer, seed: world.dice.number())
        model = Self.makeModel(user: device.user, peer: peer)
        mailbox = Mailbox(waker: doorbell)
        toldPeer = peer
        nextID = ClientMessageID(world.makeMessageID())
        doorbell.window = self
    }

    func start() {
        world.note(name, "opens")
        handle(.start)
        handle(.followList)
    }

    // MARK: - Inputs

    func handle(_ command: Session.Command) {
        change("\(command)") { $0.handle(command, now: $1) }
    }

    func handle(_ report: Session.Report) {
        change("\(report)") { $0.handle(report, now: $1) }
    }

    private func change(_ input: @autoclosure () -> String, _ body: (inout Session, Moment) -> [Session.Effect]) {
        guard isAlive else { return }
        world.note(name, "◀ \(input())")
        for effect in body(&session, world.now) { perform(effect) }
        setAlarm()
    }

    private func setAlarm() {
        let deadline = isLeaving ? nil : session.nextDeadline.map(world.time(of:))
        guard deadline != alarm else { return }
        alarm = deadline
        guard let deadline else { return }
        world.at(deadline) { self.device.whenAwake { self.ring(deadline) } }
    }

    private func ring(_ deadline: Int) {
        guard alarm == deadline else { return }
        alarm = nil
        handle(.tick)
    }

    // MARK: - The network

    var isCutOff: Bool { device.isCutOff }

    func opened(link: Int) { device.whenAwake { self.handle(.opened(link: link)) } }

    func received(_ event: ServerEvent, link: Int) {
        let event = world.plan.encodesFrames ? world.judge.throughJSON(event) : event
        device.whenAwake {
            if case .authSuccess(let success) = event, link == self.session.linkNumber {
                self.feedEnd = FeedEnd(
                    position: success.epoch.map { FeedPosition(epoch: $0, cursor: success.cursor ?? 0) },
                    data: self.wire?.data ?? self.feedEnd.data)
            }
            self.handle(.event(event, link: link))
        }
    }

    func ended(_ end: LinkEnd, link: Int) {
        device.whenAwake {
            if self.world.sabotage == .forgetsInFlight { self.session.forgetInFlight(self.world.now) }
            self.handle(.ended(end, link: link))
        }
    }

    // MARK: - The end

    /// kill -9.
    func kill() {
        guard isAlive else { return }
        world.note(name, "is killed")
        die()
    }

    /// The user leaves: what is under way still goes to disk.
    func leave() {
        world.note(name, "leaves")
        wire?.closeByClient()
        wire = nil
        isLeaving = true
        handle(.leaving)
        dieWhenSaved(patience: 3)
    }

    private func dieWhenSaved(patience: Int) {
        guard isAlive, session.isSaving, patience > 0 else { return die() }
        world.at(diskIsBusyUntil + 1) { self.dieWhenSaved(patience: patience - 1) }
    }

    private func die() {
        guard isAlive else { return }
        wire?.closeByClient()
        wire = nil
        isAlive = false
        device.forget(self)
    }

    // MARK: - Effects

    private func perform(_ effect: Session.Effect) {
        switch effect {
        case .load(let peer, let opening): onDisk { $0.loaded(peer, opening: opening) }
        case .loadInbox: onDisk { $0.inboxLoaded() }
        case .readFlags: onDisk { $0.flagsRead() }
        case .fetchConversations(let link):
            world.requestConversations(device) { [self] result in
                device.whenAwake { self.handle(.conversations(result, link: link)) }
            }
        case .open(let link): if !isLeaving { wire = world.connect(self, link: link) }
        case .authorize(let user, let resume):
            transmit(.auth(.init(user: user, protocolVersion: 2, resume: resume)))
        case .transmit(let event): transmit(event)
        case .ping(let patience): wire?.ping(patience: Int(patience.components.seconds).s)
        case .close:
            wire?.closeByClient()
            wire = nil
        case .fetchHistory(let peer, let before, let limit, let link): fetchHistory(peer, before, limit, link)
        case .findMissing(let skipped, let link): onDisk { $0.missingFound(except: skipped, link: link) }
        case .fetchMissing(let gap, let limit, let link):
            world.request(device, with: gap.peer, before: gap.pageEnd, limit: limit) { [self] result in
                device.whenAwake { self.handle(.missing(result, gap, link: link)) }
            }
        case .store(let changes): store(changes)
        case .readOlderPage(let peer, let before): onDisk { $0.olderPage(of: peer, before: before) }
        case .adoptUnsent(let peer, let since): onDisk { $0.adopted(peer: peer, since: since) }
        case .readToken: world.judge.fail("a token was asked for")
        case .update(let update): tell(update)
        case .log(let line):
            if line == .missedMessages { world.judge.fail("\(name) found a hole in its feed") }
        }
    }

    private func transmit(_ event: ClientEvent) {
        guard let wire else { return }
        world.note(name, "▶ \(event)")
        world.judge.transmits(event, window: self)
        wire.send(world.plan.encodesFrames ? world.judge.throughJSON(event) : event)
    }

    private func fetchHistory(_ peer: UserID, _ before: MessageID?, _ limit: Int?, _ link: Int) {
        world.request(device, with: peer, before: before, limit: limit) { [self] result in
            device.whenAwake { self.handle(.history(result, peer: peer, before: before, link: link)) }
        }
    }

    // MARK: - The disk

    private func onDisk(_ use: @escaping (WindowDisk) -> Session.Report) {
        onDisk(use) { self.handle($0) }
    }

    /// One after the other, each with its own time.
    private func onDisk<Answer>(_ use: @escaping (WindowDisk) -> Answer, then take: @escaping (Answer) -> Void) {
        let slowness = world.isCalm || world.dice.chance(90) ? 3.ms : 400.ms
        let started = max(world.time, diskIsBusyUntil) + world.dice.from(0...slowness)
        diskIsBusyUntil = started + world.dice.from(0...slowness)
        let ended = diskIsBusyUntil
        world.at(started) {
            self.device.whenAwake {
                guard self.isAlive else { return }
                let answer = use(WindowDisk(self))
                self.world.at(ended) { self.device.whenAwake { take(answer) } }
            }
        }
    }

    /// What the user wants to see again of the open conversation.
    func readHistory(_ query: HistoryQuery) {
        guard let peer = session.peer else { return }
        let opening = session.conversation.opening
        onDisk {
            query.step(in: $0, of: peer)
        } then: { step in
            guard self.isAlive, self.session.conversation.opening == opening else { return }
            switch step {
            case .answer(let update): self.tell(update)
            case .unfinished(let rest): self.readHistory(rest)
            }
        }
    }

    private func store(_ changes: [StoreChange]) {
        sabotageBeforeDisk(changes)
        let isTorn = world.sabotage == .tearsTransactions
        let isAdvance: (StoreChange) -> Bool = { if case .advance = $0 { true } else { false } }
        if isTorn { onDiskUnanswered(changes.filter(isAdvance)) }
        let changes = isTorn ? changes.filter { !isAdvance($0) } : changes
        onDisk { $0.stored(changes) }
    }

    private func onDiskUnanswered(_ changes: [StoreChange]) {
        guard !changes.isEmpty, isAlive else { return }
        try? device.apply(changes, of: self)
    }

    private func sabotageBeforeDisk(_ changes: [StoreChange]) {
        for change in changes {
            switch (change, world.sabotage) {
            case (.advance(let position), .acknowledgesBeforeDisk): transmit(.ack(cursor: position.cursor))
            case (.enqueue(let message), .transmitsBeforeDisk):
                transmit(
                    .message(
                        .init(
                            sender: device.user, receiver: message.receiver, text: UntrustedText(message.text),
                            clientMessageID: message.id)))
            default: break
            }
        }
    }
}

extension Session {
    /// Breaks rule 14: nothing in flight is sent again.
    fileprivate mutating func forgetInFlight(_ now: Moment) {
        for entry in outbox.entries where entry.state == .inFlight {
            _ = delivery.handle(.settled(entry.id), peer: nil, now: now)
        }
    }
}
