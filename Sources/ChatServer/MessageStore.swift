/// The server's database.
///
/// Every store keeps these promises, which `Tests/StoreContract` tests. A message that `append` returned is on disk.
/// `(sender, clientMessageID)` is unique for ever. Each user's feed numbers the messages that the user sent or received
/// 1, 2, 3 … in commit order without gaps. Pages and lists have the same order, whatever the clock says.
///
/// The protocol is split by subject, so that code can ask for only the part it needs.
public protocol MessageStore: FeedStore, MarkStore, BlockStore, PeopleStore, StoreUpkeep {}
