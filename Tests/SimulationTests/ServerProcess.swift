import ChatWire
import RateLimiting

@testable import ChatServer

/// What `Hub`, `CommitQueue` and `ReceiptQueue` do, one step after the other: what a process has in its memory.
final class ServerProcess {
    unowned let world: World
    unowned let server: CurrentServer
    private(set) var isAlive = true
    var registry = Registry<ServerConnection>()
    private(set) var connections: [ServerConnection] = []
    private var limiter: RateBuckets<UserID>?
    private var jobs: [Job] = []
    private var isCommitting = false
    private var acknowledged: [Acknowledgement] = []
    private var reads: [ReadJob] = []
    private var isStoringReceipts = false

    private struct Job {
        var draft: MessageDraft
        var connection: ServerConnection
    }

    private struct ReadJob {
        var reader: UserID
        var peer: UserID
        var messageID: MessageID
        var connection: ServerConnection
    }

    init(_ server: CurrentServer) {
        self.server = server
        world = server.world
        limiter = world.plan.rate.map { RateBuckets<UserID>($0) }
    }

    func accept(_ wire: Wire) -> ServerConnection {
        let connection = ServerConnection(self, wire)
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

    // MARK: - The end

    func die() {
        isAlive = false
        for connection in connections { connection.wire.serverDied() }
        connections = []
        registry = Registry()
        jobs = []
    }

    /// Stores what waits, tells the clients, and then is done.
    func drain(_ done: @escaping () -> Void) {
        if isCommitting || !jobs.isEmpty { return after(1.ms...1.ms) { self.drain(done) } }
        for connection in connections { connection.close(code: 1012) }
        after(1.ms...1.ms, done)
    }

    // MARK: - Messages

    func append(_ draft: MessageDraft, on connection: ServerConnection) {
        let retryAfterMs = limiter?.take(of: draft.sender, at: draft.receivedAt) ?? nil
        jobs.append(Job(draft: retryAfterMs.map(draft.overRate) ?? draft, connection: connection))
        commit()
    }

    /// One transaction for all that waits.
    private func commit() {
        guard !isCommitting, !jobs.isEmpty else { return }
        isCommitting = true
        let batch = Array(jobs.prefix(256))
        jobs.removeFirst(batch.count)
        if world.sabotage == .confirmsBeforeCommit { return confirmEarly(batch) }
        after(databaseTime) {
            let results = self.append(batch.map(\.draft))
            self.after(self.databaseTime) { self.answer(batch, results) }
        }
    }

    private func append(_ drafts: [MessageDraft]) -> [AppendResult] {
        if server.isFailing { return drafts.map { _ in .failure(.full) } }
        var drafts = drafts
        if world.sabotage == .forgetsRepeats {
            for (index, draft) in drafts.enumerated()
            where draft.retryAfterMs == nil && server.ledger.earlier(draft) != nil {
                drafts[index] = MessageDraft(
                    sender: draft.sender, receiver: draft.receiver, text: draft.text, product: draft.product,
                    receivedAt: draft.receivedAt)
            }
        }
        do throws(StoreError) {
            let outcomes = try server.ledger.append(drafts)
            world.note("server", "stores \(outcomes.map(\.messageID))")
            return outcomes.map { .success($0) }
        } catch {
            return drafts.map { _ in .failure(error) }
        }
    }

    private func confirmEarly(_ batch: [Job]) {
        let before = server.ledger
        let results = append(batch.map(\.draft))
        let stored = server.ledger
        server.ledger = before
        after(databaseTime) { self.server.ledger = stored }
        answer(batch, results)
    }

    /// The completions of the drafts, in their order.
    private func answer(_ batch: [Job], _ results: [AppendResult]) {
        for (job, result) in zip(batch, results) {
            if job.draft.retryAfterMs == nil, result.isFree { limiter?.giveBack(to: job.draft.sender) }
            job.connection.handle(.appended(job.draft, result))
            if let stored = result.stored { publish(stored, except: job.connection) }
        }
        isCommitting = false
        commit()
    }

    private func publish(_ stored: StoredMessage, except origin: ServerConnection) {
        for connection in devices(of: stored.message.sender) where connection !== origin {
            connection.handle(.delivery(stored))
        }
        for connection in devices(of: stored.message.receiver) { connection.handle(.delivery(stored)) }
    }

    /// In an order that is the same in every run.
    func devices(of user: UserID) -> [ServerConnection] {
        registry.connections(of: user).sorted { $0.wire.number < $1.wire.number }
    }

    // MARK: - Receipts

    func acknowledge(_ acknowledgement: Acknowledgement) {
        acknowledged.removeAll { $0.user == acknowledgement.user && $0.cursor <= acknowledgement.cursor }
        if !acknowledged.contains(where: { $0.user == acknowledgement.user }) { acknowledged.append(acknowledgement) }
        storeReceipts()
    }

    func markRead(by reader: UserID, with peer: UserID, upTo messageID: MessageID, on connection: ServerConnection) {
        reads.append(ReadJob(reader: reader, peer: peer, messageID: messageID, connection: connection))
        storeReceipts()
    }

    private func storeReceipts() {
        guard !isStoringReceipts, !acknowledged.isEmpty || !reads.isEmpty else { return }
        isStoringReceipts = true
        let (batch, reads) = (acknowledged, reads)
        (acknowledged, self.reads) = ([], [])
        after(databaseTime) {
            if !self.server.isFailing { self.store(batch) }
            for read in reads { self.store(read) }
            self.isStoringReceipts = false
            self.storeReceipts()
        }
    }

    private func store(_ acknowledgements: [Acknowledgement]) {
        let delivered = server.ledger.acknowledge(acknowledgements)
        for (acknowledgement, marks) in zip(acknowledgements, delivered.map(\.marks)) {
            for mark in marks {
                relay(.delivered(user: acknowledgement.user, messageID: mark.messageID), to: mark.sender)
            }
        }
    }

    private func store(_ read: ReadJob) {
        if server.isFailing { return read.connection.handle(.readMarked(.failure(.full))) }
        let isFurther = server.ledger.markRead(by: read.reader, with: read.peer, upTo: read.messageID)
        read.connection.handle(.readMarked(.success(isFurther)))
        guard isFurther == true else { return }
        var told = read.messageID
        if world.sabotage == .exaggeratesMarks {
            told = server.conversation(read.reader, read.peer).last?.id ?? told
        }
        relay(.read(user: read.reader, otherUser: nil, messageID: told), to: read.peer)
        relay(
            .read(user: read.reader, otherUser: read.peer, messageID: told), to: read.reader, except: read.connection)
    }

    func relay(_ event: ServerEvent, to user: UserID, except origin: ServerConnection? = nil) {
        for connection in devices(of: user) where connection !== origin { connection.handle(.relay(event)) }
    }
}

extension AppendOutcome {
    /// For the trace.
    fileprivate var messageID: String {
        switch self {
        case .stored(let stored): "\(stored.message.id) (\(stored.clientMessageID ?? "?"))"
        case .duplicate(let stored): "duplicate of \(stored.message.id)"
        case .conflict: "conflict"
        case .banned: "banned"
        case .rateLimited: "over the rate"
        }
    }
}
