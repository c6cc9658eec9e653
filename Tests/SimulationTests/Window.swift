import ChatWire

@testable import ChatClient

/// A program on a device: the client's machine, with what its driver does around it, and the screen.
final class Window: ClientEnd {
    unowned let world: World
    let device: Device
    /// Whose conversation is open, or was last or will be first.
    private(set) var peer: UserID
    /// Otherwise there is the list of conversations.
    private(set) var isOpen: Bool
    /// The list as it was told.
    private(set) var list: [UserID: ConversationList.Entry] = [:]
    let name: String
    /// Its number in the disk's ledger.
    let place: ConversationLedger.Window
    private(set) var session: Session
    private(set) var wire: Wire?
    private(set) var isAlive = true
    private(set) var isLeaving = false
    var screen: Screen
    /// Where the feed ended when the present connection was authorised.
    private(set) var feedEnd: FeedPosition?
    /// How often the server's database had been restored then.
    private(set) var feedData = 0
    private var alarm: Int?
    private var diskIsBusyUntil: Int = 0

    init(_ world: World, _ device: Device, peer: UserID, startsWithList: Bool) {
        self.world = world
        self.device = device
        self.peer = peer
        isOpen = !startsWithList
        name = world.makeName("\(device.name)/\(peer.wire)/")
        place = device.disk.ledger.openWindow()
        session = Session(user: device.user, peer: startsWithList ? nil : peer, seed: world.dice.number())
        screen = Screen(user: device.user)
    }

    func start() {
        world.note(name, "opens")
        handle(.start)
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
                self.feedEnd = success.epoch.map { FeedPosition(epoch: $0, cursor: success.cursor ?? 0) }
                self.feedData = self.wire?.data ?? self.feedData
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
        case .load(let peer, let opening): load(peer, opening)
        case .loadInbox: loadInbox()
        case .fetchConversations(let link):
            world.requestConversations(device) { [self] result in
                device.whenAwake { self.handle(.conversations(result, link: link)) }
            }
        case .open(let link): if !isLeaving { wire = world.connect(self, link: link) }
        case .authorize(let user, let resume):
            send(.auth(.init(user: user, protocolVersion: 2, resume: resume)))
        case .transmit(let event): send(event)
        case .ping(let patience): wire?.ping(patience: Int(patience.components.seconds).s)
        case .close:
            wire?.closeByClient()
            wire = nil
        case .fetchHistory(let peer, let before, let limit, let link): fetchHistory(peer, before, limit, link)
        case .store(let changes): store(changes)
        case .readOlderPage(let peer, let before):
            onDisk { window in
                if window.device.isDiskFull && window.world.dice.chance(30) {
                    return .olderPage(.failure(.diskFull), peer: peer, before: before)
                }
                let page = window.device.disk.ledger.page(
                    of: peer, before: before, limit: window.world.plan.diskPage)
                return .olderPage(.success(page), peer: peer, before: before)
            }
        case .adoptUnsent(let peer, let since):
            onDisk { window in
                if window.device.isDiskFull { return .adopted([]) }
                return .adopted(
                    window.device.disk.ledger.adoptUnsent(peer: peer, since: since, window: window.place))
            }
        case .readToken: world.judge.fail("a token was asked for")
        case .update(let update):
            world.note(name, "shows \(update)")
            take(update)
            world.judge.showed(update, on: self)
        case .log(let line):
            if line == .missedMessages { world.judge.fail("\(name) found a hole in its feed") }
        }
    }

    private func take(_ update: Update) {
        switch update {
        case .opened(let newPeer):
            screen = Screen(user: device.user)
            peer = newPeer ?? peer
            isOpen = newPeer != nil
        case .conversations(let entries): for entry in entries { list[entry.peer] = entry }
        default: screen.take(update)
        }
    }

    private func send(_ event: ClientEvent) {
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

    /// One after the other, each with its own time.
    private func onDisk(_ use: @escaping (Window) -> Session.Report) {
        let slowness = world.isCalm || world.dice.chance(90) ? 3.ms : 400.ms
        let started = max(world.time, diskIsBusyUntil) + world.dice.from(0...slowness)
        diskIsBusyUntil = started + world.dice.from(0...slowness)
        let ended = diskIsBusyUntil
        world.at(started) {
            self.device.whenAwake {
                guard self.isAlive else { return }
                let input = use(self)
                self.world.at(ended) { self.device.whenAwake { self.handle(input) } }
            }
        }
    }

    private func loadInbox() {
        onDisk { window in
            if window.device.isDiskFull && window.world.dice.chance(20) { return .inboxLoaded(.failure(.diskFull)) }
            return .inboxLoaded(
                .success(window.device.disk.ledger.inbox(limit: Session.mostConversations, window: window.place)))
        }
    }

    private func load(_ peer: UserID, _ opening: Int) {
        onDisk { window in
            if window.device.isDiskFull && window.world.dice.chance(20) {
                return .loaded(.failure(.diskFull), opening: opening)
            }
            // A small one would leave out what the feed may bring once more.
            let limit = Session.pageSize
            let state = window.device.disk.ledger.load(
                peer: peer, limit: limit, window: window.place, isFull: window.device.isDiskFull)
            return .loaded(.success(state), opening: opening)
        }
    }

    private func store(_ changes: [StoreChange]) {
        sabotageBeforeDisk(changes)
        let isTorn = world.sabotage == .tearsTransactions
        let isAdvance: (StoreChange) -> Bool = { if case .advance = $0 { true } else { false } }
        if isTorn { onDiskUnanswered(changes.filter(isAdvance)) }
        let changes = isTorn ? changes.filter { !isAdvance($0) } : changes
        onDisk { window in
            let failure = window.device.apply(changes, of: window)
            window.world.note(window.name, failure.map { "disk: \($0)" } ?? "on disk: \(changes)")
            return failure.map { .notStored($0) } ?? .stored
        }
    }

    private func onDiskUnanswered(_ changes: [StoreChange]) {
        guard !changes.isEmpty, isAlive else { return }
        _ = device.apply(changes, of: self)
    }

    private func sabotageBeforeDisk(_ changes: [StoreChange]) {
        for change in changes {
            switch (change, world.sabotage) {
            case (.advance(let position), .acknowledgesBeforeDisk): send(.ack(cursor: position.cursor))
            case (.enqueue(let message), .transmitsBeforeDisk):
                send(
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
