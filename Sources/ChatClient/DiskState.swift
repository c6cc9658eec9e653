import ChatWire

/// What is known of this machine's disk. It lives as long as the window.
struct DiskState: Sendable {
    /// The last transaction was refused.
    var isFailing = false
    /// The user was told that the disk fails.
    var isFailureTold = false
    /// What the disk has of the feed could not be read yet: it keeps its position until it can, or what lies between would
    /// never be asked for.
    var isFeedUnknown = false
    var isInboxLoaded = false
    /// Of these conversations older messages are on the disk, and not this window's yet: nothing of theirs may be sent before.
    var leftBehind: Set<UserID> = []
    /// When the disk is tried once more.
    var retryDue: ContinuousClock.Instant?
}
