import ChatWire

/// How far users have what was written to them, and when they were here last. Marks and times survive the process; the power
/// failing may take the last ones back.
public protocol MarkStore: Sendable {
    /// Raises the cursors up to which users' devices have their feeds, all in one transaction. A lower one than before
    /// changes nothing; one above the feed's end counts as its end.
    ///
    /// - `atMost`: How many messages each acknowledgement covers by this call. Where there are more, the call has to
    ///   be repeated: a user who was away for long holds up nobody.
    /// - Returns: for each acknowledgement in order, what it newly covers.
    func acknowledge(_ acknowledgements: [Acknowledgement], atMost: Int) async throws(StoreError) -> [Coverage]

    /// Notes how far users have seen conversations, all in one transaction. Of several marks of one user in one
    /// conversation only the furthest is set.
    ///
    /// - `atMost`: Of how many messages a mark may have to be counted by this call. One that moves over more may move
    ///   over a part of them, and the call has to be repeated: one that jumps far holds up nobody.
    /// - Returns: for each mark in order, what became of it.
    func markRead(_ marks: [ReadMark], atMost: Int) async throws(StoreError) -> [ReadOutcome]

    /// How far both users have the user's `limit` latest conversations of a range, the latest first, without those whose last
    /// message is older than `since`: a page of the peers of the last days, in short. A page in which all are older is the
    /// last one, so that nobody goes through everything for the sake of a clock.
    func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage

    /// When the newest message of a conversation was created, of those that the user knows of; nil where there is none.
    func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp?

    /// How far both users have one conversation.
    func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks

    /// The last call counts, also where it names an earlier time.
    func setLastSeen(_ time: Timestamp, of user: UserID) async throws(StoreError)

    /// When those users were connected last; those never seen are left out.
    func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp]
}
