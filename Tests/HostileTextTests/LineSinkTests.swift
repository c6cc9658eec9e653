import ChatClient
import ChatWire
import Testing

@testable import ChatUI

/// Each text of the corpus in output that is printed line by line: `tail`, `export`, `send` and `--plain`.
@Suite("Hostile text: lines")
struct LineSinkTests {
    private static let noon = Timestamp(iso8601: "2024-11-20T12:00:00Z")!
    private static let (me, peer) = (UserID("me")!, UserID("peer")!)

    private func message(_ text: Corpus.Text) -> Message {
        Message(
            id: MessageID(text.whole), sender: Self.peer, receiver: Self.me, text: UntrustedText(text.whole),
            createdAt: Self.noon)
    }

    @Test(arguments: Corpus.texts) func records(_ text: Corpus.Text) throws {
        let product = Product(id: text.whole, title: UntrustedText(text.whole))
        let stored = StoredMessage(
            message: message(text), cursor: 1, clientMessageID: ClientMessageID(text.whole), product: product)
        let line = MessageRecord(stored).line
        #expect(line.harm() == [])
        // The escapes mean the same as the original text.
        #expect(try WireCodec.decode(Message.self, from: line) == stored.message)
    }

    @Test(arguments: Corpus.texts) func messageLines(_ text: Corpus.Text) {
        let line = MessageLine(user: Self.me, language: .russian, utcOffset: { _ in 0 }).text(of: message(text))
        #expect(line.harm() == [])
    }

    /// Every message to the user is one line; a chat message may have indented lines.
    @Test(arguments: Corpus.texts) func plain(_ text: Corpus.Text) {
        var conversation = PlainConversation(
            user: Self.me, peer: Self.peer, peerName: UntrustedText(text.whole),
            product: Product(title: UntrustedText(text.whole)), preferences: Preferences(),
            server: ServerLabel(address: text.whole, token: .file(path: text.whole)), hasReader: true)
        let environment = Environment(
            now: Self.noon, instant: .now, newID: { "own" }, width: CharacterWidth { _ in 1 }, utcOffset: { _ in 0 })
        var lines = [conversation.opening]
        let unsent = UnsentMessage(id: "own", receiver: Self.peer, text: text.whole, createdAt: Self.noon)
        let news: [Update] = [
            .connection(.online(limits: MessageLimits())), .history([message(text)], hasOlder: false), .caughtUp,
            .received(message(text)), .draft(Draft(text.whole)),
            .profile(name: UntrustedText(text.whole), product: nil),
            .historyUnavailable(.unreadable(.failed(text.whole))), .storeFailed(.failed(text.whole)),
            .unsent(unsent, .waiting),
            .outgoing(id: "own", .unsent(.refused(nil, message: UntrustedText(text.whole)))),
            .connection(.waiting(attempt: 2, retryAt: .now, after: .certificate(.unreadable(text.whole)))),
            .connection(.stopped(after: .unusable(.tokenFile(path: text.whole, .empty)))),
        ]
        let events =
            news.map(Event.client) + [.disk(.setAside(path: text.whole)), .disk(.unusable(.failed(text.whole)))]
        let inputs = events.map(PlainConversation.Input.event) + [.line(text.whole), .line("/" + text.whole)]
        for input in inputs {
            for output in conversation.handle(input, in: environment) {
                if case .line(let line) = output { lines.append(line) }
            }
        }
        for line in lines { #expect(line.harm(allowing: ["\n"]) == []) }
    }
}
