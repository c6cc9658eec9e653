import ChatWire

/// What somebody wants to see again of the conversation on this machine's disk. It concerns no server, and so not the
/// `Session`.
public enum HistoryLook: Sendable, Hashable {
    case newer(after: String)
    case around(String)
    case search(TextQuery)

    func answer(from store: any ConversationStore, of peer: UserID) -> Update {
        do throws(StoreFailure) {
            switch self {
            case .newer(let id):
                let run = try store.run(of: peer, after: id, limit: Session.pageSize)
                return run.messages.isEmpty
                    ? Self.nothing : .newer(run.messages.map(\.message), after: id, hasNewer: run.hasNewer)
            case .around(let id):
                let run = try store.run(of: peer, around: id, limit: Session.pageSize)
                return run.messages.isEmpty
                    ? Self.nothing
                    : .around(id, run.messages.map(\.message), hasOlder: run.hasOlder, hasNewer: run.hasNewer)
            case .search(let query): return .searchResults(query: query.text, ids: try store.search(query, in: peer))
            }
        } catch {
            return .historyUnavailable(.unreadable(error))
        }
    }

    /// It was not stored: the disk refused it, or a server of the first protocol gave it.
    private static var nothing: Update { .historyUnavailable(.notStored) }
}
