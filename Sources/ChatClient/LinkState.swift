import ChatWire

/// The state that belongs to the link. The next link starts with a new value.
struct LinkState: Sendable {
    var deadlines = Deadlines<Deadline>()
    var feed: FeedState = .unknown
    var history = HistoryState()
    var answers = AwaitedAnswers()
    var missing = MissingHistory()
    /// The presence of users, as reported on this connection. It is shown when their conversations are opened.
    var presences: [UserID: ServerEvent.Presence] = [:]
    /// The read marks that were possibly new to the server when the list was requested. The list tells whether the
    /// server has them.
    var readsBeforeList: [UserID: MessageID] = [:]
    /// The state that ends with the link or with the open conversation, whichever ends first.
    var conversation = OpenConversation()

    /// The maximum number of stored presences, more than the list of conversations can show.
    private static let maxPresences = 1000

    struct OpenConversation: Sendable {
        var lastTyped: ContinuousClock.Instant?
        /// Whether the server was asked to block (true) or unblock the peer and has not answered yet.
        var requestedBlock: Bool?
        /// How often in a row the newest page of the history could not be fetched.
        var historyFailures = 0
        /// When the newest page is requested again.
        var historyDue: ContinuousClock.Instant?
    }

    enum Deadline: Sendable, Hashable, CaseIterable {
        /// The resumed feed should have continued, or ended.
        case resumed
        /// A refused message may be sent again.
        case resend
        /// The list of conversations is requested again.
        case inbox
        /// The next page of the missing history is requested.
        case missing
        /// Messages of closed windows may be adopted.
        case adopt
        /// The token is read again.
        case token
    }

    var nextDeadline: ContinuousClock.Instant? {
        [deadlines.next, answers.nextDeadline, conversation.historyDue].compactMap(\.self).min()
    }

    mutating func note(_ presence: ServerEvent.Presence) {
        guard presences.count < Self.maxPresences || presences[presence.user] != nil else { return }
        presences[presence.user] = presence
    }
}
