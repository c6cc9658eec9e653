import ChatWire
import Logging
import Synchronization

/// Tells the devices of receipts that other nodes have relayed, and of what was marked as read in other programs.
///
/// Such a receipt may come before the message that it is about. So the devices are first told how far the feed reaches,
/// and read what they lack.
///
/// A device acts on its own user's marks and blocks. What a node says of these is only a reason to read them from the
/// database.
final class RemoteReceipts: Sendable {
    private struct Receipt {
        var event: ServerEvent
        var user: UserID
        var isFromNode: Bool
    }

    private let store: any MessageStore
    private let registry: SharedRegistry
    private let log: Logger
    /// The time in which more may be missed, once something was.
    private let pause: Duration
    private let waiting = Mutex<[Receipt]>([])
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    /// Users who are about to be sent what they may have missed.
    private let missing = Mutex<Set<UserID>>([])

    init(store: any MessageStore, registry: SharedRegistry, pause: Duration, log: Logger) {
        self.store = store
        self.registry = registry
        self.pause = pause
        self.log = log
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isFromNode: Whether another node says so, and not the database.
    func append(_ event: ServerEvent, to user: UserID, isFromNode: Bool = false) {
        guard registry.withLock({ $0.isConnected(user) }) else { return }
        waiting.withLock { $0.append(Receipt(event: event, user: user, isFromNode: isFromNode)) }
        signal.yield()
    }

    func finish() { signal.finish() }

    /// Tells of what waits, in order, until `finish` was called.
    func run() async {
        for await _ in work {
            let receipts = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            await relay(receipts)
        }
    }

    private func relay(_ receipts: [Receipt]) async {
        do throws(StoreError) {
            var told: [(event: ServerEvent, user: UserID)] = []
            for receipt in receipts {
                if let event = try await verified(receipt) { told.append((event, receipt.user)) }
            }
            registry.feedsGrew(try await store.lastCursors(of: Array(Set(told.map(\.user)))))
            for (event, user) in told { registry.relay(event, to: user, behindMessages: true) }
        } catch {
            log.log(.databaseFailed(error))
            for receipt in receipts { registry.noteMissedReceipts(of: receipt.user) }
        }
    }

    /// Returns nil if there is nothing to tell.
    private func verified(_ receipt: Receipt) async throws(StoreError) -> ServerEvent? {
        guard receipt.isFromNode else { return receipt.event }
        switch receipt.event {
        case .read(let user, let peer?, _):
            guard let id = try await store.marks(of: user, with: peer).own.read else { return nil }
            return .read(user: user, otherUser: peer, messageID: id)
        case .blocked(let other, _):
            return .blocked(user: other, isBlocked: try await store.isBlocked(other, by: receipt.user))
        case .read, .delivered, .typing, .presence, .authSuccess, .messageSent, .newMessage, .error, .resumeComplete,
            .resyncRequired, .tokenExpiring, .unknown:
            return receipt.event
        }
    }

    /// Sends all who are connected now the messages that they lack, and then their marks and their peers' presence, at the
    /// pace of pages. Who connects later is told all this anyway.
    func makeUpForWhatWasMissed() {
        let users = registry.withLock(\.connectedUsers)
        if users.isEmpty { return }
        let isFirst = missing.withLock { missing in
            defer { missing.formUnion(users) }
            return missing.isEmpty
        }
        if !isFirst { return }
        Task {
            try? await Task.sleep(for: pause)
            let users = missing.withLock { missing in
                defer { missing = [] }
                return Array(missing)
            }
            for some in users.pieces(of: Self.usersAtOnce) {
                // Without an answer the messages come by themselves within seconds.
                if let cursors = try? await store.lastCursors(of: some) { registry.feedsGrew(cursors) }
                for user in some { registry.noteMissedReceipts(of: user) }
            }
        }
    }

    private static let usersAtOnce = 500
}
