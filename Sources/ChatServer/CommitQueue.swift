import ChatWire
import DequeModule
import Synchronization

/// The only way of messages into the store: one writer that takes everything that waits and commits it together
/// (group commit). A single message never waits for company; under load one fsync serves all.
///
/// It runs in a task of its own, so a connection that closes cancels no write.
final class CommitQueue: Sendable {
    typealias Completion = @Sendable (Result<AppendOutcome, StoreError>) -> Void

    private struct Job {
        var draft: MessageDraft
        var completion: Completion
    }

    private struct State {
        var waiting: Deque<Job> = []
        var isCommitting = false
        /// Called when nothing waits and nothing is being committed.
        var idleCallbacks: [@Sendable () -> Void] = []
    }

    /// Bounds one transaction, and with it how long the first of a batch waits for the last.
    private static let mostInBatch = 256

    private let store: any MessageStore
    private let state = Mutex(State())
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(store: any MessageStore) {
        self.store = store
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues a draft. Completions are called one after the other, in the order of the calls to `append`.
    func append(_ draft: MessageDraft, completion: @escaping Completion) {
        state.withLock { $0.waiting.append(Job(draft: draft, completion: completion)) }
        signal.yield()
    }

    /// Returns when everything queued so far is in the database, or was refused by it.
    func settle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.waiting.isEmpty && !state.isCommitting { return true }
                state.idleCallbacks.append { continuation.resume() }
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Commits what comes until `finish` was called and nothing is left.
    func run() async {
        for await _ in work { await commitAll() }
        await commitAll()
    }

    func finish() {
        signal.finish()
    }

    private func commitAll() async {
        while let batch = nextBatch() {
            do throws(StoreError) {
                let outcomes = try await store.append(batch.map(\.draft))
                for (job, outcome) in zip(batch, outcomes) { job.completion(.success(outcome)) }
            } catch {
                for job in batch { job.completion(.failure(error)) }
            }
        }
    }

    private func nextBatch() -> [Job]? {
        let batch = state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.mostInBatch))
            state.waiting.removeFirst(batch.count)
            state.isCommitting = !batch.isEmpty
            return batch
        }
        if batch.isEmpty { tellIdle() }
        return batch.isEmpty ? nil : batch
    }

    private func tellIdle() {
        let callbacks = state.withLock { state in
            defer { state.idleCallbacks = [] }
            return state.idleCallbacks
        }
        for callback in callbacks { callback() }
    }
}
