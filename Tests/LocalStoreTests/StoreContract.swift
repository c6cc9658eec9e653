import ChatClient
import ChatWire
import Synchronization

@testable import LocalStore

/// The kinds of `ConversationStore`. Add a case here for a new one, and all contract tests include it.
enum StoreKind: CaseIterable {
    case memory
    case disk

    /// Runs a test on an empty store.
    func withStore(_ body: (Windows) throws -> Void) throws {
        try body(Windows(kind: self))
    }
}

/// The windows of one user.
final class Windows {
    private let kind: StoreKind
    private let folder: TemporaryFolder
    private let memory = MemoryConversationStore(user: alice)

    init(kind: StoreKind) throws {
        self.kind = kind
        folder = try TemporaryFolder()
    }

    func open() throws -> any ConversationStore {
        switch kind {
        case .memory: memory.anotherWindow()
        case .disk: try folder.store()
        }
    }

    func close(_ window: any ConversationStore) {
        (window as? MemoryConversationStore)?.close()
        (window as? LocalStore)?.close()
    }
}

extension TemporaryFolder {
    func store(user: UserID = alice) throws -> LocalStore { try LocalStore(folder: data, server: server, user: user) }

    func files(user: UserID = alice) -> StoreFiles { StoreFiles(folder: data, server: server, user: user) }
}

let server = "wss://example.org/chat"
let alice = user("alice")
let bob = user("bob")
let carol = user("carol")
let noon = Timestamp(seconds: 1_704_110_400)  // 2024-01-01T12:00:00Z

func user(_ id: String) -> UserID {
    guard let user = UserID(id) else { preconditionFailure("tests name users validly") }
    return user
}

/// A message whose text is its id. Without `second`, its time is the id, as seconds after noon.
func message(
    _ id: MessageID, from sender: UserID = bob, to receiver: UserID = alice, at second: Int64? = nil,
    cursor: Int? = nil, clientID: ClientMessageID? = nil, product: Product? = nil
) -> StoredMessage {
    let second = second ?? Int64(id.wire) ?? 0
    return StoredMessage(
        message: Message(
            id: id, sender: sender, receiver: receiver, text: UntrustedText(id.wire),
            createdAt: Timestamp(seconds: noon.seconds + second)),
        cursor: cursor, clientMessageID: clientID, product: product)
}

func messages(_ ids: ClosedRange<Int>) -> [StoredMessage] { ids.map { message("\($0)") } }

func unsent(
    _ id: ClientMessageID, to receiver: UserID = bob, at second: Int64 = 0, state: UnsentMessage.State = .waiting
) -> UnsentMessage {
    UnsentMessage(
        id: id, receiver: receiver, text: "text of \(id)", createdAt: Timestamp(seconds: noon.seconds + second),
        state: state)
}

/// A message of the feed, and the feed's position after it.
func feed(_ cursor: Int, _ id: MessageID, from sender: UserID = bob, at second: Int64? = nil) -> [StoreChange] {
    [
        .message(message(id, from: sender, at: second, cursor: cursor)),
        .advance(FeedPosition(epoch: "e1", cursor: cursor, messageID: id)),
    ]
}

extension ConversationStore {
    func state(of peer: UserID = bob, limit: Int = 100) throws(StoreFailure) -> StoredState {
        try load(peer: peer, limit: limit)
    }

    /// The newest page as text: ids, oldest first. `…` stands for older messages that are here, and `|` for a gap.
    func shown(_ peer: UserID = bob, before: MessageID? = nil, limit: Int = 100) throws -> String {
        let page = try page(of: peer, before: before, limit: limit)
        return (page.hasOlder ? "… " : "") + (page.followsGap ? "| " : "")
            + page.messages.map(\.message.id.wire).joined(separator: " ")
    }
}
