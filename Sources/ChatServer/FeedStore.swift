import ChatWire

/// Messages: how they come into the database, and how they are read there.
public protocol FeedStore: Sendable {
    /// Stores messages in the order given, all in one transaction.
    ///
    /// - Returns: one outcome for each draft, in the same order. A draft that repeats another one, also one before it
    ///   in the same call, is a `.duplicate` of it or a `.conflict` with it. One that its sender's rate forbids is stored no
    ///   more, but found like that where it was stored before.
    /// - Throws: when nothing at all was stored.
    func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome]

    /// The same without a task. `completion` is called once, never within this call, on a thread of the store's that may go on
    /// with the next call.
    func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void)

    /// The newest `limit` messages of a conversation, or those just before the message `before`, oldest first.
    /// An unknown `before`, or one of another conversation, gives an empty page. The page and its entries hold all that
    /// the asking user may know; `marks` are the user's own, then the peer's.
    func conversation(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int
    ) async throws(StoreError) -> HistoryPage

    /// The user's feed after a cursor, at most `limit` messages, in feed order.
    func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage]

    /// Waits until what was stored of a user can be read at once, but not for long: for who takes a turn of others then.
    func prepareToRead(of user: UserID) async

    /// The last cursor of the user's feed; 0 for an empty one.
    func lastCursor(of user: UserID) async throws(StoreError) -> Int

    /// The user's conversations, the latest first, at most `limit`.
    func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry]
}

extension FeedStore {
    public func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void
    ) {
        Task {
            do throws(StoreError) {
                completion(.success(try await append(drafts)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    public func prepareToRead(of user: UserID) async {}
}
