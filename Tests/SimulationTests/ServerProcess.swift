import ChatWire

@testable import ChatServer

/// What a process of the server has in its memory: the values that `Hub` drives, driven one step after the other in simulated time.
final class ServerProcess {
    unowned let world: World
    unowned let server: CurrentServer
    private(set) var isAlive = true
    var registry = Registry<ServerConnection>() {
        didSet {
            let news = registry.takeNews()
            if !news.isEmpty { publish(news) }
        }
    }
    private(set) var connections: [ServerConnection] = []
    let traffic: TrafficLimits
    private var commits = CommitPipeline<MessageOrigin<ServerConnection>>()
    private var receipts = ReceiptPipeline<ServerConnection>()
    var departures = DepartureQueue(grace: .seconds(6))
    /// Whose page of a feed or of peers is next.
    var turns = FairSemaphore<() -> Void>(atOnce: 2)
    /// The threads of connections.
    let loops: [ServerLoop]
    /// The thread of the bus.
    let busThread = ServerLoop()
    /// The place of this node among several.
    let node: Int
    /// Nil if there is one node only.
    var nodes: ProcessNodes?
    /// Where the clock of this node is ahead of the others'.
    private let clockSkew: Int

    init(_ server: CurrentServer, node: Int, run: Int) {
        self.server = server
        self.node = node
        world = server.world
        let isSkewed = world.plan.nodes > 1 && !world.plan.hasRestores
        clockSkew = isSkewed ? world.dice.from(-3.s...3.s) : 0
        // Only messages have a limit here, and they bring their times.
        traffic = TrafficLimits(
            messages: world.plan.rate, bytes: nil, events: nil, requestsPerUser: nil, metrics: SharedMetrics()
        ) { World.startTime }
        loops = (0..<2).map { _ in ServerLoop() }
        _ = commits.start()
        if world.plan.nodes > 1 { joinNodes(run: run) }
    }

    /// As this node's clock has it.
    var now: Timestamp { server.now.advanced(by: .microseconds(clockSkew)) }

    func accept(_ wire: Wire) -> ServerConnection {
        let connection = ServerConnection(self, wire, on: loops[wire.number % loops.count])
        connections.append(connection)
        return connection
    }

    func forget(_ connection: ServerConnection) { connections.removeAll { $0 === connection } }

    // MARK: - Time

    /// Does it after some time, if the process still lives.
    func after(_ range: ClosedRange<Int>, _ action: @escaping () -> Void) {
        world.after(range) { if self.isAlive { action() } }
    }

    /// How long the database takes.
    var databaseTime: ClosedRange<Int> {
        if world.dice.chance(80) { return 0...8.ms }
        return world.isCalm || world.dice.chance(75) ? 0...150.ms : 100.ms...2.s
    }

    /// Asks the database: the answer is as of one moment, and arrives later. Nil: it fails.
    func ask<Answer>(_ question: @escaping (CurrentServer) -> Answer, then take: @escaping (Answer?) -> Void) {
        after(databaseTime) { [self] in
            let answer = server.isFailing ? nil : question(server)
            after(databaseTime) { take(answer) }
        }
    }

    /// On the loop's thread, behind what was given to it before.
    func execute(on loop: ServerLoop, _ work: @escaping () -> Void) {
        loop.busyUntil = max(loop.busyUntil, world.time + world.dice.from(0...1.ms))
        world.at(loop.busyUntil) { if self.isAlive { work() } }
    }

    // MARK: - The end

    func die() {
        isAlive = false
        for connection in connections { connection.wire.serverDied() }
        connections = []
        registry = Registry()
    }

    /// Stores what waits, tells the clients, and then is done.
    func drain(_ done: @escaping () -> Void) {
        registry.isDraining = true
        if commits.isCommitting || commits.count > 0 { return after(1.ms...1.ms) { self.drain(done) } }
        for connection in connections { execute(on: connection.thread) { connection.close(code: 1012) } }
        publish([.ending])
        after(3.ms...3.ms, done)
    }

    // MARK: - Messages

    func append(_ draft: MessageDraft, on connection: ServerConnection) {
        let (draft, overLimit) = traffic.admit(draft)
        commit(commits.append(draft, from: MessageOrigin(device: connection, overLimit: overLimit)))
    }

    private func commit(_ batch: [CommitPipeline<MessageOrigin<ServerConnection>>.Draft]) {
        if batch.isEmpty { return }
        if world.sabotage == .confirmsBeforeCommit { return confirmEarly(batch) }
        after(databaseTime) { [self] in
            let result = store(batch.map(\.message))
            after(databaseTime) { self.answer(CommitPipeline.answers(to: batch, result)) }
        }
    }

