import Foundation
import Testing

extension EndToEnd {
    /// A user with more conversations than one answer holds.
    @Suite struct ManyConversationsTests {
        @Test func marksAndPresenceOfAllComeAtAResume() async throws {
            let (home, count) = (try Home(), 450)
            let server = try await ServerProcess.start(
                home: home, options: ["--message-burst", "1000", "--event-burst", "5000"])
            let anna = try RawClient(port: server.port, user: nil)
            anna.send(#"{"type":"auth","userId":"anna","protocol":2}"#)
            let success = try JSONLine(anna.nextText())
            let epoch = try #require(success["epoch"] as? String)
            var peers: [RawClient] = []  // all of them stay connected
            for number in 0..<count {
                let peer = try RawClient(port: server.port, user: "peer\(number)")
                peer.send("x", from: "peer\(number)", to: "anna")
                guard try peer.nextText().contains("message_sent") else { throw RawClient.Unexpected(frame: nil) }
                peers.append(peer)
            }
            var read: [String: String] = [:]
            while read.count < count {
                let event = try JSONLine(anna.nextText())
                guard let message = event["message"] as? [String: Any] else { continue }
                let (peer, id) = (try #require(message["sender_id"] as? String), try #require(message["id"] as? String))
                anna.send(#"{"type":"read","otherUserId":"\#(peer)","messageId":"\#(id)"}"#)
                read[peer] = id
            }

            let again = try RawClient(port: server.port, user: nil)
            again.send(
                #"{"type":"auth","userId":"anna","protocol":2,"resume":{"epoch":"\#(epoch)","cursor":\#(count)}}"#)
            var (marks, present): ([String: String], Set<String>) = ([:], [])
            while marks.count < count || present.count < count {
                let event = try JSONLine(again.nextText())
                if let peer = event["otherUserId"] as? String { marks[peer] = event["messageId"] as? String }
                if event["type"] as? String == "presence" { present.insert(try #require(event["userId"] as? String)) }
            }
            #expect(marks == read)
            #expect(present == Set(read.keys))
            withExtendedLifetime(peers) {}
        }
    }
}
