/// The server's database.
///
/// What every store promises, and `Tests/StoreContract` tests: a message that `append` returned is on disk for good;
/// `(sender, clientMessageID)` is unique for ever; each user's feed numbers the messages they sent or received
/// 1, 2, 3 … in commit order without gaps; that order is the order of pages and lists, too, whatever the clock said.
///
/// Its parts are protocols by subject. Whoever needs only one of them takes only that.
public protocol MessageStore: FeedStore, MarkStore, BlockStore, PeopleStore, StoreUpkeep {}
