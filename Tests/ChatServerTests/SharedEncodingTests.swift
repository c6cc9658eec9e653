import ChatWire
import Testing

@testable import ChatServer

@Suite struct SharedEncodingTests {
    @Test func oneReaderSharesWithNobody() {
        #expect(SharedEncoding(among: 1) == nil)
    }

    /// The two users have different cursors, and clients with protocol 1 get none.
    @Test func eachEventIsWhatItIsAlone() throws {
        let encoding = try #require(SharedEncoding(among: 3))
        let user = try #require(UserID("anna"))
        let events: [ServerEvent] = [.typing(user: user), .resumeComplete(cursor: 7), .resumeComplete(cursor: 8)]
        for event in events + events.reversed() {
            #expect(encoding.bytes(of: event) == WireCodec.encodeUTF8(event))
        }
    }
}
