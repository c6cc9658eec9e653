import ChatWire

/// A request for stored messages of the open conversation. It needs only this machine's disk and no server, so the
/// `Session` does not take part.
public enum HistoryQuery: Sendable, Hashable {
    case newer(after: MessageID)
    case around(MessageID)
    /// The oldest messages on this machine.
    case beginning
    /// The first message of this time or later, and those around it.
    case since(Timestamp)
    case search(HistorySearch)

    enum Step: Equatable {
        case answer(Update)
        /// There is more to search.
        case unfinished(HistoryQuery)
    }

    /// Reads a part. It is small enough that other uses of the store can wait for it.
    func step(in store: any ConversationStore, of peer: UserID) -> Step {
        do throws(StoreFailure) {
            switch self {
            case .newer(let id):
                let run = try store.run(of: peer, after: id, limit: Session.pageSize)
                if run.messages.isEmpty { return Self.nothing }
                return .answer(.newer(run.messages.map(\.message), after: id, hasNewer: run.hasNewer))
            case .around(let id):
                let run = try store.run(of: peer, around: id, limit: Session.pageSize)
                if run.messages.isEmpty { return Self.nothing }
                return .answer(
                    .around(id, run.messages.map(\.message), hasOlder: run.hasOlder, hasNewer: run.hasNewer))
            case .beginning:
                let run = try store.run(of: peer, after: nil, limit: Session.pageSize)
                return .answer(
                    .beginning(
                        run.messages.map(\.message), hasOlder: try !Self.isBeginning(run, in: store, of: peer),
                        hasNewer: run.hasNewer))
            case .since(let time): return .answer(try Self.messages(since: time, in: store, of: peer))
            case .search(var search):
                guard try search.searchNextPart(in: store, of: peer) else { return .unfinished(.search(search)) }
                let oldest = try store.run(of: peer, after: nil, limit: 1)
                let isWhole = try Self.isBeginning(oldest, in: store, of: peer)
                return .answer(.searchResults(query: search.query.text, ids: search.found, isWhole: isWhole))
            }
        } catch {
            return .answer(.historyUnavailable(.unreadable(error)))
        }
    }

    private static func messages(
        since time: Timestamp, in store: any ConversationStore, of peer: UserID
    ) throws(StoreFailure) -> Update {
        guard let first = try store.first(of: peer, since: time) else {
            return .since(time, [], hasOlder: true, hasNewer: false, followsGap: false)
        }
        let run = try store.run(of: peer, around: first, limit: Session.pageSize)
        let before = try store.page(of: peer, before: first, limit: 1)
        return .since(
            time, run.messages.map(\.message), hasOlder: run.hasOlder, hasNewer: run.hasNewer,
            followsGap: before.messages.isEmpty && before.followsGap)
    }

    /// Whether the oldest messages here are also the conversation's first.
    private static func isBeginning(
        _ run: StoredRun, in store: any ConversationStore, of peer: UserID
    ) throws(StoreFailure) -> Bool {
        guard let first = run.messages.first else { return false }
        return try !store.page(of: peer, before: first.message.id, limit: 1).followsGap
    }

    /// The message is not stored: the disk refused it, or it comes from a server of protocol 1.
    private static var nothing: Step { .answer(.historyUnavailable(.notStored)) }
}
