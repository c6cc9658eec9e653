import ChatWire
import Synchronization

/// The only way of messages into the store: one writer that takes everything that waits and commits it together
/// (group commit). A single message never waits for company; under load one fsync serves all.
///
/// It runs in a task of its own, so a connection that closes cancels no write.
final class CommitQueue: Sendable {
    enum Answer: Sendable {
        case settled(Result<AppendOutcome, StoreError>)
        case rateLimited(retryAfterMs: Int)
    }

    typealias Completion = @Sendable (Answer) -> Void

    private struct Job {
        var draft: MessageDraft
        /// Set if the user sends too many: then only a repeat gets through, because it is stored already.
        var retryAfterMs: Int?
        var completion: Completion
    }

    /// Bounds one transaction, and with it how long the first of a batch waits for the last.
    private static let mostInBatch = 256
    /// How many messages of one sender go before it is the next one's turn.
    private static let mostOfOne = 16

    private let store: any MessageStore
    /// Told what each transaction took.
    private let committed: @Sendable (Duration) -> Void
    private let state = Mutex(FairQueue<UserID, Job>())
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(store: any MessageStore, committed: @escaping @Sendable (Duration) -> Void = { _ in }) {
        self.store = store
        self.committed = committed
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues a draft. Completions are called one after the other, those of one sender in the order of the calls to
    /// `append`: also those of what is over the rate, so that no answer overtakes another.
    func append(_ draft: MessageDraft, retryAfterMs: Int? = nil, completion: @escaping Completion) {
        let job = Job(draft: draft, retryAfterMs: retryAfterMs, completion: completion)
        state.withLock { $0.append(job, of: draft.sender) }
        signal.yield()
    }

    /// How many messages wait.
    var count: Int { state.withLock(\.count) }

    /// Returns when everything queued so far is in the database, or was refused by it, and was answered.
    func settle() async {
        await ChatServer.settle { callback in state.withLock { $0.whenDone(callback) } }
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
            let answers = await commit(batch)
            for (job, answer) in zip(batch, answers) { job.completion(answer) }
            for callback in state.withLock({ $0.finish() }) { callback() }
        }
    }

    private func commit(_ batch: [Job]) async -> [Answer] {
        let drafts = batch.filter { $0.retryAfterMs == nil }.map(\.draft)
        var outcomes: [Result<AppendOutcome, StoreError>] = []
        do throws(StoreError) {
            if !drafts.isEmpty { outcomes = try await append(drafts).map { .success($0) } }
        } catch {
            outcomes = drafts.map { _ in .failure(error) }
        }
        var next = outcomes.makeIterator()
        var answers: [Answer] = []
        for job in batch {
            if let retryAfterMs = job.retryAfterMs {
                answers.append(await answer(job.draft, overRate: retryAfterMs))
            } else if let outcome = next.next() {
                answers.append(.settled(outcome))
            }
        }
        return answers
    }

    private func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome] {
        let start = ContinuousClock.now
        let outcomes = try await store.append(drafts)
        committed(.now - start)
        return outcomes
    }

    private func answer(_ draft: MessageDraft, overRate retryAfterMs: Int) async -> Answer {
        do throws(StoreError) {
            let earlier = draft.clientMessageID == nil ? nil : try await store.earlierOutcome(of: draft)
            return earlier.map { .settled(.success($0)) } ?? .rateLimited(retryAfterMs: retryAfterMs)
        } catch {
            return .settled(.failure(error))
        }
    }

    private func nextBatch() -> [Job]? {
        let batch = state.withLock { $0.take(Self.mostInBatch, each: Self.mostOfOne) }
        return batch.isEmpty ? nil : batch
    }
}
