import ChatWire

/// How the client reaches its server. What it needs of a network, and nothing more.
public protocol Transport: Sendable {
    /// Starts to connect, and returns at once. `events` is told what happens, in order, and `ended` last and once.
    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link

    /// The token as it is now; nil where there is none. Called on a queue that may block.
    func currentToken() -> String?

    /// `GET /messages`: the newest page of the conversation, or the one before a message; as many as the server likes
    /// where there is no `limit`.
    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage

    /// `GET /conversations`: so many at most, the latest first.
    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList
}

/// One connection, from the first attempt to reach the server on.
public protocol Link: Sendable {
    /// The token to authorise with, read for this connection.
    var token: String? { get }
    func send(text: String)
    /// Asks for a sign of life now. Without one for so long the link ends as `noPong`.
    func ping(patience: Duration)
    func close()
}

public enum LinkEvent: Sendable, Hashable {
    /// The WebSocket is open.
    case opened
    case received(text: String)
    case ended(LinkEnd)
}

/// Why a connection is no more, or never came to be.
public enum LinkEnd: Error, Sendable, Hashable {
    /// Nobody there, or the way is blocked; in a person's words where there are some.
    case unreachable(String)
    /// Something answers, but does not speak HTTP or WebSocket; how it went wrong, for the log.
    case notAChatServer(String)
    /// The address is for TLS, and what answers speaks none.
    case notEncrypted
    /// The address is for no TLS, and what answers speaks nothing else.
    case onlyEncrypted
    /// Server and client do not agree on how to encrypt; how, for the log.
    case handshake(String)
    /// The server closed the connection without an answer. One that speaks TLS does so where the address is for none.
    case unanswered(isEncrypted: Bool)
    /// The proxy on the way fails; how, for the log.
    case proxy(String)
    case timedOut
    /// The upgrade was answered with another HTTP status than 101.
    case refused(status: Int)
    /// The server did not take the token, whose time was over.
    case tokenExpired
    /// The server could not prove that it is who the address names; the sentence says why, to a person.
    case certificate(String)
    /// The server closed with this code (RFC 6455, section 7.4), or without one.
    case closed(code: Int?)
    /// It broke without a word.
    case lost
    /// It looked open, but nobody answered any more.
    case noPong
    /// The server of this user's own does not start; the sentence tells a person more.
    case notStarted(String)
    /// It cannot be tried at all before the user changes something, such as a missing token file.
    case unusable(String)
}

public enum HistoryFailure: Error, Sendable, Hashable {
    /// 404: this server has no history to give.
    case notProvided
    /// It may succeed another time. The sentence says why, to a person.
    case failed(String)
    /// This machine's disk has it, and does not give it.
    case unreadable(StoreFailure)
    /// This machine's disk does not have it.
    case notStored
    /// The server gave so many messages, the oldest, and no others.
    case onlyOldest(Int)
    /// So many of its messages make no sense.
    case unreadableRows(Int)
}
