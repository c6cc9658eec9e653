import ChatServer
import ChatWire
import GRDB
import Testing

@testable import SQLiteStore

/// The stores that keep the promises of `MessageStore`. A new one joins the contract by a case here.
enum StoreKind: CaseIterable {
    case memory
    case sqlite

    /// Runs a test on an empty store that knows these users.
    func withStore(
        profiles: [UserID: HistoryPage.Profile] = [:], _ body: (any MessageStore) async throws -> Void
    ) async throws {
        switch self {
        case .memory:
            try await body(MemoryStore(profiles: profiles))
        case .sqlite:
            let folder = try TemporaryFolder()
            let store = try SQLiteStore(path: folder.file())
            try await store.pool.write { database in
                for (user, profile) in profiles {
                    try database.execute(
                        sql: "INSERT INTO users (id, name, avatar_url) VALUES (?, ?, ?)",
                        arguments: [user, profile.name, profile.avatarURL])
                }
            }
            try await body(store)
            try store.close()
        }
    }
}

let alice = user("alice")
let bob = user("bob")
let carol = user("carol")
let noon = Timestamp(seconds: 1_704_110_400)  // 2024-01-01T12:00:00Z

func user(_ id: String) -> UserID {
    guard let user = UserID(id) else { preconditionFailure("tests name users validly") }
    return user
}

func draft(
    _ text: String, from sender: UserID = alice, to receiver: UserID = bob, id: String? = nil,
    product: Product? = nil, at time: Timestamp = noon
) -> MessageDraft {
    MessageDraft(
        sender: sender, receiver: receiver, text: UntrustedText(text), clientMessageID: id, product: product,
        receivedAt: time)
}

extension MessageStore {
    /// What a draft over its sender's rate is a repeat of; nil where it is none.
    func earlierOutcome(of draft: MessageDraft) async throws -> AppendOutcome? {
        let outcome = try await append([draft.overRate(retryAfterMs: 7)])[0]
        return outcome == .rateLimited(retryAfterMs: 7) ? nil : outcome
    }

    /// Appends drafts of which each is new, and gives what was stored.
    @discardableResult
    func store(_ drafts: [MessageDraft], sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> [StoredMessage]
    {
        try await append(drafts).map { outcome in
            try #require(outcome.stored, "\(outcome)", sourceLocation: sourceLocation)
        }
    }

    /// Whether it was otherwise before.
    @discardableResult
    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp = noon
    ) async throws -> Bool {
        try await setBlocked(isBlocked, other, by: user, at: time, most: .max) == .changed
    }

    /// Among the users of these tests.
    func blockers(of user: UserID) async throws -> [UserID: Timestamp] {
        try await blockers(of: user, among: [alice, bob, carol])
    }

    func separated(from user: UserID) async throws -> Set<UserID> {
        try await separated(from: user, among: [alice, bob, carol])
    }

    func markRead(by user: UserID, with peer: UserID, upTo messageID: String) async throws -> Bool? {
        try await markRead([ReadMark(user: user, peer: peer, messageID: messageID)])[0]
    }

    /// In one go, however far they move.
    func markRead(_ marks: [ReadMark]) async throws -> [Bool?] {
        try await markRead(marks, atMost: .max / 2).map { outcome in
            switch outcome {
            case .unknown: nil
            case .notFurther, .partly: false
            case .set: true
            }
        }
    }

    func acknowledge(_ acknowledgements: [Acknowledgement]) async throws -> [[DeliveredMark]] {
        try await acknowledge(acknowledgements, atMost: .max).map(\.marks)
    }

    /// The texts of one page of a conversation.
    func texts(
        of user: UserID = alice, with peer: UserID = bob, before: String? = nil, limit: Int = 1000
    ) async throws -> [String] {
        try await conversation(of: user, with: peer, before: before, limit: limit).messages.map(\.message.text.wire)
    }

    /// A user's whole feed as cursors and texts.
    func feedTexts(of user: UserID, after cursor: Int = 0) async throws -> [String] {
        try await feed(of: user, after: cursor, limit: .max).map { "\($0.cursor(of: user)) \($0.message.text.wire)" }
    }
}

extension AppendOutcome {
    var stored: StoredMessage? {
        if case .stored(let message) = self { message } else { nil }
    }
}
