import ChatWire
import DequeModule

/// Decides in which order acks, read marks and blocks are stored, and who is told of them. `ReceiptQueue` and the
/// simulated server drive this value.
///
/// The driver performs the steps that `next` returns, one after the other, and passes the store's answers to `take`.
/// Requests that arrive while the store is busy are combined: of several acks of a user only the highest counts, and
/// consecutive read marks are one request. Users take turns. The requests of one user keep their order.
struct ReceiptPipeline<Device: AnyObject> {
    enum Step {
        case ask(Request)
        /// The callbacks must be called without a lock.
        case callBack([@Sendable () -> Void])
    }

    /// A request to the store.
    enum Request: Equatable {
        case acknowledge([Acknowledgement], atMost: Int)
        case markRead([ReadMark], atMost: Int)
        /// Asks whether one of the two users blocks the other.
        case findBlockEitherWay(UserID, UserID)
        case setBlocked(Bool, UserID, by: UserID, at: Timestamp, limit: Int?, atMost: Int)
        case findBlock(UserID, by: UserID)
    }

    /// The store's answer to the request of the same kind.
    enum Answer {
        case acknowledged(Result<[Coverage], StoreError>)
        case markedRead(Result<[ReadOutcome], StoreError>)
        case blockedEitherWay(Result<Bool, StoreError>)
        case blockSet(Result<BlockOutcome, StoreError>)
        case blockFound(Result<Bool, StoreError>)
    }

    enum Effect {
        case answer(Session.Input, to: Device)
        /// - Parameter behindMessages: Whether the event is about a message that a device's own thread may be about to
        ///   send. The event must come after it.
        case relay(ServerEvent, to: UserID, except: Device?, behindMessages: Bool)
        /// The user's feed has new messages, up to this one, which no device was sent.
        case deliver(StoredMessage, to: UserID)
        /// The user began or stopped to block the other one.
        case blockChanged(Bool, UserID, by: UserID, at: Timestamp)
        /// The user has reached the limit of blocks.
        case tooManyBlocks
        case failed(StoreError)
    }

    private enum Job {
        case read(ReadMark, Device)
        case block(Bool, UserID, by: UserID, at: Timestamp, limit: Int?, Device)
        case findBlock(UserID, by: UserID, Device)

        var user: UserID {
            switch self {
            case .read(let mark, _): mark.user
            case .block(_, _, by: let user, at: _, limit: _, _), .findBlock(_, by: let user, _): user
            }
        }
    }

    /// The jobs that were taken out of the queues and are not finished.
    private struct Batch {
        var acknowledgements: [Acknowledgement]
        var areAcknowledgementsAsked = false
        var jobs: Deque<Job>
        /// Marks and unblocks that were done in part, and what their users asked for after them, in that order.
        var unfinished: [(user: UserID, jobs: [Job])] = []

        func isUnfinished(_ user: UserID) -> Bool { unfinished.contains { $0.user == user } }

        mutating func putOff(_ job: Job) {
            if let index = unfinished.firstIndex(where: { $0.user == job.user }) {
                unfinished[index].jobs.append(job)
            } else {
                unfinished.append((job.user, [job]))
            }
        }
    }

    /// The request that the store is answering.
    private enum PendingRequest {
        case acknowledgements([Acknowledgement])
        case marks([(mark: ReadMark, device: Device)])
        /// Whether the peer may be told of the first of `outcomes`.
        case peerOfMark
        case block(Job, Device)
        case findBlock(UserID, Device)
    }

    private static var maxBatchSize: Int { 256 }
    /// The number of marks and blocks that one user may have in a batch before it is the next user's turn.
    private static var maxPerUser: Int { 8 }
    /// The number of messages that one ack may cover per request.
    static var maxCovered: Int { 256 }
    /// The number of messages that may be counted for one read mark per request.
    static var maxCounted: Int { 512 }
    /// The number of withheld messages that one unblock may deliver per request.
    static var maxDelivered: Int { 256 }

    /// The highest waiting cursor of each user.
    private var acknowledged: [UserID: Int] = [:]
    /// The users whose acks wait, in order of arrival.
    private var users: Deque<UserID> = []
    private var usersProgress = QueueProgress()
    private var jobs = FairQueue<UserID, Job>()
    private var batch: Batch?
    /// The outcomes of marks whose users were not told yet. The first one is `.set`.
    private var outcomes: Deque<(mark: ReadMark, device: Device, outcome: ReadOutcome)> = []
    private var pendingRequest: PendingRequest?

    /// The number of users with a waiting ack, plus the number of waiting read marks and blocks.
    var count: Int { users.count + jobs.count }

    // MARK: Input

