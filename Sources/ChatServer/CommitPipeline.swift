import ChatWire

/// Decides which messages are committed together, and when: the value that `CommitQueue` drives with threads and a store,
/// and the simulated server without them.
///
/// One batch is under way at a time. Whoever is given a batch has to commit it, and then to call `answered`.
///
/// - Parameter Origin: Whose message it is: given back with the answer.
struct CommitPipeline<Origin> {
    typealias Draft = (message: MessageDraft, origin: Origin)
    typealias Answered = (message: MessageDraft, result: AppendResult, origin: Origin)

    private var waiting = FairQueue<UserID, Draft>()
    private var isStarted = false
    private var isFinished = false
    private(set) var isCommitting = false

    /// Bounds one transaction, and with it how long the first of a batch waits for the last.
    private static var maxBatchSize: Int { 1024 }
    /// How many messages of one sender go before it is the next one's turn.
    private static var maxPerUser: Int { 16 }

    /// How many messages wait.
    var count: Int { waiting.count }

    /// Nothing is left to commit, and nothing will come.
    var isOver: Bool { isFinished && !isCommitting && waiting.count == 0 }

    // Each of these returns the batch to commit now; empty where there is none.

    mutating func append(_ message: MessageDraft, from origin: Origin) -> [Draft] {
        waiting.append((message, origin), of: message.sender)
        return nextBatch()
    }

    /// Nothing is committed before this.
    mutating func start() -> [Draft] {
        isStarted = true
        return nextBatch()
    }

    /// The batch under way is committed or failed, and its senders were told.
    /// - Returns: also the callbacks that are due by that, to be called without a lock.
    mutating func answered() -> (callbacks: [@Sendable () -> Void], batch: [Draft]) {
        let callbacks = waiting.finish()
        isCommitting = false
        return (callbacks, nextBatch())
    }

    private mutating func nextBatch() -> [Draft] {
        guard isStarted, !isCommitting else { return [] }
        let batch = waiting.take(Self.maxBatchSize, each: Self.maxPerUser)
        isCommitting = !batch.isEmpty
        return batch
    }

    mutating func finish() { isFinished = true }

    /// Whatever waits is neither stored nor answered.
    /// - Returns: the callbacks that are due by that. Those that wait for the batch under way are due when it is answered.
    mutating func abandon() -> [@Sendable () -> Void] {
        isFinished = true
        waiting.removeAll()
        return isCommitting ? [] : waiting.finish()
    }

    /// Calls back when all that is in it now was answered. False if it was already, and nobody is called.
    mutating func whenDone(_ callback: @escaping @Sendable () -> Void) -> Bool { waiting.whenDone(callback) }

    /// What is told to the senders of a batch.
    static func answers(to batch: [Draft], _ result: Result<[AppendOutcome], StoreError>) -> [Answered] {
        switch result {
        case .success(let outcomes): zip(batch, outcomes).map { ($0.message, .success($1), $0.origin) }
        case .failure(let error): batch.map { ($0.message, .failure(error), $0.origin) }
        }
    }
}
