import ChatClient
import ChatWire
import Foundation
import Logging

/// Answers each message of one other user.
struct Answerer {
    private let peer: UserID
    private let client: Client
    private let updates: AsyncStream<Update>

    init(user: UserID, peer: UserID, transport: any Transport) {
        let (updates, continuation) = AsyncStream.makeStream(of: Update.self)
        self.peer = peer
        self.updates = updates
        client = Client(
            user: user, peer: peer, transport: transport,
            store: MemoryConversationStore(user: user), log: Logger(label: "answerer"),
            now: { Moment(instant: .now, wall: Timestamp(seconds: Int64(Date().timeIntervalSince1970))) },
            deliver: { continuation.yield($0) })
    }

    /// Ends when its task is cancelled.
    func run() async {
        client.handle(.start)
        for await update in updates {
            switch update {
            case .received(let message) where message.sender == peer:
                let answer = "Got it: \(message.text.displayed())"
                client.handle(.send(id: ClientMessageID(UUID().uuidString), text: answer))
            case .outgoing(_, .unsent(.refused(let code, _))):
                print("refused:", code?.rawValue ?? "without a code")
            default: break
            }
        }
        client.stop()
    }
}
