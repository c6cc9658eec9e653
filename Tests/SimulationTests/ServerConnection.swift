import ChatWire

@testable import ChatServer

/// A connection at the server, as `Connection` and its socket are: the machine, and what it wants done.
final class ServerConnection: ServerEnd {
    private let process: ServerProcess
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

    init(_ process: ServerProcess, _ wire: Wire) {
        self.process = process
        self.wire = wire
        world = process.world
        session = Session(limits: .init(), heartbeatMs: 25_000)
    }

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
        for action in session.handle(input, now: process.server.now) { perform(action) }
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
        case .acknowledge(let acknowledgement): process.acknowledge(acknowledgement)
        case .markRead(let reader, let peer, let messageID):
            process.markRead(by: reader, with: peer, upTo: messageID, on: self)
        case .setBlocked(let isBlocked, let other, let user):
            process.after(process.databaseTime) {
                if self.process.server.isFailing { return self.handle(.blockSet(.locked)) }
                self.process.server.ledger.setBlocked(isBlocked, other, by: user)
                self.handle(.blockSet(nil))
            }
        case .findBlock(let other, let user):
            process.after(process.databaseTime) {
                let isBlocked = self.process.server.ledger.blocks(user, other)
                self.handle(.blockKnown(other, self.process.server.isFailing ? .failure(.locked) : .success(isBlocked)))
            }
        case .authenticate, .remind: world.judge.fail("a token was asked for")
        case .rest: world.judge.fail("bytes were counted")
        case .relayTyping(let user, let receiver):
            process.after(0...1.ms) { self.process.relay(.typing(user: user), to: receiver) }
        case .meetPeers(let user, let place): process.meetPeers(of: user, from: place, on: self)
        case .pauseReading: isReadingPaused = true
        case .resumeReading: process.after(0...0) { self.resumeReading() }
        case .close(let code): close(code: Int(code))
        case .log(let line): world.judge.serverLogged(line)
        }
    }

    private func authorize(_ user: UserID, _ resume: FeedPosition?) {
        process.after(process.databaseTime) {
            if self.process.server.isFailing { return self.handle(.authorizationFailed) }
            let account = self.process.server.ledger.account(of: user, resume: resume)
            self.process.after(self.process.databaseTime) {
                if self.world.sabotage == .registersLate, !self.isClosed { self.process.registry.insert(self, user) }
                self.handle(.authorized(account))
            }
        }
    }

    private func readFeed(of user: UserID, after cursor: Int, limit: Int) {
        process.after(process.databaseTime) {
            if self.process.server.isFailing { return self.handle(.feedFailed) }
            let page = self.process.server.ledger.feed(
                of: user, after: cursor, limit: min(limit, self.world.plan.serverPage))
            self.process.after(self.process.databaseTime) { self.handle(.feedPage(after: cursor, page)) }
        }
    }
}
