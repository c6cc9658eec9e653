import ChatWire

/// Who wants to hear nothing of whom.
public protocol BlockStore: Sendable {
    /// Notes that a user wants to hear nothing of another one, or does again.
    ///
    /// What the other one writes meanwhile is stored and confirmed as ever, but it is theirs alone, also when the block has
    /// ended: its `receiverCursor` is 0, and no feed, page, list, mark or count of the user's knows it. As long as the block
    /// lasts, no mark of the blocking user moves towards the other one, so that what that one sees stays as it was. The other
    /// one's marks move as ever, but `acknowledge` does not name them, and the blocking user is shown none of them: neither
    /// in marks nor in `isRead`. The blocking user's list counts nothing of the other's as unread.
    ///
    /// - `time`: Now: for the other one, the blocking user left then and has not been back.
    /// - `most`: How many others a user may block.
    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int
    ) async throws(StoreError) -> BlockOutcome

    /// Who of these blocks the user without being blocked by them, and since when, where that is known.
    func blockers(of user: UserID, among others: [UserID]) async throws(StoreError) -> [UserID: Timestamp]

    /// Whether the user blocks the other one. The other way round is nobody's business.
    func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool

    /// Who of these is blocked by the user, or blocks them.
    func blockedEitherWay(with user: UserID, among others: [UserID]) async throws(StoreError) -> Set<UserID>
}

extension BlockStore {
    /// Whether one of the two blocks the other.
    public func isBlockedEitherWay(_ one: UserID, _ other: UserID) async throws(StoreError) -> Bool {
        try await !blockedEitherWay(with: one, among: [other]).isEmpty
    }
}

/// What became of the wish to block somebody, or not to any more.
public enum BlockOutcome: Sendable, Hashable {
    case changed
    /// It was so already.
    case unchanged
    /// The user blocks as many as they may.
    case tooMany
    /// The user is banned.
    case banned
}
