import ChatWire

/// The part of the store that holds delivery and read marks and last-seen times. They survive the process, but a power
/// failure may undo the newest.
public protocol MarkStore: Sendable {
    /// Raises the cursors up to which users' devices have their feeds, in one transaction. A cursor that is not above
    /// the last one changes nothing. One above the feed's end counts as its end.
    ///
    /// - `atMost`: The number of messages that one acknowledgement covers in this call. If there are more, the
    ///   call has to be repeated, so that a user with a long backlog does not delay others.
    /// - Returns: for each acknowledgement, in order, what it newly covers.
    func acknowledge(_ acknowledgements: [Acknowledgement], atMost: Int) async throws(StoreError) -> [Coverage]

    /// Sets how far users have read conversations, in one transaction. Of several marks of one user in one conversation
    /// only the furthest is set. A mark may be on any message of the conversation. Wherever it is shown, it names the
    /// newest message of the peer that it covers, in the order of the user who set it.
    ///
    /// - `atMost`: The number of messages that may be counted for one mark in this call. A mark that passes
    ///   more of them may move a part of the way, and the call has to be repeated, so that it does not delay others.
    /// - Returns: for each mark, in order, its result.
    func markRead(_ marks: [ReadMark], atMost: Int) async throws(StoreError) -> [ReadOutcome]

    /// Returns the marks of the user's `limit` latest conversations in a range, the latest first, without those whose
    /// last message is older than `since`. A page in which all are older is the last one, so that a wrong clock does
    /// not cause a scan of all conversations.
    func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage

    /// Returns the time of the newest message of a conversation that the user may know of; nil if there is none.
    func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp?

    /// Returns both users' marks in one conversation.
    func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks

    /// Sets the last-seen times of these users in one transaction. They may be earlier than the ones before. Banned
    /// users are left out.
    func setLastSeen(_ times: [UserID: Timestamp]) async throws(StoreError)

    /// Returns the last-seen times of these users. Users without one are left out.
    func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp]
}

extension MarkStore {
    /// Sets one user's last-seen time.
    public func setLastSeen(_ time: Timestamp, of user: UserID) async throws(StoreError) {
        try await setLastSeen([user: time])
    }
}
