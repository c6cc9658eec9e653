import ChatServer
import ChatWire
import Testing

// Helpers for the tests of stores.

public let alice = user("alice")
public let bob = user("bob")
public let carol = user("carol")
public let noon = Timestamp(seconds: 1_704_110_400)  // 2024-01-01T12:00:00Z

public func user(_ id: String) -> UserID {
    guard let user = UserID(id) else { preconditionFailure("tests name users validly") }
    return user
}

public func draft(
    _ text: String, from sender: UserID = alice, to receiver: UserID = bob, id: ClientMessageID? = nil,
    product: Product? = nil, at time: Timestamp = noon
) -> MessageDraft {
    MessageDraft(
        sender: sender, receiver: receiver, text: UntrustedText(text), clientMessageID: id, product: product,
        receivedAt: time)
}

extension MessageStore {
    /// The outcome of the earlier message if the draft is a repeat; otherwise nil.
    public func earlierOutcome(of draft: MessageDraft) async throws -> AppendOutcome? {
        let outcome = try await append([draft.overRate(retryAfterMs: 7)])[0]
        return outcome == .rateLimited(retryAfterMs: 7) ? nil : outcome
    }

    /// Appends drafts that are all new, and returns the stored messages.
    @discardableResult
    public func store(_ drafts: [MessageDraft], sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> [StoredMessage]
    {
        try await append(drafts).map { outcome in
            try #require(outcome.stored, "\(outcome)", sourceLocation: sourceLocation)
        }
    }

    /// - Returns: whether this changed anything.
    @discardableResult
    public func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp = noon
    ) async throws -> Bool {
        switch try await setBlocked(isBlocked, other, by: user, at: time, limit: .max, atMost: .max) {
        case .begun, .ended: true
        case .partial, .unchanged, .tooMany, .banned: false
        }
    }

    /// The blocking users among those of these tests.
    public func blockers(of user: UserID) async throws -> [UserID: Timestamp] {
        try await blockers(of: user, among: [alice, bob, carol])
    }

    /// The cursor after which the user's feed begins.
    public func feedStart(of user: UserID) async throws -> Int {
        try await account(of: user, resume: nil).feedStart
    }

    public func blockedEitherWay(with user: UserID) async throws -> Set<UserID> {
        try await blockedEitherWay(with: user, among: [alice, bob, carol])
    }

    public func markRead(by user: UserID, with peer: UserID, upTo messageID: MessageID) async throws -> Bool? {
        try await markRead([ReadMark(user: user, peer: peer, messageID: messageID)])[0]
    }

    /// Moves each mark all the way, in one call.
    public func markRead(_ marks: [ReadMark]) async throws -> [Bool?] {
        try await markRead(marks, atMost: .max / 2).map { outcome in
            switch outcome {
            case .unknown: nil
            case .unchanged, .partial: false
            case .set: true
            }
        }
    }

    public func acknowledge(_ acknowledgements: [Acknowledgement]) async throws -> [[DeliveredMark]] {
        try await acknowledge(acknowledgements, atMost: .max).map(\.marks)
    }

    /// The texts of one page of a conversation.
    public func texts(
        of user: UserID = alice, with peer: UserID = bob, before: MessageID? = nil, limit: Int = 1000
    ) async throws -> [String] {
        try await conversation(of: user, with: peer, before: before, limit: limit).messages.map(\.message.text.wire)
    }

    /// A user's whole feed as cursors and texts.
    public func feedTexts(of user: UserID, after cursor: Int = 0) async throws -> [String] {
        try await feed(of: user, after: cursor, limit: .max).map {
            "\($0.cursor(of: user) ?? 0) \($0.message.text.wire)"
        }
    }
}

extension AppendOutcome {
    public var stored: StoredMessage? {
        if case .stored(let message) = self { message } else { nil }
    }
}

extension MessageStore {
    /// A user's conversations as `peer: last text unread`.
    public func list(of user: UserID) async throws -> [String] {
        try await conversations(of: user, limit: .max).map {
            "\($0.peer.wire): \($0.lastMessage.text.wire) \($0.unread)"
        }
    }

    public func unread(of user: UserID, with peer: UserID = alice) async throws -> Int? {
        try await conversations(of: user, limit: .max).first { $0.peer == peer }?.unread
    }
}

extension MessageStore {
    /// The texts of the messages that an acknowledgement newly covers.
    public func delivered(_ user: UserID, _ cursor: Int) async throws -> [String] {
        let marks = try await acknowledge([Acknowledgement(user: user, cursor: cursor)])
        let feed = try await feed(of: user, after: 0, limit: .max)
        return marks.flatMap { $0 }.map { mark in
            feed.first { $0.message.id == mark.messageID && $0.message.sender == mark.sender }?.message.text.wire ?? "?"
        }
    }

    /// A conversation's marks as `user delivered read`, with the messages' texts.
    public func marks(of user: UserID = alice, with peer: UserID = bob) async throws -> [String] {
        let marks: ConversationMarks = try await marks(of: user, with: peer)
        let entries = try await conversation(of: user, with: peer, before: nil, limit: .max).messages
        func text(_ id: MessageID?) -> String {
            id.map { id in entries.first { $0.message.id == id }?.message.text.wire ?? "?" } ?? "-"
        }
        return [marks.own, marks.peer].map { "\($0.user.wire) \(text($0.delivered)) \(text($0.read))" }
    }

    public func isRead(of user: UserID = alice, with peer: UserID = bob) async throws -> [Bool?] {
        try await conversation(of: user, with: peer, before: nil, limit: .max).messages.map(\.isRead)
    }
}
