import ChatWire

/// The part of the store that holds blocks between users.
public protocol BlockStore: Sendable {
    /// Sets or removes a user's block of another one.
    ///
    /// Messages that the blocked user sends meanwhile are stored and confirmed as usual, but only their sender can see
    /// them: such a message has no `receiverCursor`, and no feed, page, list, mark or count of the blocking user
    /// includes it. While the block lasts, no mark of the blocking user moves towards the blocked one, so that the
    /// blocked one sees no change. The blocked user's marks move as usual, but `acknowledge` does not name them, and the
    /// blocking user is shown none of them, neither in marks nor in `isRead`. The blocking user's list counts none of
    /// their messages as unread.
    ///
    /// When the block ends, the withheld messages are delivered: each gets the next cursor of the blocking user's feed,
    /// in the order of sending, with its id and its time. In that user's pages and lists it comes there too, after
    /// everything that the user already had. Nothing changes for the sender. A mark is a place in the user's own order,
    /// so it never covers a message that is not delivered yet.
    ///
    /// - `time`: The current time. To the blocked user, the blocking user was last seen then.
    /// - `limit`: The number of users that one user may block; nil for no limit.
    /// - `atMost`: The number of withheld messages that this call may deliver. If there are more, the block goes on, and
    ///   the call has to be repeated, so that it does not delay others.
    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?, atMost: Int
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
    /// The block has begun.
    case begun
    /// The block has ended. `delivered` is the newest of the withheld messages; nil if there were none.
    case ended(delivered: StoredMessage?)
    /// A part of the withheld messages was delivered. The call has to be repeated.
    case partial
    /// The state was the same before.
    case unchanged
    /// The user has reached the limit of blocks.
    case tooMany
    /// The user is banned.
    case banned
}
