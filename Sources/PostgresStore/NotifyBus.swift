#if Cluster

import ChatServer
import Synchronization

/// The bus on PostgreSQL's NOTIFY (its documentation: NOTIFY). It needs nothing but the database.
///
/// Every node hears everything, and PostgreSQL gives out all notifications of a cluster one after the other, so this is
/// for a few nodes. What was published while a transaction was under way goes into the next one, which stores nothing and
/// does not wait for the disk.
public final class NotifyBus: DeliveryBus {
    private struct Outbox {
        var writer: ParcelWriter
        var waiting: [String] = []
        var isSending = false
        var lastFailure: String?
        /// Waits until nothing waits to be sent.
        var whenIdle: CheckedContinuation<Void, Never>?

        mutating func take(atMost count: Int) -> [String] {
            let some = Array(waiting.prefix(count))
            waiting.removeFirst(some.count)
            return some
        }

        /// What was taken is sent or lost.
        mutating func note(
            _ result: Result<Void, PostgresError>
        ) -> (hasMore: Bool, whenIdle: CheckedContinuation<Void, Never>?) {
            switch result {
            case .success: lastFailure = nil
            case .failure(let error): lastFailure = error.message
            }
            isSending = !waiting.isEmpty
            if isSending { return (true, nil) }
            defer { whenIdle = nil }
            return (false, whenIdle)
        }
    }

    public let node: NodeID
    private let channel: String
    private let connections: ConnectionPool
    private let listener: DatabaseListener
    private let outbox: Mutex<Outbox>
    private let isListening = Atomic(false)

    /// - Parameter channel: The database's own. Whoever knows it may listen and notify.
    init(
        _ node: NodeID, channel: String, connect: @escaping @Sendable () throws(PostgresError) -> DatabaseConnection
    ) {
        self.node = node
        self.channel = channel
        connections = ConnectionPool(size: 1, failures: FailureCounts(), connect: connect)
        listener = DatabaseListener(connect: connect)
        outbox = Mutex(Outbox(writer: ParcelWriter(node, maxBytes: Self.maxBytes)))
    }

    /// "In the default configuration it must be shorter than 8000 bytes."
    private static let maxBytes = 8000
    /// More go into the next transaction.
    private static let maxPayloads = 256

    public func run(_ receive: @escaping @Sendable (Parcel) -> Void) async {
        await listener.run { [self] connection throws(PostgresError) in
            defer { isListening.store(false, ordering: .relaxed) }
            try connection.execute("LISTEN \(channel)")
            isListening.store(true, ordering: .relaxed)
            while !listener.isEnding {
                for notification in try connection.notifications(within: DatabaseListener.timeToNoticeTheEnd) {
                    if let parcel = Parcel(notification.payload) { receive(parcel) }
                }
            }
        }
    }

    public func publish(_ events: [NodeEvent]) {
        let mustSend = outbox.withLock { outbox in
            outbox.waiting += outbox.writer.texts(of: events)
            defer { outbox.isSending = true }
            return !outbox.isSending
        }
        if mustSend { send() }
    }

    /// Sends until nothing waits. What fails is lost: the next parcel shows that something is missing.
    private func send() {
        let payloads = outbox.withLock { $0.take(atMost: Self.maxPayloads) }
        let query = Query(
            name: "notify", sql: "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload",
            values: [channel, arrayText(payloads)])
        connections.use { connection throws(PostgresError) in
            _ = try connection.run([query])
        } completion: { [self] result in
            let (hasMore, continuation) = outbox.withLock { $0.note(result) }
            if hasMore { send() }
            continuation?.resume()
        }
    }

    public var name: String { "PostgreSQL's NOTIFY" }

    public var problem: String? {
        if let failure = outbox.withLock(\.lastFailure) { return failure }
        return isListening.load(ordering: .relaxed) ? nil : "PostgreSQL does not notify"
    }

    public func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = outbox.withLock { outbox in
                if outbox.isSending { outbox.whenIdle = continuation }
                return !outbox.isSending
            }
            if isIdle { continuation.resume() }
        }
        await connections.close()
    }
}

#endif
