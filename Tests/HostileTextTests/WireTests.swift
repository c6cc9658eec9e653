import ChatWire
import Testing

@testable import ChatServer

/// Each text of the corpus, on the wire and in the server's checks.
@Suite("Hostile text: the wire", .serialized)
struct WireTests {
    private let anna = UserID("anna")!
    private let bob = UserID("bob")!

    /// Decoding gives the original bytes; nothing is repaired on the way.
    @Test(arguments: Corpus.texts) func thereAndBack(_ text: Corpus.Text) throws {
        let event = ClientEvent.message(
            .init(
                sender: anna, receiver: bob, text: UntrustedText(text.whole),
                clientMessageID: ClientMessageID(text.whole),
                product: Product(id: text.whole, title: UntrustedText(text.whole))))
        let json = WireCodec.encode(event)
        #expect(json.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        #expect(try WireCodec.decode(ClientEvent.self, from: json) == event)
    }

    /// JSON strings that no text can be, or that hide something. The result is an event or an error, never a crash.
    @Test(arguments: Corpus.json) func json(_ literal: Corpus.Literal) {
        let fields = #""senderId":"a","receiverId":"b","clientMessageId":"\#(literal.json)""#
        let texts = [
            #"{"type":"message",\#(fields),"messageText":"\#(literal.json)"}"#,
            #"{"type":"\#(literal.json)"}"#, #"{"type":"auth","userId":"\#(literal.json)"}"#,
            #"{"type":"error","message":"\#(literal.json)","code":"\#(literal.json)"}"#,
            #"{"\#(literal.json)":"\#(literal.json)"}"#, literal.json,
        ]
        for text in texts {
            do {
                if case .message(let message) = try WireCodec.decode(ClientEvent.self, from: text) {
                    #expect(message.text.displayed().harm() == [])
                }
                if case .error(let failure) = try WireCodec.decode(ServerEvent.self, from: text) {
                    #expect(failure.message.displayed().harm() == [])
                }
            } catch {
                #expect(error.description.harm() == [])
            }
        }
    }

    /// A text is stored as it is or refused with a named error. An id or a product with a control character is refused.
    @Test(arguments: Corpus.texts) func message(_ text: Corpus.Text) throws {
        var session = try opened()
        let message = ClientEvent.OutgoingMessage(sender: anna, receiver: bob, text: UntrustedText(text.whole))
        let actions = session.handle(.event(.message(message)), now: Timestamp(seconds: 0))
        let refusals = actions.compactMap { action -> ErrorCode? in
            if case .send(.error(let failure)) = action { failure.code } else { nil }
        }
        let stored = actions.compactMap { action -> UntrustedText? in
            if case .append(let draft) = action { draft.text } else { nil }
        }
        #expect(refusals.count + stored.count == 1)
        #expect(stored.allSatisfy { $0 == message.text && !$0.wire.utf8.contains(0) })
        #expect(refusals.allSatisfy { [.invalidMessage, .messageTooLong].contains($0) })
        #expect(actions.log.allSatisfy { $0.harm() == [] })
    }

    @Test(arguments: Corpus.texts) func ids(_ text: Corpus.Text) throws {
        if let user = UserID(text.whole) {
            #expect(user.wire.unicodeScalars.count <= UserID.maxLength)
            #expect(user.displayed.harm() == [] && "\(user)".harm() == [])
            #expect(user.displayed.unicodeScalars.allSatisfy { !$0.properties.isDefaultIgnorableCodePoint })
        }
        var session = try opened()
        for message in [
            ClientEvent.OutgoingMessage(
                sender: anna, receiver: bob, text: "x", clientMessageID: ClientMessageID(text.whole)),
            .init(sender: anna, receiver: bob, text: "x", product: Product(id: text.whole + "\u{1B}")),
        ] {
            let actions = session.handle(.event(.message(message)), now: Timestamp(seconds: 0))
            #expect(!actions.contains { if case .append = $0 { true } else { false } })
        }
    }

    private func opened() throws -> Session {
        var session = Session(limits: MessageLimits(), heartbeatMs: 25_000)
        _ = session.handle(.event(.auth(.init(user: anna, protocolVersion: 2))), now: Timestamp(seconds: 0))
        _ = session.handle(.authorized(.init(epoch: "e", cursor: 0)), now: Timestamp(seconds: 0))
        try #require(session.user == anna)
        return session
    }
}

extension [Session.Action] {
    fileprivate var log: [String] {
        compactMap { if case .log(let line) = $0 { line.text } else { nil } }
    }
}
