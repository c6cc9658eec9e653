import ChatWire
import DequeModule
import Logging
import Synchronization

/// The way of acks, read marks and blocks into the store, in one task: what comes while the store is busy goes together, of
/// several acks of a user only the highest counts, and of several read marks of two users only the furthest. Users take
/// turns.
final class ReceiptQueue: Sendable {
    /// What goes in the order in which its user asked for it.
    private enum Job {
        case read(ReadMark, ReadCompletion)
        case block(Bool, UserID, by: UserID, at: Timestamp, most: Int, BlockCompletion)
        case findBlock(UserID, by: UserID, FindCompletion)

        var user: UserID {
            switch self {
            case .read(let mark, _): mark.user
            case .block(_, _, by: let user, at: _, most: _, _), .findBlock(_, by: let user, _): user
            }
        }
    }

    /// Told what became of a read mark, and whether the peer may be told: not where one of the two blocks the other.
    typealias ReadCompletion = @Sendable (Result<Bool?, StoreError>, _ mayTellPeer: Bool) -> Void

    typealias BlockCompletion = @Sendable (Result<BlockOutcome, StoreError>) async -> Void

    typealias FindCompletion = @Sendable (Result<Bool, StoreError>) async -> Void

    private struct State {
        /// The highest of each user that waits.
        var acknowledged: [UserID: Int] = [:]
        /// Whose acks wait, the first one first.
        var users: Deque<UserID> = []
        var jobs = FairQueue<UserID, Job>()
        var usersProgress = QueueProgress()

        mutating func note(_ acknowledgement: Acknowledgement) {
            let (user, cursor) = (acknowledgement.user, acknowledgement.cursor)
            if acknowledged[user] == nil {
                users.append(user)
                usersProgress.queue()
            }
            acknowledged[user] = max(acknowledged[user] ?? cursor, cursor)
        }

        /// An ack of which a part is done waits for another turn.
        mutating func putBack(_ acknowledgement: Acknowledgement) {
            note(acknowledgement)
        }

        mutating func takeBatch() -> ([Acknowledgement], [Job])? {
            guard !users.isEmpty || jobs.count > 0 else { return nil }
            let most = ReceiptQueue.mostInBatch
            let batch = users.prefix(most).compactMap { user in
                acknowledged.removeValue(forKey: user).map { Acknowledgement(user: user, cursor: $0) }
            }
            users.removeFirst(batch.count)
            return (batch, jobs.take(most, each: ReceiptQueue.mostOfOne))
        }
    }

    private static let mostInBatch = 256
    /// How many marks and blocks of one user go before it is the next one's turn.
    private static let mostOfOne = 8
    /// How many messages of a feed one ack covers in one turn.
    private static let mostCovered = 256
    /// Of how many messages a read mark has to be counted in one turn.
    private static let mostCounted = 512

    private let store: any MarkStore & BlockStore
    private let log: Logger
    private let state = Mutex(State())
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(store: any MarkStore & BlockStore, log: Logger) {
        self.store = store
        self.log = log
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func acknowledge(_ acknowledgement: Acknowledgement) {
        state.withLock { $0.note(acknowledgement) }
        signal.yield()
    }

    func markRead(
        by reader: UserID, with peer: UserID, upTo messageID: MessageID, completion: @escaping ReadCompletion
    ) {
        let mark = ReadMark(user: reader, peer: peer, messageID: messageID)
        state.withLock { $0.jobs.append(.read(mark, completion), of: reader) }
        signal.yield()
    }

    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, most: Int,
        completion: @escaping BlockCompletion
    ) {
        state.withLock {
            $0.jobs.append(.block(isBlocked, other, by: user, at: time, most: most, completion), of: user)
        }
        signal.yield()
    }

    /// In the order of blocks, so that the answer is never older than what the asker was told of them.
    func findBlock(_ other: UserID, by user: UserID, completion: @escaping FindCompletion) {
        state.withLock { $0.jobs.append(.findBlock(other, by: user, completion), of: user) }
        signal.yield()
    }

    /// How many users' acks, read marks and blocks wait.
    var count: Int { state.withLock { $0.users.count + $0.jobs.count } }

