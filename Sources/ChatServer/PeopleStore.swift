import ChatWire

/// The part of the store that holds users' names and bans. Another program may ban users while the server runs.
public protocol PeopleStore: Sendable {
    /// Returns what a log-in needs, as of one moment.
    ///
    /// - `resume`: The position in the feed that the user's device claims to have.
    func account(of user: UserID, resume: FeedPosition?) async throws(StoreError) -> Account

    /// Returns the user's profile, as far as the database has one.
    func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile

    /// Sets the user's name.
    func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError)

    /// Sets or removes the ban of a user. While a user is banned, nothing is written in their name: no message, name,
    /// mark, last-seen time or block. Messages that others write to them are stored.
    /// - Returns: whether this changed something.
    @discardableResult
    func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) async throws(StoreError) -> Bool

    func isBanned(_ user: UserID) async throws(StoreError) -> Bool

    func bannedUsers() async throws(StoreError) -> Set<UserID>
}
