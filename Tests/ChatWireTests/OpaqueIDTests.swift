import Testing

@testable import ChatWire

@Suite("Ids of messages and of the server's data")
struct OpaqueIDTests {
    @Test("canonically equivalent spellings are two ids, also as keys")
    func bytes() {
        Self.areSameOnlyByBytes(MessageID.self)
        Self.areSameOnlyByBytes(ClientMessageID.self)
        Self.areSameOnlyByBytes(Epoch.self)
    }

    private static func areSameOnlyByBytes<ID: OpaqueID>(_ type: ID.Type) {
        let (composed, decomposed) = (ID("\u{E9}"), ID("e\u{301}"))
        #expect(composed.wire == decomposed.wire)
        #expect(composed != decomposed, "\(type)")
        #expect(Set([composed, decomposed, composed]).count == 2, "\(type)")
        #expect(ID("") != ID("\0"), "\(type)")
        #expect(ID("") == "", "\(type)")
    }

    @Test("they are shown made safe, on their own and within other values, and go over the wire as they came")
    func shown() throws {
        let id = MessageID("a\u{1B}[2J\u{202E}")
        #expect("\(id)" == UntrustedText(id.wire).displayed())
        let marked = FeedPosition(epoch: "e\u{1B}", cursor: 1, messageID: id)
        #expect(!"\(marked)".unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
        let event = ClientEvent.read(otherUser: try #require(UserID("bob")), messageID: id)
        #expect(try WireCodec.decode(ClientEvent.self, from: WireCodec.encode(event)) == event)
    }
}
