import ChatWire

/// What is known of this machine's disk. The state lasts as long as the window.
struct DiskState: Sendable {
    /// Whether the last transaction was refused.
    var isFailing = false
    /// Whether the user was told that the disk fails.
    var isFailureTold = false
    /// Whether the feed's stored position could not be read yet. Until it is read, the stored position must not be
    /// advanced: the messages in between would never be requested.
    var isPositionUnknown = false
    var inbox: InboxReading = .first
    /// The peers to whom the disk has older messages that this window could not adopt yet. No newer message to them may
    /// be sent before those.
    var pendingAdoptions: Set<UserID> = []
    /// Whether missing history was stored and the program was not told of it yet.
    var hasUntoldHistory = false
    /// When the program was last told that missing history is stored.
    var historyTold: ContinuousClock.Instant?
    /// When the disk is tried again.
    var retryDue: ContinuousClock.Instant?

    /// How far the stored list of conversations was read: not yet, not at all, tried again, or read.
    enum InboxReading {
        case first
        case failed
        case again
        case loaded
    }

    var isInboxLoaded: Bool { inbox == .loaded }
}
