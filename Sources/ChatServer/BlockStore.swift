import ChatWire

/// The part of the store that holds blocks between users.
public protocol BlockStore: Sendable {
    /// Sets or removes a user's block of another one.
    ///
    /// Messages that the blocked user sends meanwhile are stored and confirmed as usual, but only their sender can see
    /// them, even after the block has ended: such a message has no `receiverCursor`, and no feed, page, list, mark or
    /// count of the blocking user includes it. While the block lasts, no mark of the blocking user moves towards the
    /// blocked one, so that the blocked one sees no change. The blocked user's marks move as usual, but `acknowledge`
    /// does not name them, and the blocking user is shown none of them, neither in marks nor in `isRead`. The blocking
    /// user's list counts none of their messages as unread.
    ///
    /// - `time`: The current time. To the blocked user, the blocking user was last seen then.
    /// - `limit`: The number of users that one user may block; nil for no limit.
    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?
    ) async throws(StoreError) -> BlockOutcome

    /// Returns those of `others` who block the user without being blocked by them, and the time since when, if it is
    /// known.
    func blockers(of user: UserID, among others: [UserID]) async throws(StoreError) -> [UserID: Timestamp]

    /// Returns whether the user blocks the other one. The reverse is not for the user to know.
    func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool

    /// Returns those of `others` who block the user or are blocked by them.
    func blockedEitherWay(with user: UserID, among others: [UserID]) async throws(StoreError) -> Set<UserID>
}

extension BlockStore {
    /// Returns whether one of the two users blocks the other.
    public func isBlockedEitherWay(_ one: UserID, _ other: UserID) async throws(StoreError) -> Bool {
        try await !blockedEitherWay(with: one, among: [other]).isEmpty
    }
}

/// The result of setting or removing a block.
public enum BlockOutcome: Sendable, Hashable {
    case changed
    /// The state was the same before.
    case unchanged
    /// The user has reached the limit of blocks.
    case tooMany
    /// The user is banned.
    case banned
}