    /// Returns when everything that came so far was given to the store.
    func settle() async {
        await ChatServer.settle { callback in state.withLock { $0.usersProgress.whenDone(callback) } }
        await ChatServer.settle { callback in state.withLock { $0.jobs.whenDone(callback) } }
    }

    func finish() {
        signal.finish()
    }

    /// - Parameter delivered: Called for what an ack of a user newly covers.
    func run(delivered: @Sendable (UserID, DeliveredMark) -> Void) async {
        for await _ in work { await storeAll(delivered) }
        await storeAll(delivered)
    }

    private func storeAll(_ delivered: (UserID, DeliveredMark) -> Void) async {
        while let (acknowledgements, jobs) = state.withLock({ $0.takeBatch() }) {
            await store(acknowledgements, delivered)
            let unfinished = await run(jobs)
            let callbacks = state.withLock {
                for (user, jobs) in unfinished { $0.jobs.putBack(jobs, of: user) }
                return $0.usersProgress.finish(acknowledgements.count) + $0.jobs.finish()
            }
            for callback in callbacks { callback() }
        }
    }

    private func store(_ batch: [Acknowledgement], _ delivered: (UserID, DeliveredMark) -> Void) async {
        if batch.isEmpty { return }
        do throws(StoreError) {
            let coverages = try await store.acknowledge(batch, atMost: Self.mostCovered)
            for (acknowledgement, coverage) in zip(batch, coverages) {
                for mark in coverage.marks { delivered(acknowledgement.user, mark) }
                if coverage.isPartial { state.withLock { $0.putBack(acknowledgement) } }
            }
        } catch {
            // The user's next ack covers it, or the first one after the next connection.
            log.log(.databaseFailed(error))
        }
    }

    /// Read marks that stand together share a transaction.
    /// - Returns: what is not done: marks that have further to go, and what their users asked for after them.
    private func run(_ jobs: [Job]) async -> [UserID: [Job]] {
        var unfinished: [UserID: [Job]] = [:]
        var marks: [(mark: ReadMark, completion: ReadCompletion)] = []
        for job in jobs {
            if case .read(let mark, let completion) = job, unfinished[mark.user] == nil {
                marks.append((mark, completion))
                continue
            }
            unfinished.merge(await store(marks), uniquingKeysWith: +)
            marks = []
            if unfinished[job.user] != nil { unfinished[job.user]?.append(job) } else { await run(job) }
        }
        unfinished.merge(await store(marks), uniquingKeysWith: +)
        return unfinished
    }

    /// - Returns: the marks that have further to go.
    private func store(_ marks: [(mark: ReadMark, completion: ReadCompletion)]) async -> [UserID: [Job]] {
        if marks.isEmpty { return [:] }
        var unfinished: [UserID: [Job]] = [:]
        do throws(StoreError) {
            let outcomes = try await store.markRead(marks.map(\.mark), atMost: Self.mostCounted)
            for ((mark, completion), outcome) in zip(marks, outcomes) {
                switch outcome {
                case .unknown: completion(.success(nil), false)
                case .notFurther: completion(.success(false), false)
                case .partly: unfinished[mark.user, default: []].append(.read(mark, completion))
                case .set:
                    // Only whoever is told of it has to be looked up.
                    let mayTell = try? await !store.areApart(mark.user, mark.peer)
                    completion(.success(true), mayTell ?? false)
                }
            }
        } catch {
            for (_, completion) in marks { completion(.failure(error), false) }
        }
        return unfinished
    }

    private func run(_ job: Job) async {
        switch job {
        case .read: break  // those go together
        case .block(let isBlocked, let other, let user, let time, let most, let completion):
            do throws(StoreError) {
                await completion(.success(try await store.setBlocked(isBlocked, other, by: user, at: time, most: most)))
            } catch {
                await completion(.failure(error))
            }
        case .findBlock(let other, let user, let completion):
            do throws(StoreError) {
                await completion(.success(try await store.isBlocked(other, by: user)))
            } catch {
                await completion(.failure(error))
            }
        }
    }
}
