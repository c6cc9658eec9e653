import ChatWire

@testable import ChatServer

/// A connection at the server, as `Connection` and its socket are: the machine, and what it wants done.
final class ServerConnection: ServerEnd, EventLoopBound {
    private let process: ServerProcess
    let thread: ServerLoop
    private unowned let world: World
    let wire: Wire
    private var session: Session
    private var isReadingPaused = false
    private var unread: [ClientEvent] = []
    private var isClosed = false
    /// The socket takes nothing any more.
    private var isClosing = false

    /// With so many frames on their way the client counts as too slow.
    private static let mostUnsent = 150

    init(_ process: ServerProcess, _ wire: Wire, on thread: ServerLoop) {
        self.process = process
        self.thread = thread
        self.wire = wire
        world = process.world
        session = Session(limits: .init(), heartbeatMs: 25_000, hasOtherNodes: world.plan.nodes > 1)
    }

    var loop: ObjectIdentifier { ObjectIdentifier(thread) }

    // MARK: - The socket

    func received(_ event: ClientEvent) {
        guard process.isAlive, !isClosed else { return }
        if isReadingPaused { return unread.append(event) }
        handle(.event(event))
    }

    func closed() {
        guard process.isAlive, !isClosed else { return }
        isClosed = true
        handle(.closed)
        process.forget(self)
    }

    func close(code: Int) {
        guard !isClosing else { return }
        isClosing = true
        wire.closeByServer(code: code)
        process.after(0...100.ms) { self.closed() }
    }

    private func send(_ event: ServerEvent) {
        guard !isClosing else { return }
        if wire.toClient.load > Self.mostUnsent { return close(code: 4002) }
        world.note("server", "▶ \(wire.name) \(event)")
        world.judge.told(event, to: wire.client)
        wire.send(event)
    }

    private func resumeReading() {
        isReadingPaused = false
        while !isReadingPaused, !unread.isEmpty { handle(.event(unread.removeFirst())) }
    }

    // MARK: - The machine

    func handle(_ input: Session.Input) {
        guard process.isAlive else { return }
        if world.trace.isOn { world.note("server", "◀ \(wire.name) \(input)") }
        for action in session.handle(input, now: process.now) { perform(action) }
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .send(let event): send(event)
        case .authorize(let user, let resume, _): authorize(user, resume)
        case .register(let user): if world.sabotage != .registersLate { process.registry.insert(self, user) }
        case .admit: break
        case .unregister: process.remove(self)
        case .append(let draft): process.append(draft, on: self)
        case .readFeed(let user, let cursor, let limit): readFeed(of: user, after: cursor, limit: limit)
        case .awaitSent(_):
            world.at(wire.toClient.stalledUntil) { self.process.after(0...20.ms) { self.handle(.sent) } }
        case .acknowledge(let acknowledgement): process.receive { $0.acknowledge(acknowledgement) }
        case .markRead(let reader, let peer, let messageID):
            process.receive { $0.markRead(ReadMark(user: reader, peer: peer, messageID: messageID), on: self) }
        case .setBlocked(let isBlocked, let other, let user):
            let time = process.now
            process.receive { $0.setBlocked(isBlocked, other, by: user, at: time, limit: .max, on: self) }
        case .findBlock(let other, let user): process.receive { $0.findBlock(other, by: user, on: self) }
        case .authenticate, .setTimer: world.judge.fail("a token was asked for")
        case .throttle: world.judge.fail("bytes were counted")
        case .relayTyping(let user, let receiver):
            process.ask({ $0.ledger.isBlockedEitherWay(user, receiver) }) { isBlockedEitherWay in
                guard isBlockedEitherWay == false else { return }
                self.process.relay(.typing(user: user), to: receiver)
                self.process.publish([.relay(.typing(user: user), to: receiver, behindMessages: false)])
            }
        case .syncPeers(let user, let place): process.syncPeers(of: user, from: place, on: self)
        case .pauseReading: isReadingPaused = true
        case .resumeReading: process.after(0...0) { self.resumeReading() }
        case .close(let code): close(code: Int(code.rawValue))
        case .log(let line): world.judge.serverLogged(line)
        }
    }

    private func authorize(_ user: UserID, _ resume: FeedPosition?) {
        process.ask({ $0.ledger.account(of: user, resume: resume) }) { [self] account in
            guard let account else { return handle(.authorizationFailed) }
            if world.sabotage == .registersLate, !isClosed { process.registry.insert(self, user) }
            handle(.authorized(account))
        }
    }

    private func readFeed(of user: UserID, after cursor: Int, limit: Int) {
        let limit = min(limit, world.plan.serverPage)
        process.inTurn(of: user) { [self] done in
            process.ask({ $0.ledger.feed(of: user, after: cursor, limit: limit) }) { page in
                done()
                self.handle(page.map { .feedPage(after: cursor, $0) } ?? .feedFailed)
            }
        }
    }
}
