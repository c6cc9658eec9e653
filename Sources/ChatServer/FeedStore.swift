import ChatWire

/// The part of the store that holds messages.
public protocol FeedStore: Sendable {
    /// Stores messages in the order given, in one transaction. A store may need several if it cannot take one of them:
    /// a message that can never be stored keeps out no other.
    ///
    /// - Returns: one outcome for each draft, in the same order. A draft that repeats another one, even one in the same
    ///   call, is a `.duplicate` of it or a `.conflict` with it. A draft that is over its sender's rate is not stored,
    ///   but it is looked up in the same way.
    /// - Throws: if surely nothing was stored, and the same may be later. If some drafts have another outcome, those
    ///   are `.notStored`.
    func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome]

    /// Does the same without a task. `completion` is called once, never within this call, on a thread of the store. It
    /// may start the next call.
    func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void)

    /// Returns the newest `limit` messages of a conversation, or those just before the message `before`, oldest first.
    /// If `before` is unknown or belongs to another conversation, the page is empty. The page holds only what the
    /// asking user may know. Its `marks` are the user's own, then the peer's.
    func conversation(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int
    ) async throws(StoreError) -> HistoryPage

    /// Returns at most `limit` messages of the user's feed after a cursor, in feed order.
    func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage]

    /// Waits, for a limited time, until a read of this user's data would not have to wait. It is for callers that would
    /// hold up others during the read.
    func prepareToRead(of user: UserID) async

    /// Returns the last cursor of the user's feed; 0 if the feed is empty.
    func lastCursor(of user: UserID) async throws(StoreError) -> Int

    /// Returns the last cursors of several users. Those whose feeds are empty may be missing.
    func lastCursors(of users: [UserID]) async throws(StoreError) -> [UserID: Int]

    /// Returns at most `limit` conversations of the user, the latest first.
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

    public func lastCursors(of users: [UserID]) async throws(StoreError) -> [UserID: Int] {
        var cursors: [UserID: Int] = [:]
        for user in users { cursors[user] = try await lastCursor(of: user) }
        return cursors
    }
}
