import ChatWire
import Synchronization

/// Writes acks, read marks and blocks to the store, in one task. `ReceiptPipeline` makes the decisions; this class asks
/// the store.
final class ReceiptQueue<Device: AnyObject & Sendable>: Sendable {
    typealias Effect = ReceiptPipeline<Device>.Effect

    private let store: any MarkStore & BlockStore
    private let pipeline = Mutex(ReceiptPipeline<Device>())
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(store: any MarkStore & BlockStore) {
        self.store = store
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func acknowledge(_ acknowledgement: Acknowledgement) {
        pipeline.withLock { $0.acknowledge(acknowledgement) }
        signal.yield()
    }

    func markRead(_ mark: ReadMark, on device: Device) {
        pipeline.withLock { $0.markRead(mark, on: device) }
        signal.yield()
    }

    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?, on device: Device
    ) {
        pipeline.withLock { $0.setBlocked(isBlocked, other, by: user, at: time, limit: limit, on: device) }
        signal.yield()
    }

    func findBlock(_ other: UserID, by user: UserID, on device: Device) {
        pipeline.withLock { $0.findBlock(other, by: user, on: device) }
        signal.yield()
    }

    /// The number of users with a waiting ack, plus the number of waiting read marks and blocks.
    var count: Int { pipeline.withLock(\.count) }

    /// Returns when everything that was queued so far was given to the store.
    func flush() async {
        await waitUntilDone { callback in pipeline.withLock { $0.whenAcknowledged(callback) } }
        await waitUntilDone { callback in pipeline.withLock { $0.whenJobsAreDone(callback) } }
    }

    func finish() {
        signal.finish()
    }

    /// Returns when `finish` was called and everything queued was given to the store.
    /// - Parameter perform: Performs an effect. The store is asked nothing more until it returns.
    func run(_ perform: @Sendable (Effect) async -> Void) async {
        for await _ in work { await askAll(perform) }
        await askAll(perform)
    }

    private func askAll(_ perform: @Sendable (Effect) async -> Void) async {
        while let step = pipeline.withLock({ $0.next() }) {
            switch step {
            case .ask(let request):
                let answer = await ask(request)
                for effect in pipeline.withLock({ $0.take(answer) }) { await perform(effect) }
            case .callBack(let callbacks):
                for callback in callbacks { callback() }
            }
        }
    }

    private func ask(_ request: ReceiptPipeline<Device>.Request) async -> ReceiptPipeline<Device>.Answer {
        switch request {
        case .acknowledge(let acknowledgements, let limit):
            await .acknowledged(
                .of { () async throws(StoreError) in
                    try await store.acknowledge(acknowledgements, atMost: limit)
                })
        case .markRead(let marks, let limit):
            await .markedRead(.of { () async throws(StoreError) in try await store.markRead(marks, atMost: limit) })
        case .findBlockEitherWay(let one, let other):
            await .blockedEitherWay(
                .of { () async throws(StoreError) in try await store.isBlockedEitherWay(one, other) })
        case .setBlocked(let isBlocked, let other, let user, let time, let limit, let most):
            await .blockSet(
                .of { () async throws(StoreError) in
                    try await store.setBlocked(isBlocked, other, by: user, at: time, limit: limit, atMost: most)
                })
        case .findBlock(let other, let user):
            await .blockFound(.of { () async throws(StoreError) in try await store.isBlocked(other, by: user) })
        }
    }
}

extension Result where Failure == StoreError {
    fileprivate static func of(_ body: () async throws(StoreError) -> Success) async -> Self {
        do throws(StoreError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
