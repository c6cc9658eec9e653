import ChatWire

/// Who users are to the server: what they are called, and who is not let in. Another program may ban them, beside the server.
public protocol PeopleStore: Sendable {
    /// What a log-in has to know, as of one moment.
    ///
    /// - `resume`: What the user's device says that it has of the feed.
    func account(of user: UserID, resume: FeedPosition?) async throws(StoreError) -> Account

    /// How the user is called, where the database knows.
    func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile

    /// Notes how the user is called, in place of what was known before.
    func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError)

    /// Notes that a user is not let in, or is again. Nothing is written in a banned user's name any more: no message, no name,
    /// no mark, no time of leaving and no block. What others write to them is.
    /// - Returns: whether it was otherwise before.
    @discardableResult
    func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) async throws(StoreError) -> Bool

    func isBanned(_ user: UserID) async throws(StoreError) -> Bool

    func bannedUsers() async throws(StoreError) -> Set<UserID>
}
