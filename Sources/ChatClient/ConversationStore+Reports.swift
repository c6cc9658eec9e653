import ChatWire

/// Does what the session asks of the disk, and makes the report that answers it.
extension ConversationStore {
    func loaded(_ peer: UserID, opening: Int) -> Session.Report {
        let state = result { store throws(StoreFailure) in try store.load(peer: peer, limit: Session.pageSize) }
        return .loaded(state, of: peer, opening: opening)
    }

    func inboxLoaded() -> Session.Report {
        .inboxLoaded(result { store throws(StoreFailure) in try store.inbox(limit: Session.maxConversations) })
    }

    func flagsRead() -> Session.Report {
        .flagsRead(result { store throws(StoreFailure) in try store.flags() })
    }

    func stored(_ changes: [StoreChange]) -> Session.Report {
        switch result({ store throws(StoreFailure) in try store.apply(changes) }) {
        case .success: .stored
        case .failure(let failure): .notStored(failure)
        }
    }

    func olderPage(of peer: UserID, before: MessageID) -> Session.Report {
        let page = result { store throws(StoreFailure) in
            try store.page(of: peer, before: before, limit: Session.pageSize)
        }
        return .olderPage(page, peer: peer, before: before)
    }

    /// A store that ends with the process need not have everything.
    func missingFound(except skipped: Set<MessageID>, link: Int) -> Session.Report {
        .missingFound(isLasting ? (try? gap(except: skipped)) : nil, link: link)
    }

    /// If adopting fails, the session tries it again later.
    func adopted(peer: UserID?, since: Timestamp) -> Session.Report {
        .adopted((try? adoptUnsent(peer: peer, since: since)) ?? [])
    }

    private func result<Value>(_ body: (Self) throws(StoreFailure) -> Value) -> Result<Value, StoreFailure> {
        do throws(StoreFailure) {
            return .success(try body(self))
        } catch {
            return .failure(error)
        }
    }
}
