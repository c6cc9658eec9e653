import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// The server was restored from an older backup, and has lost messages that it had confirmed.
struct ServerRestoredTests {
    private func states(_ conversation: Conversation) -> [Transcript.State] {
        let transcript = conversation.model.transcript
        return (0..<transcript.count).map { transcript.line(at: $0).state }
    }

    /// The peer has read the first, and has the second. Only the third and the fourth were not seen by anybody.
    @Test func whatIsLostIsNotRead() {
        var conversation = Conversation.online()
        let sent = (1...4).map { number in
            Message.make(
                MessageID("m\(number)"), own: true, at: Timestamp.noon.advanced(by: .seconds(number)))
        }
        conversation.feed(.history(sent, hasOlder: false), .caughtUp, .read(upTo: "m1"), .delivered(upTo: "m2"))
        conversation.feed(.serverRestored)
        #expect(conversation.model.notice == .serverRestored)
        conversation.feed(.history([sent[0], sent[3]], hasOlder: false), .caughtUp)
        let later = Message.make("m5", own: true, at: Timestamp.noon.advanced(by: .seconds(9)))
        conversation.feed(.received(later), .read(upTo: "m5"))
        #expect(states(conversation) == [.read, .delivered, .stored, .read, .read])
    }

    @Test func itIsToldInTheListToo() {
        var conversation = Conversation(with: nil)
        conversation.feed(.serverRestored)
        #expect(conversation.model.notice == .serverRestored)
    }
}
