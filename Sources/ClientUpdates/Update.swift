import ChatWire

/// What the session reports to the program. An update concerns the open conversation, unless it concerns the
/// connection, the disk or the list of conversations.
public enum Update: Sendable, Hashable {
    case connection(ConnectionStatus)
    /// Another conversation is open, or none. The following updates concern this one.
    case opened(UserID?)
    /// The changed entries of the list of conversations, the latest first.
    case conversations([ConversationList.Entry])
    /// What changed of what this machine knows of conversations in the list.
    case conversationNotes([UserID: ConversationNotes])
    /// The drafts that closed windows left, by peer.
    case drafts([UserID: Draft])
    /// A message that a closed window left unsent in another conversation. Those of one conversation come oldest first.
    case unsentElsewhere(UnsentMessage, UnsentStatus)
    /// The server's list of conversations was added.
    case conversationsComplete
    /// The server's list of conversations is not available; only stored conversations are shown.
    case conversationsUnavailable(HistoryFailure)
    /// Nothing is missing any more: the feed, or the history, was received on this connection.
    case caughtUp
    /// Nothing is missed from now on. Messages from before, sent while there was no connection, may be missing: the
    /// server returns no history, or an incomplete one.
    case pastUnknown
    /// The server has other data than before, or an older state of it. What it had received may be lost; what it still
    /// has follows.
    case serverRestored
    /// A page of the conversation, oldest first: the newest page, or the one before the known messages.
    case history([Message], hasOlder: Bool)
    case historyUnavailable(HistoryFailure)
    /// The oldest messages of the conversation. The server returns no others, so messages may be missing after the last
    /// of them.
    case oldest([Message])
    /// The messages after another one, from this machine's disk.
    case newer([Message], after: MessageID, hasNewer: Bool)
    /// A message with those around it, from this machine's disk.
    case around(MessageID, [Message], hasOlder: Bool, hasNewer: Bool)
    /// The oldest messages on this machine's disk. `hasOlder`: the server has, or may have, messages before them.
    case beginning([Message], hasOlder: Bool, hasNewer: Bool)
    /// The messages around the first stored one of this time or later; none if all are older. `followsGap`: the server
    /// has, or may have, messages directly before that one that are not on this machine.
    case since(Timestamp, [Message], hasOlder: Bool, hasNewer: Bool, followsGap: Bool)
    /// The ids of the stored messages that match the query, oldest first. `isWhole`: the search included the
    /// conversation's first message.
    case searchResults(query: String, ids: [MessageID], isWhole: Bool)
    /// A page of the messages in all conversations that match the query. `after` is the `next` of the page before it;
    /// nil for the first page.
    case found(query: String, Result<FoundPage, StoreFailure>, after: Int64?)
    /// History that was missing on this machine was stored. What was found before may be incomplete.
    case missingStored
    /// A message of this conversation that was not written in this window.
    case received(Message)
    /// A stored message that no server has confirmed.
    case unsent(UnsentMessage, UnsentStatus)
    /// What happened to a message written here.
    case outgoing(id: ClientMessageID, OutgoingStatus)
    /// The server refused a message temporarily. It is sent again without the user.
    case postponed(id: ClientMessageID, ErrorCode?, by: Duration)
    /// The peer's name and the conversation's product, as far as they are known.
    case profile(name: UntrustedText?, product: Product?)
    /// The products that messages of the conversation named, each once. The one that was named last is the first.
    case products([Product])
    /// How far one of the two users has received and read the conversation.
    case marked(ConversationMark)
    case typing
    case presence(isOnline: Bool, lastSeen: Timestamp?)
    /// Whether the user blocks the peer. This device or another one may have changed it.
    case blocked(Bool)
    /// A request about blocking failed. Nothing has changed.
    case blockingFailed(BlockingFailure)
    /// A text that belongs to the draft: what closed windows left, or a message that could not be stored. The user may
    /// have typed something meanwhile.
    case draft(Draft)
    /// The disk cannot store what happens here. Reported once, until it can again.
    case storeFailed(StoreFailure)
    /// The disk can store again.
    case storeRecovered
}
