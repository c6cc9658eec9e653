import ChatWire

/// Decides which messages are committed together, and when. `CommitQueue` drives this value with threads and a store,
/// the simulated server without them.
///
/// One batch is in progress at a time. A caller that receives a batch must commit it and then call `answered`.
///
/// - Parameter Origin: The source of a message. It is returned with the answer.
struct CommitPipeline<Origin> {
    typealias Draft = (message: MessageDraft, origin: Origin)
    typealias Answered = (message: MessageDraft, result: AppendResult, origin: Origin)

    private var waiting = FairQueue<UserID, Draft>()
    private var isStarted = false
    private var isFinished = false
    private(set) var isCommitting = false

    /// Limits the size of one transaction, and so the time that the first message of a batch waits for the last.
    private static var maxBatchSize: Int { 1024 }
    /// The number of messages that one sender may have in a batch before it is the next sender's turn.
    private static var maxPerUser: Int { 16 }

    /// The number of messages that wait.
    var count: Int { waiting.count }

    /// Whether nothing is left to commit, and nothing will be added.
    var isOver: Bool { isFinished && !isCommitting && waiting.count == 0 }

    // Each of these methods returns the batch to commit now; an empty one means there is nothing to do.

    mutating func append(_ message: MessageDraft, from origin: Origin) -> [Draft] {
        waiting.append((message, origin), of: message.sender)
        return nextBatch()
    }

    /// Allows commits. Nothing is committed before this call.
    mutating func start() -> [Draft] {
        isStarted = true
        return nextBatch()
    }

    /// The batch in progress was committed or has failed, and its senders were told.
    /// - Returns: the callbacks that are due now, which must be called without a lock, and the next batch.
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

    /// Drops the waiting messages. They are neither stored nor answered.
    /// - Returns: the callbacks that are due now. Those that wait for the batch in progress are due when it is
    ///   answered.
    mutating func abandon() -> [@Sendable () -> Void] {
        isFinished = true
        waiting.removeAll()
        return isCommitting ? [] : waiting.finish()
    }

    /// Calls back when everything that is queued now was answered. Returns false, and never calls back, if nothing is
    /// queued.
    mutating func whenDone(_ callback: @escaping @Sendable () -> Void) -> Bool { waiting.whenDone(callback) }

    /// Pairs each message of a batch with its result.
    static func answers(to batch: [Draft], _ result: Result<[AppendOutcome], StoreError>) -> [Answered] {
        switch result {
        case .success(let outcomes): zip(batch, outcomes).map { ($0.message, .success($1), $0.origin) }
        case .failure(let error): batch.map { ($0.message, .failure(error), $0.origin) }
        }
    }
}