    private func store(_ drafts: [MessageDraft]) -> Result<[AppendOutcome], StoreError> {
        if server.isFailing { return .failure(.full) }
        var drafts = drafts
        if world.sabotage == .forgetsRepeats {
            for (index, draft) in drafts.enumerated()
            where draft.retryAfterMs == nil && server.ledger.earlier(draft) != nil {
                drafts[index] = MessageDraft(
                    sender: draft.sender, receiver: draft.receiver, text: draft.text, product: draft.product,
                    receivedAt: draft.receivedAt)
            }
        }
        let outcomes = server.ledger.append(drafts)
        world.note("server", "stores \(outcomes.map(\.messageID))")
        return .success(outcomes)
    }

    private func confirmEarly(_ batch: [CommitPipeline<MessageOrigin<ServerConnection>>.Draft]) {
        let before = server.ledger
        let result = store(batch.map(\.message))
        let stored = server.ledger
        server.ledger = before
        after(databaseTime) { self.server.ledger = stored }
        answer(CommitPipeline.answers(to: batch, result))
    }

    private func answer(_ answers: [CommitPipeline<MessageOrigin<ServerConnection>>.Answered]) {
        let publication = Publication(of: answers, to: &registry)
        for (draft, result, origin) in answers { traffic.complete(draft, result, overLimit: origin.overLimit) }
        for (_, steps) in publication.loops { execute(on: steps[0].device.thread) { self.take(steps) } }
        publishHints(of: answers)
        for (one, other) in publication.firstContacts { run(Introduction(one: one, other: other)) }
        commit(commits.answered().batch)
    }

    private func take(_ steps: Publication<ServerConnection>.Steps) {
        for (connection, step) in steps {
            switch step {
            case .answer(let draft, let result, _): connection.handle(.appended(draft, result))
            case .delivery(let stored, _, timedFrom: _): connection.handle(.delivery(stored))
            }
        }
    }

    // MARK: - Receipts

    /// Something for the pipeline, which is then worked off.
    func receive(_ change: (inout ReceiptPipeline<ServerConnection>) -> Void) {
        change(&receipts)
        storeReceipts()
    }

    private func storeReceipts() {
        switch receipts.next() {
        case nil: break
        case .callBack: storeReceipts()  // nobody waits
        case .ask(let request):
            after(databaseTime) { [self] in
                var separations: [BlockAnnouncement] = []
                for effect in receipts.take(server.answer(to: request)) { separations += perform(effect) }
                run(separations) { self.storeReceipts() }
            }
        }
    }

    /// - Returns: what the pipeline waits for.
    private func perform(_ effect: ReceiptPipeline<ServerConnection>.Effect) -> [BlockAnnouncement] {
        switch effect {
        case .answer(let answer, let connection): connection.handle(answer)
        case .relay(let event, let user, let origin, let isBehindMessages):
            let event = exaggerated(event, to: user)
            relay(event, to: user, except: origin, behindMessages: isBehindMessages)
            publish([.relay(event, to: user, behindMessages: isBehindMessages)])
        case .deliver(let stored, let user):
            for connection in registry.connections(of: user) {
                execute(on: connection.thread) { connection.handle(.delivery(stored)) }
            }
            if let cursor = stored.receiverCursor { publish([.feedsGrew([FeedHint(user: user, cursor: cursor)])]) }
        case .blockChanged(let isBlocked, let other, let user, let time):
            return [
                BlockAnnouncement(isBlocked: isBlocked, other: other, user: user, time: time, recentTimes: recentTimes)
            ]
        case .tooManyBlocks: world.judge.fail("blocks were counted")
        case .failed: break
        }
        return []
    }

    private func exaggerated(_ event: ServerEvent, to user: UserID) -> ServerEvent {
        guard world.sabotage == .exaggeratesMarks, case .read(let reader, let peer, let messageID) = event else {
            return event
        }
        let last = server.conversation(reader, peer ?? user).last?.id
        return .read(user: reader, otherUser: peer, messageID: last ?? messageID)
    }

    func relay(
        _ event: ServerEvent, to user: UserID, except origin: ServerConnection? = nil, behindMessages: Bool = false
    ) {
        for connection in registry.connections(of: user) where connection !== origin {
            if behindMessages {
                execute(on: connection.thread) { connection.handle(.relay(event)) }
            } else {
                connection.handle(.relay(event))
            }
        }
    }
}

/// A thread of connections.
final class ServerLoop {
    var busyUntil = 0
}

extension AppendOutcome {
    /// For the trace.
    fileprivate var messageID: String {
        switch self {
        case .stored(let stored): "\(stored.message.id) (\(stored.clientMessageID ?? "?"))"
        case .duplicate(let stored): "duplicate of \(stored.message.id)"
        case .conflict: "conflict"
        case .refused: "refused"
        case .notStored: "not stored"
        case .unknown: "unknown"
        case .banned: "banned"
        case .rateLimited: "over the rate"
        }
    }
}
