import ChatWire

/// What the session tells the rest of the program. It is about the open conversation, but for the connection, the disk and
/// the list of conversations.
public enum Update: Sendable, Hashable {
    case connection(ConnectionStatus)
    /// Another conversation is open, or none: what follows is about that one.
    case opened(UserID?)
    /// These conversations are like this now, the latest first; others are as they were.
    case conversations([ConversationList.Entry])
    /// What windows that are gone left in the input lines of conversations.
    case drafts([UserID: String])
    /// A message that they left unsent there; of one conversation, oldest first.
    case unsentElsewhere(UnsentMessage, UnsentStatus)
    /// The server's list is in, too.
    case conversationsComplete
    /// The server's list could not be had: there is only what this machine has.
    case conversationsUnavailable(HistoryFailure)
    /// Nothing of the past is missing any more: the feed, or the history, is here since the connection stands.
    case caughtUp
    /// From now on nothing is missed. What came before, while there was no connection, nobody told: the server gives no
    /// history, or not all of it.
    case pastUnknown
    /// A page of the conversation, oldest first: the newest one, or what stands before what was known.
    case history([Message], hasOlder: Bool)
    case historyUnavailable(HistoryFailure)
    /// The oldest messages of the conversation. The server gives no others: behind the last of them some may be missing.
    case oldest([Message])
    /// What stands behind a message on this machine's disk.
    case newer([Message], after: MessageID, hasNewer: Bool)
    /// A message with those around it, from this machine's disk.
    case around(MessageID, [Message], hasOlder: Bool, hasNewer: Bool)
    /// The oldest messages on this machine's disk. `hasOlder`: the server has, or may have, others before them.
    case beginning([Message], hasOlder: Bool, hasNewer: Bool)
    /// The ids of the messages on this machine's disk that were looked for, oldest first. `isWhole`: the conversation's
    /// first message is among those looked through.
    case searchResults(query: String, ids: [MessageID], isWhole: Bool)
    /// A message of this conversation that was not written in this window.
    case received(Message)
    /// A message from the disk that no server has confirmed.
    case unsent(UnsentMessage, UnsentStatus)
    /// What became of a message written here.
    case outgoing(id: ClientMessageID, OutgoingStatus)
    /// The server did not take a message for now. It waits, and goes again by itself.
    case postponed(id: ClientMessageID, ErrorCode?, by: Duration)
    /// How the peer is called, and what the conversation is about, where that is known now.
    case profile(name: UntrustedText?, product: Product?)
    /// How far one of the two users has the conversation.
    case marked(ConversationMark)
    case typing
    case presence(isOnline: Bool, lastSeen: Timestamp?)
    /// The user blocks the peer, or does no longer; done here or on another device.
    case blocked(Bool)
    /// It is as it was, whatever was asked.
    case blockingFailed(BlockingFailure)
    /// What this window's predecessor left in its input line.
    case draft(String)
    /// The disk does not take what happens here. Said once, until it does again.
    case storeFailed(StoreFailure)
    /// It does again.
    case storeRecovered
}
