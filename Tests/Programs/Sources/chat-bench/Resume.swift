import ArgumentParser
import ChatWire
import NIOPosix
import Synchronization
import WebSocketTransport

/// A device that missed everything. It measures several times how long it takes from `auth` to the end of the user's
/// whole feed.
struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The time to get all missed messages.")

    @OptionGroup var server: ServerUnderTest

    @Option(help: "Whose feed.")
    var user: String

    @Option(help: "How many messages it must hold.")
    var messages: Int

    @Option(help: "How often to measure.")
    var times = 5

    func run() async throws {
        guard let user = UserID(user), times > 0 else { throw ValidationError("--user is a user id.") }
        let client = WebSocketClient(group: MultiThreadedEventLoopGroup.singleton)
        let epoch = try await self.epoch(of: user, client)
        var milliseconds: [Double] = []
        for _ in 0..<times {
            milliseconds.append(try await resume(user, epoch, client) / .milliseconds(1))
        }
        report(["milliseconds": milliseconds])
    }

    private func epoch(of user: UserID, _ client: WebSocketClient) async throws -> Epoch {
        let trouble = Trouble()
        let epoch = Mutex<Epoch?>(nil)
        let socket = try await client.connect(to: server.endpoint) {
            Device(of: user, trouble: trouble) { frame, _ in
                if case .authSuccess(let success)? = try? WireCodec.decode(ServerEvent.self, from: frame.text) {
                    epoch.withLock { $0 = success.epoch }
                }
            }
        }
        try await wait(for: "logging in") {
            try trouble.check()
            return epoch.withLock { $0 } != nil
        }
        trouble.end()
        socket.close()
        guard let epoch = epoch.withLock({ $0 }) else { throw WrongAnswer(description: "no epoch") }
        return epoch
    }

    private func resume(_ user: UserID, _ epoch: Epoch, _ client: WebSocketClient) async throws -> Duration {
        let trouble = Trouble()
        let end = Mutex<ContinuousClock.Instant?>(nil)
        let start = Mutex(ContinuousClock.now)
        let messages = messages
        let socket = try await client.connect(to: server.endpoint) {
            start.withLock { $0 = .now }
            var cursor = 0
            return Device(of: user, resume: FeedPosition(epoch: epoch, cursor: 0), trouble: trouble) { frame, _ in
                switch frame.kind {
                case .newMessage:
                    cursor += 1
                    if frame.cursor != cursor {
                        trouble.note(WrongAnswer(description: "cursor \(cursor) was due: \(frame.text)"))
                    }
                case .resumeComplete:
                    if cursor != messages { trouble.note(WrongAnswer(description: "\(cursor) messages came")) }
                    end.withLock { $0 = .now }
                case .authSuccess, .messageSent, .failure, .other: break
                }
            }
        }
        try await wait(for: "resuming") {
            try trouble.check()
            return end.withLock { $0 } != nil
        }
        trouble.end()
        socket.close()
        guard let end = end.withLock({ $0 }) else { throw WrongAnswer(description: "no end of the feed") }
        return end - start.withLock { $0 }
    }
}
