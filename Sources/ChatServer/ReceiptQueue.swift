import ChatWire
import DequeModule
import Logging
import Synchronization

/// The way of acks and read marks into the store, in one task: what comes while the store is busy goes together, and of
/// several acks of a user only the highest counts.
final class ReceiptQueue: Sendable {
    private struct ReadJob {
        var reader: UserID
        var peer: UserID
        var messageID: String
        var completion: @Sendable (Result<Bool?, StoreError>) -> Void
    }

    private struct State {
        var acknowledged: [UserID: Int] = [:]
        var reads: Deque<ReadJob> = []
        var isWorking = false
        var idleCallbacks: [@Sendable () -> Void] = []

        var isIdle: Bool { acknowledged.isEmpty && reads.isEmpty && !isWorking }

        mutating func note(_ acknowledgement: Acknowledgement) {
            let (user, cursor) = (acknowledgement.user, acknowledgement.cursor)
            acknowledged[user] = max(acknowledged[user] ?? cursor, cursor)
        }

        mutating func takeBatch(_ most: Int) -> ([Acknowledgement], [ReadJob])? {
            guard !acknowledged.isEmpty || !reads.isEmpty else { return nil }
            let users = acknowledged.prefix(most)
            for (user, _) in users { acknowledged[user] = nil }
            let firstReads = Array(reads.prefix(most))
            reads.removeFirst(firstReads.count)
            return (users.map { Acknowledgement(user: $0.key, cursor: $0.value) }, firstReads)
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
        by reader: UserID, with peer: UserID, upTo messageID: String,
        completion: @escaping @Sendable (Result<Bool?, StoreError>) -> Void
    ) {
        let job = ReadJob(reader: reader, peer: peer, messageID: messageID, completion: completion)
        state.withLock { $0.reads.append(job) }
        signal.yield()
    }

    /// Returns when everything that came so far was given to the store.
    func settle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if !state.isIdle { state.idleCallbacks.append { continuation.resume() } }
                return state.isIdle
            }
            if isIdle { continuation.resume() }
        }
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
        while let (acknowledgements, reads) = nextBatch() {
            await store(acknowledgements, delivered)
            for read in reads { await store(read) }
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

    private func store(_ read: ReadJob) async {
        do throws(StoreError) {
            read.completion(.success(try await store.markRead(by: read.reader, with: read.peer, upTo: read.messageID)))
        } catch {
            read.completion(.failure(error))
        }
    }

    private func nextBatch() -> ([Acknowledgement], [ReadJob])? {
        let (batch, callbacks) = state.withLock { state in
            let batch = state.takeBatch(Self.mostInBatch)
            state.isWorking = batch != nil
            defer { if batch == nil { state.idleCallbacks = [] } }
            return (batch, batch == nil ? state.idleCallbacks : [])
        }
        for callback in callbacks { callback() }
        return batch
    }
}
