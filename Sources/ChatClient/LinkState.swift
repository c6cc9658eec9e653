import ChatWire

/// What lives with the link. The next link begins with none of it, so ending one is `link = LinkState()`.
struct LinkState: Sendable {
    var deadlines = Deadlines<Deadline>()
    var feed: FeedState = .unknown
    var history = HistoryState()
    var answers = AwaitedAnswers()
    /// Who is there, as far as this connection told; kept only where other conversations may be opened.
    var presences: [UserID: ServerEvent.Presence] = [:]
    /// The read marks that the server may not have had when the list was asked for: that list tells whether it has.
    var unsureOfList: [UserID: MessageID] = [:]
    /// What ends with the link and with the open conversation, whichever ends first.
    var conversation = OpenConversation()

    /// Of more people than a list has, nobody's presence is kept.
    private static let mostPresences = 1000

    struct OpenConversation: Sendable {
        var lastTyped: ContinuousClock.Instant?
        /// What was asked of the server about blocking the peer and is not answered yet.
        var blockAsked: Bool?
        /// How often the newest page of the history could not be had in turn.
        var historyFailures = 0
        /// When it is asked for once more.
        var historyDue: ContinuousClock.Instant?
    }

    enum Deadline: Sendable, Hashable, CaseIterable {
        /// The resumed feed should have gone on, or ended.
        case resumed
        /// A refused message may be sent again.
        case resend
        /// The list of conversations is asked for once more.
        case inbox
        /// Time to look for messages of windows that are gone.
        case adopt
        /// Time to look for a new token.
        case token
    }

    var nextDeadline: ContinuousClock.Instant? {
        [deadlines.next, answers.nextDeadline, conversation.historyDue].compactMap(\.self).min()
    }

    mutating func note(_ presence: ServerEvent.Presence) {
        guard presences.count < Self.mostPresences || presences[presence.user] != nil else { return }
        presences[presence.user] = presence
    }
}
