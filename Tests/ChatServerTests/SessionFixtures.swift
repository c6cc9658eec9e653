import ChatWire

@testable import ChatServer

func user(_ id: String) -> UserID { UserID(id)! }
let (anna, bob) = (user("анна"), user("bob"))
let now = Timestamp(seconds: 1_700_000_000)
let clientID: ClientMessageID = "0f8fad5b-d9cb-469f-a165-70867728950e"

extension OpaqueID {
    /// The same UUID in upper case.
    func uppercased() -> Self { Self(wire.uppercased()) }
}

func auth(_ user: UserID, _ version: Int? = nil, resume: FeedPosition? = nil) -> Session.Input {
    .event(.auth(.init(user: user, protocolVersion: version, resume: resume)))
}

func account(_ cursor: Int = 4, at messageID: MessageID? = nil) -> Session.Input {
    .authorized(.init(epoch: "e", cursor: cursor, name: "Аня", messageAtResume: messageID))
}

func message(
    _ text: UntrustedText, from: UserID = anna, to: UserID = bob, id: ClientMessageID? = nil
) -> Session.Input {
    .event(.message(.init(sender: from, receiver: to, text: text, clientMessageID: id)))
}

func draft(_ text: UntrustedText, id: ClientMessageID? = nil) -> MessageDraft {
    MessageDraft(sender: anna, receiver: bob, text: text, clientMessageID: id, receivedAt: now)
}

/// A message with the same cursor in the feeds of both users.
func stored(
    _ text: UntrustedText, at cursor: Int = 5, from: UserID = anna, to: UserID = bob, id: ClientMessageID? = nil
) -> StoredMessage {
    StoredMessage(
        message: Message(id: "m\(cursor)", sender: from, receiver: to, text: text, createdAt: now),
        clientMessageID: id, senderCursor: cursor, receiverCursor: cursor)
}

/// A message from bob to anna, with its cursor in her feed.
func received(_ cursor: Int) -> StoredMessage { stored("от bob", at: cursor, from: bob, to: anna) }

func error(
    _ code: ErrorCode, _ text: UntrustedText = ServerText.processingFailed, id: ClientMessageID? = nil,
    answers: RequestKind? = nil
) -> ServerEvent {
    .error(.init(message: text, code: code, clientMessageID: id, answers: answers))
}

/// The events that a session sends. Other actions are checked where they matter.
func said(_ actions: [Session.Action]) -> [ServerEvent] {
    actions.compactMap { if case .send(let event) = $0 { event } else { nil } }
}

func appended(_ actions: [Session.Action]) -> [MessageDraft] {
    actions.compactMap { if case .append(let draft) = $0 { draft } else { nil } }
}

func makeSession(_ inputs: Session.Input...) -> Session {
    var session = Session(limits: MessageLimits(), heartbeatMs: 25_000)
    for input in inputs { _ = session.handle(input, now: now) }
    return session
}

/// Anna's connection, live after cursor 4.
func open(_ version: Int? = nil) -> Session {
    makeSession(auth(anna, version), account(), .peers([], []))
}
