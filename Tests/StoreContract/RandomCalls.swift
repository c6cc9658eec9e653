import ChatServer
import ChatWire
import Testing

// Random calls of stores and their answers in words, so that stores can be compared.

/// The generator of Steele, Lea and Flood. It gives the same numbers on every run.
public struct SplitMix: RandomNumberGenerator, Sendable {
    public var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A random call of a store.
public enum Call: Sendable {
    case append([MessageDraft])
    case acknowledge([Acknowledgement])
    /// The message is the one that was stored as number `number`.
    case markRead(UserID, with: UserID, number: Int)
    case setBlocked(Bool, UserID, by: UserID)
    case setName(String, UserID)
    case look(UserID, at: UserID, since: Timestamp, limit: Int)

    public init(_ random: inout some RandomNumberGenerator) {
        let users = ["a", "b", "\u{E9}", "e\u{301}"].map(user)
        func someone() -> UserID { users[Int.random(in: 0..<users.count, using: &random)] }
        func time() -> Timestamp { noon.advanced(by: .seconds(.random(in: -60...60, using: &random))) }
        switch Int.random(in: 0..<12, using: &random) {
        case 0...2:
            self = .append(
                (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    draft(
                        "\(Int.random(in: 0...2, using: &random))", from: someone(), to: someone(),
                        id: Bool.random(using: &random) ? "m\(Int.random(in: 0...40, using: &random))" : nil,
                        product: Int.random(in: 0...3, using: &random) == 0
                            ? Product(id: "p\(Int.random(in: 0...3, using: &random))") : nil,
                        at: time())
                })
        case 3, 4:
            self = .acknowledge(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    Acknowledgement(user: someone(), cursor: .random(in: 0...60, using: &random))
                })
        case 5, 6: self = .markRead(someone(), with: someone(), number: .random(in: 0...80, using: &random))
        case 7:
            let (one, other) = (someone(), someone())
            self =
                one == other
                ? .look(one, at: other, since: time(), limit: 3)
                : .setBlocked(.random(using: &random), other, by: one)
        case 8: self = .setName("\(Int.random(in: 0...9, using: &random))", someone())
        default: self = .look(someone(), at: someone(), since: time(), limit: .random(in: 0...5, using: &random))
        }
    }
}

/// One store and the ids it gave. Ids differ between stores, so the transcript shows their numbers instead.
public struct Transcript {
    let store: any MessageStore
    private var numbers: [MessageID: Int] = [:]
    private var ids: [MessageID] = []

    public init(_ store: any MessageStore) { self.store = store }

    public mutating func answer(to call: Call) async throws -> String {
        switch call {
        case .append(let drafts): return try await append(drafts)
        case .acknowledge(let acknowledgements):
            let marks = try await store.acknowledge(acknowledgements)
            return "\(marks.map { $0.map { "\($0.sender) \(number($0.messageID))" } })"
        case .markRead(let user, let peer, let number):
            let id = ids.indices.contains(number) ? ids[number] : "unknown"
            return "\(String(describing: try await store.markRead(by: user, with: peer, upTo: id)))"
        case .setBlocked(let isBlocked, let other, let user):
            let isNew = try await store.setBlocked(isBlocked, other, by: user)
            let blockers = try await store.blockers(of: other).map { "\($0.key) \($0.value)" }.sorted()
            return "\(isNew) \(try await store.blockedEitherWay(with: other).map(\.wire).sorted()) \(blockers)"
        case .setName(let name, let user):
            try await store.setName(UntrustedText(name), of: user)
            return "\(try await store.profile(of: user))"
        case .look(let user, let peer, let since, let limit): return try await look(user, peer, since, limit)
        }
    }

    private mutating func append(_ drafts: [MessageDraft]) async throws -> String {
        let outcomes = try await store.append(drafts)
        for case .stored(let stored) in outcomes {
            numbers[stored.message.id] = ids.count
            ids.append(stored.message.id)
        }
        return outcomes.map { outcome in
            switch outcome {
            case .stored(let stored): "stored \(told(stored))"
            case .duplicate(let stored): "duplicate \(told(stored))"
            case .conflict: "conflict"
            case .refused(let refusal): "refused \(refusal)"
            case .notStored(let error): "not stored: \(error)"
            case .unknown(let error): "unknown: \(error)"
            case .rateLimited: "over the rate"
            case .banned: "banned"
            }
        }.joined(separator: "\n")
    }

    private func look(_ user: UserID, _ peer: UserID, _ since: Timestamp, _ limit: Int) async throws -> String {
        let before = limit.isMultiple(of: 2) ? nil : ids.last
        let page = try await store.conversation(of: user, with: peer, before: before, limit: limit)
        let list = try await store.conversations(of: user, limit: limit)
        let marks = try await store.marks(of: user, in: .init(), since: since, limit: limit).marks
        let entries = page.messages.map { entry in
            "\(told(entry.message)) \(entry.isRead ?? false) \(entry.cursor ?? 0) \(entry.clientMessageID ?? "-") "
                + "\(entry.productID ?? "-") \(entry.sender)"
        }
        let conversations = list.map { entry in
            "\(entry.peer) \(told(entry.lastMessage)) \(entry.unread) \(entry.product?.id ?? "-") \(entry.peerName?.wire ?? "-")"
        }
        let feed = try await store.feed(of: user, after: limit, limit: limit).map(told)
        return "\(entries) \(page.hasMore ?? false) \((page.marks ?? []).map(told)) \(conversations) "
            + "\(marks.map { [told($0.own), told($0.peer)] }) \(feed)"
    }

    private func told(_ stored: StoredMessage) -> String {
        "\(told(stored.message)) \(stored.senderCursor) \(stored.receiverCursor ?? 0)"
    }

    private func told(_ message: Message) -> String {
        "\(number(message.id)) \(message.sender)>\(message.receiver) \(message.text.wire) \(message.createdAt.iso8601)"
    }

    private func told(_ mark: ConversationMark) -> String {
        "\(mark.user) \(number(mark.delivered)) \(number(mark.read))"
    }

    private func number(_ id: MessageID?) -> String {
        guard let id else { return "-" }
        return numbers[id].map(String.init) ?? "?"
    }
}
