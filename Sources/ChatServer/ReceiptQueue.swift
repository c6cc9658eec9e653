import ChatWire
import DequeModule
import Logging
import Synchronization

/// The way of acks and read marks into the store, in one task: what comes while the store is busy goes together, and of
/// several acks of a user only the highest counts.
final class ReceiptQueue: Sendable {
    /// What goes in the order in which it came.
    private enum Job {
        case read(by: UserID, with: UserID, upTo: String, ReadCompletion)
        case block(Bool, UserID, by: UserID, at: Timestamp, BlockCompletion)
        case findBlock(UserID, by: UserID, BlockCompletion)
    }

    /// Told what became of a read mark, and whether the peer may be told: not where one of the two blocks the other.
    typealias ReadCompletion = @Sendable (Result<Bool?, StoreError>, _ mayTellPeer: Bool) -> Void

    /// Told whether something changed, or what was asked.
    typealias BlockCompletion = @Sendable (Result<Bool, StoreError>) async -> Void

    private struct State {
        /// The highest of each user that waits.
        var acknowledged: [UserID: Int] = [:]
        /// Whose acks wait, the first one first.
        var users: Deque<UserID> = []
        var jobs: Deque<Job> = []
        var usersProgress = QueueProgress()
        var jobsProgress = QueueProgress()

        mutating func note(_ acknowledgement: Acknowledgement) {
            let (user, cursor) = (acknowledgement.user, acknowledgement.cursor)
            if acknowledged[user] == nil {
                users.append(user)
                usersProgress.queue()
            }
            acknowledged[user] = max(acknowledged[user] ?? cursor, cursor)
        }

        mutating func append(_ job: Job) {
            jobs.append(job)
            jobsProgress.queue()
        }

        mutating func takeBatch(_ most: Int) -> ([Acknowledgement], [Job])? {
            guard !users.isEmpty || !jobs.isEmpty else { return nil }
            let batch = users.prefix(most).compactMap { user in
                acknowledged.removeValue(forKey: user).map { Acknowledgement(user: user, cursor: $0) }
            }
            users.removeFirst(batch.count)
            let firstJobs = Array(jobs.prefix(most))
            jobs.removeFirst(firstJobs.count)
            return (batch, firstJobs)
        }
    }

    private static let mostInBatch = 256

    private let store: any MessageStore
    private let log: Logger
    private let state = Mutex(State())
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(store: any MessageStore, log: Logger) {
        self.store = store
        self.log = log
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func acknowledge(_ acknowledgement: Acknowledgement) {
        state.withLock { $0.note(acknowledgement) }
        signal.yield()
    }

    func markRead(
        by reader: UserID, with peer: UserID, upTo messageID: String, completion: @escaping ReadCompletion
    ) {
        state.withLock { $0.append(.read(by: reader, with: peer, upTo: messageID, completion)) }
        signal.yield()
    }

    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, completion: @escaping BlockCompletion
    ) {
        state.withLock { $0.append(.block(isBlocked, other, by: user, at: time, completion)) }
        signal.yield()
    }

    /// In the order of blocks, so that the answer is never older than what the asker was told of them.
    func findBlock(_ other: UserID, by user: UserID, completion: @escaping BlockCompletion) {
        state.withLock { $0.append(.findBlock(other, by: user, completion)) }
        signal.yield()
    }

    /// How many users' acks, read marks and blocks wait.
    var count: Int { state.withLock { $0.users.count + $0.jobs.count } }

    /// Returns when everything that came so far was given to the store.
    func settle() async {
        await ChatServer.settle { callback in state.withLock { $0.usersProgress.whenDone(callback) } }
        await ChatServer.settle { callback in state.withLock { $0.jobsProgress.whenDone(callback) } }
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
        while let (acknowledgements, jobs) = state.withLock({ $0.takeBatch(Self.mostInBatch) }) {
            await store(acknowledgements, delivered)
            for job in jobs { await run(job) }
            let callbacks = state.withLock {
                $0.usersProgress.finish(acknowledgements.count) + $0.jobsProgress.finish(jobs.count)
            }
            for callback in callbacks { callback() }
        }
    }

    private func store(_ batch: [Acknowledgement], _ delivered: (UserID, DeliveredMark) -> Void) async {
        if batch.isEmpty { return }
        do throws(StoreError) {
            let marks = try await store.acknowledge(batch)
            for (acknowledgement, marks) in zip(batch, marks) {
                for mark in marks { delivered(acknowledgement.user, mark) }
            }
        } catch {
            // The user's next ack covers it, or the first one after the next connection.
            log.log(.databaseFailed(error))
        }
    }

    private func run(_ job: Job) async {
        switch job {
        case .read(let reader, let peer, let messageID, let completion):
            do throws(StoreError) {
                let isFurther = try await store.markRead(by: reader, with: peer, upTo: messageID)
                let mayTell = isFurther == true ? try await !store.separated(from: reader).contains(peer) : false
                completion(.success(isFurther), mayTell)
            } catch {
                completion(.failure(error), false)
            }
        case .block(let isBlocked, let other, let user, let time, let completion):
            do throws(StoreError) {
                await completion(.success(try await store.setBlocked(isBlocked, other, by: user, at: time)))
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
