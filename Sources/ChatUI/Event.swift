import ChatWire

/// Everything that can happen to the screen.
public enum Event: Sendable, Equatable {
    case input(Input)
    case resized(Size)
    /// Time has passed: relative times and countdowns may read differently now.
    case tick
    case connection(ConnectionState)
    /// Nothing of the past is missing any more since the connection stands.
    case caughtUp
    /// From now on nothing is missed, but nobody tells what came before, while there was no connection.
    case pastUnknown
    /// A part of the conversation without holes, oldest first, from the server or the disk. It is merged by message id.
    case history([Message], hasOlder: Bool)
    /// The oldest messages of the conversation, oldest first: the server gives no others, and behind the last of them some
    /// may be missing.
    case oldest([Message])
    /// The history could not be had; what is on the screen stays.
    case historyUnavailable(HistoryProblem)
    /// The stored messages that follow `after`, oldest first; `hasNewer` says that there are more behind them.
    case newer([Message], after: MessageID, hasNewer: Bool)
    /// Stored messages in a row, among them the one that was asked for, oldest first.
    case around(MessageID, [Message], hasOlder: Bool, hasNewer: Bool)
    /// The oldest stored messages. `hasOlder` says that the server has, or may have, others before them.
    case beginning([Message], hasOlder: Bool, hasNewer: Bool)
    /// The ids of all stored messages that match, oldest first. `isWhole`: the stored history begins where the
    /// conversation does.
    case searchResults(query: String, ids: [MessageID], isWhole: Bool)
    /// A message that the peer sent, or the user on another device.
    case received(Message)
    /// A message that no server has confirmed, from the disk.
    case pending(id: ClientMessageID, text: UntrustedText, createdAt: Timestamp, OutgoingState)
    /// What became of a message written here.
    case outgoing(id: ClientMessageID, OutgoingState)
    /// The peer's devices have the conversation up to this message.
    case delivered(upTo: MessageID)
    /// The peer has read it up to this message.
    case read(upTo: MessageID)
    /// The user has read it up to this message, here before or on another device.
    case ownRead(upTo: MessageID)
    /// The peer is typing.
    case typing
    case presence(isOnline: Bool, lastSeen: Timestamp?)
    /// The user blocks the peer, or does not: so the server has it.
    case blocked(Bool)
    case blockingFailed(BlockingProblem)
    /// What the last window left in its input line.
    case draft(String)
    /// What the user made of the draft in another program.
    case edited(String)
    /// The server or the peer's messages tell how the peer is called, or what the product is.
    case peerNamed(UntrustedText)
    case productNamed(UntrustedText)
    /// What `Effect.open` asked for is done: what follows is about that conversation.
    case opened
    /// These conversations are like this now, the latest first; others are as they were.
    case conversations([ConversationList.Entry])
    /// What the last windows left in the input lines of conversations.
    case drafts([UserID: String])
    /// A message that they left unsent there; of one conversation, oldest first.
    case unsentElsewhere(UserID, id: ClientMessageID, text: UntrustedText, createdAt: Timestamp, OutgoingState)
    /// The server's list of conversations is in.
    case conversationsComplete
    /// It could not be had: there are those that this machine has.
    case conversationsUnavailable(HistoryProblem)
    /// From now on nothing is kept on this machine; the reason is for a person. `isForGood`: nor will it be while the
    /// program runs.
    case notKept(reason: String, isForGood: Bool)
    /// The disk takes everything again.
    case keptAgain
    /// Something the user should know, in the words of the program.
    case notice(String)
    /// The user wants to leave, and something would be lost: to leave all the same takes one more word.
    case leavingLoses(String)
}

/// What the header and the counter line tell of this program's own connection.
public enum ConnectionState: Sendable, Equatable {
    /// Under way; `attempt` counts from 1 since the last time the connection stood.
    case connecting(attempt: Int)
    /// The last attempt failed. The next comes at `retryAt`. `problem` is for a person, where there is something to tell.
    case waiting(attempt: Int, retryAt: ContinuousClock.Instant, problem: String?)
    /// Authorised, and pings are answered.
    case online(limits: MessageLimits)
    /// No more attempts: the user has to do something first. `problem` says what.
    case stopped(problem: String)
}

/// The life of a message written here.
public enum OutgoingState: Sendable, Equatable {
    /// On disk, and not confirmed yet.
    case waiting
    /// In the server's database as this message.
    case stored(Message)
    /// The same, and others were stored since then.
    case found(Message)
    /// The server said no; `reason` is for a person.
    case refused(reason: String)
    /// The confirmation was lost and the server's history does not have it: it may or may not have arrived.
    case unconfirmed
    /// So old that it is not sent without the user's word.
    case stale
    /// The disk did not take it, so it was not sent; `reason` is for a person.
    case notSaved(reason: String)
}

public enum BlockingProblem: Sendable, Hashable {
    case offline
    /// The server cannot do it.
    case notProvided
    /// The server said no; the reason is for a person.
    case refused(reason: String)
}

public enum HistoryProblem: Sendable, Equatable {
    /// The server has no history to give (the older server hosted under a prefix answers 404).
    case notProvided
    /// The server gave so many messages, the oldest, and no others.
    case onlyOldest(Int)
    /// So many messages make no sense.
    case unreadable(Int)
    /// It failed this time.
    case failed(String)

    /// Whether the next time may be better.
    var mayPass: Bool {
        if case .failed = self { true } else { false }
    }
}