    mutating func acknowledge(_ acknowledgement: Acknowledgement) {
        let (user, cursor) = (acknowledgement.user, acknowledgement.cursor)
        if acknowledged[user] == nil {
            users.append(user)
            usersProgress.queue()
        }
        acknowledged[user] = max(acknowledged[user] ?? cursor, cursor)
    }

    mutating func markRead(_ mark: ReadMark, on device: Device) {
        jobs.append(.read(mark, device), of: mark.user)
    }

    mutating func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?, on device: Device
    ) {
        jobs.append(.block(isBlocked, other, by: user, at: time, limit: limit, device), of: user)
    }

    /// Keeps the order of the user's blocks, so that the answer is never older than what the user was told of them.
    mutating func findBlock(_ other: UserID, by user: UserID, on device: Device) {
        jobs.append(.findBlock(other, by: user, device), of: user)
    }

    /// Calls back when all acks that wait now were given to the store. Returns false, and never calls back, if none
    /// waits.
    mutating func whenAcknowledged(_ callback: @escaping @Sendable () -> Void) -> Bool {
        usersProgress.whenDone(callback)
    }

    /// Does the same for read marks and blocks.
    mutating func whenJobsAreDone(_ callback: @escaping @Sendable () -> Void) -> Bool { jobs.whenDone(callback) }

    // MARK: Requests to the store

    /// Returns nil if the store is busy or nothing waits.
    mutating func next() -> Step? {
        guard pendingRequest == nil, let batch = batch ?? takeBatch() else { return nil }
        self.batch = batch
        if !batch.acknowledgements.isEmpty, !batch.areAcknowledgementsAsked {
            self.batch?.areAcknowledgementsAsked = true
            pendingRequest = .acknowledgements(batch.acknowledgements)
            return .ask(.acknowledge(batch.acknowledgements, atMost: Self.maxCovered))
        }
        if let (mark, _, _) = outcomes.first {
            pendingRequest = .peerOfMark
            return .ask(.findBlockEitherWay(mark.user, mark.peer))
        }
        return nextJobs() ?? finishBatch()
    }

    private mutating func takeBatch() -> Batch? {
        guard count > 0 else { return nil }
        let acknowledgements = users.prefix(Self.maxBatchSize).compactMap { user in
            acknowledged.removeValue(forKey: user).map { Acknowledgement(user: user, cursor: $0) }
        }
        users.removeFirst(acknowledgements.count)
        return Batch(
            acknowledgements: acknowledgements, jobs: Deque(jobs.take(Self.maxBatchSize, each: Self.maxPerUser)))
    }

    /// Takes consecutive read marks, or one other job.
    private mutating func nextJobs() -> Step? {
        var marks: [(mark: ReadMark, device: Device)] = []
        while let job = batch?.jobs.first {
            let isPutOff = batch?.isUnfinished(job.user) == true
            if case .read(let mark, let device) = job, !isPutOff {
                marks.append((mark, device))
            } else if !marks.isEmpty {
                break
            } else if isPutOff {
                batch?.putOff(job)
            } else {
                batch?.jobs.removeFirst()
                return ask(job)
            }
            batch?.jobs.removeFirst()
        }
        return marks.isEmpty ? nil : ask(marks)
    }

    private mutating func ask(_ marks: [(mark: ReadMark, device: Device)]) -> Step {
        pendingRequest = .marks(marks)
        return .ask(.markRead(marks.map(\.mark), atMost: Self.maxCounted))
    }

    private mutating func ask(_ job: Job) -> Step {
        switch job {
        case .read(let mark, let device):
            return ask([(mark, device)])
        case .block(let isBlocked, let other, let user, let time, let limit, let device):
            pendingRequest = .block(job, device)
            return .ask(
                .setBlocked(isBlocked, other, by: user, at: time, limit: limit, atMost: Self.maxDelivered))
        case .findBlock(let other, let user, let device):
            pendingRequest = .findBlock(other, device)
            return .ask(.findBlock(other, by: user))
        }
    }

    private mutating func finishBatch() -> Step? {
        guard let batch else { return nil }
        self.batch = nil
        for (user, jobs) in batch.unfinished { self.jobs.putBack(jobs, of: user) }
        return .callBack(usersProgress.finish(batch.acknowledgements.count) + jobs.finish())
    }

    // MARK: Answers of the store

    mutating func take(_ answer: Answer) -> [Effect] {
        guard let request = pendingRequest else { return [] }
        pendingRequest = nil
        switch (request, answer) {
        case (.acknowledgements(let asked), .acknowledged(let result)): return acknowledged(asked, result)
        case (.marks(let asked), .markedRead(let result)): return marked(asked, result)
        case (.peerOfMark, .blockedEitherWay(let result)): return tellOfMark(isBlockedEitherWay: try? result.get())
        case (.block(let job, let device), .blockSet(let result)): return blockSet(job, device, result)
        case (.findBlock(let other, let device), .blockFound(let result)):
            return [.answer(.blockFound(other, result), to: device)]
        case (.acknowledgements, _), (.marks, _), (.peerOfMark, _), (.block, _), (.findBlock, _):
            pendingRequest = request  // the answer is for another request
            return []
        }
    }

    private mutating func acknowledged(
        _ asked: [Acknowledgement], _ result: Result<[Coverage], StoreError>
    ) -> [Effect] {
        switch result {
        case .success(let coverages):
            var effects: [Effect] = []
            for (acknowledgement, coverage) in zip(asked, coverages) {
                for mark in coverage.marks {
                    let event = ServerEvent.delivered(user: acknowledgement.user, messageID: mark.messageID)
                    effects.append(.relay(event, to: mark.sender, except: nil, behindMessages: true))
                }
                // The remaining part of the ack waits for another turn.
                if coverage.isPartial { acknowledge(acknowledgement) }
            }
            return effects
        // The ack is lost. The user's next ack covers it, or the first one after a reconnect.
        case .failure(let error): return [.failed(error)]
        }
    }

    private mutating func marked(
        _ asked: [(mark: ReadMark, device: Device)], _ result: Result<[ReadOutcome], StoreError>
    ) -> [Effect] {
        switch result {
        case .success(let found):
            outcomes = Deque(zip(asked, found).map { ($0.mark, $0.device, $1) })
            return answerMarks()
        case .failure(let error):
            return asked.map { .answer(.readMarked(.failure(error)), to: $0.device) }
        }
    }

    /// Answers marks in order, up to the first that is `.set`.
    private mutating func answerMarks() -> [Effect] {
        var effects: [Effect] = []
        while let (mark, device, outcome) = outcomes.first {
            switch outcome {
            case .unknown: effects.append(.answer(.readMarked(.success(nil)), to: device))
            case .unchanged: effects.append(.answer(.readMarked(.success(false)), to: device))
            case .partial: batch?.putOff(.read(mark, device))
            case .set: return effects
            }
            outcomes.removeFirst()
        }
        return effects
    }

    /// - Parameter isBlockedEitherWay: Nil if the store could not say. The peer is not told then.
    private mutating func tellOfMark(isBlockedEitherWay: Bool?) -> [Effect] {
        guard let (mark, device, outcome) = outcomes.popFirst() else { return [] }
        var effects: [Effect] = [.answer(.readMarked(.success(true)), to: device)]
        if isBlockedEitherWay == false, case .set(let newest?) = outcome {
            let event = ServerEvent.read(user: mark.user, otherUser: nil, messageID: newest)
            effects.append(.relay(event, to: mark.peer, except: nil, behindMessages: true))
        }
        let event = ServerEvent.read(user: mark.user, otherUser: mark.peer, messageID: mark.messageID)
        effects.append(.relay(event, to: mark.user, except: device, behindMessages: true))
        return effects + answerMarks()
    }

    private mutating func blockSet(
        _ job: Job, _ device: Device, _ result: Result<BlockOutcome, StoreError>
    ) -> [Effect] {
        guard case .block(let isBlocked, let other, let user, let time, _, _) = job else { return [] }
        switch result {
        case .success(.tooMany): return [.tooManyBlocks, .answer(.tooManyBlocks, to: device)]
        case .success(.banned): return [.answer(.banned, to: device)]
        case .success(.begun):
            return tellOfBlock(isBlocked, other, by: user, device) + [
                .blockChanged(isBlocked, other, by: user, at: time)
            ]
        case .success(.ended(let delivered)):
            return tellOfBlock(isBlocked, other, by: user, device)
                + (delivered.map { [.deliver($0, to: user)] } ?? []) + [
                    .blockChanged(isBlocked, other, by: user, at: time)
                ]
        case .success(.partial):
            batch?.putOff(job)
            return []
        case .success(.unchanged): return tellOfBlock(isBlocked, other, by: user, device)
        case .failure(let error): return [.answer(.blockSet(isBlocked, error), to: device)]
        }
    }

    private func tellOfBlock(_ isBlocked: Bool, _ other: UserID, by user: UserID, _ device: Device) -> [Effect] {
        let event = ServerEvent.blocked(user: other, isBlocked: isBlocked)
        return [
            .answer(.blockSet(isBlocked, nil), to: device), .relay(event, to: user, except: nil, behindMessages: false),
        ]
    }
}
