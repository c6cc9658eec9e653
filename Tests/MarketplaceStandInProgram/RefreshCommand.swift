import AccountSession
import ArgumentParser
import ChatWire
import Foundation
import NIOPosix
import WebSocketTransport

/// What a window does with its session, over and over, so that tests can kill it anywhere.
struct RefreshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Takes the session of a folder, and asks for a valid token again and again.")

    @Option(help: "The folder of the session.") var folder: String
    @Option(help: "How often it asks.") var times = 1
    @Option(help: "The second since 1970 from which its clock runs faster.") var fastSince = 0
    @Option(help: "How many times faster.") var speed = 1.0

    func run() async throws {
        let base = SessionKeeper.systemTime()
        let (fastSince, speed) = (Double(fastSince), speed)
        let keeper = SessionKeeper(
            store: AccountStore(folder: folder),
            now: {
                let real = Date.now.timeIntervalSince1970
                let passed = Duration.seconds((real - fastSince) * speed)
                let wall = Timestamp(seconds: Int64(fastSince)).advanced(by: passed)
                return SessionTime(instant: base.instant + (wall - base.wall), wall: wall)
            },
            makeClient: { project, key in
                ServiceClient(
                    project: project, key: key, http: HTTPClient(group: MultiThreadedEventLoopGroup.singleton))
            })
        var count = 0
        for _ in 0..<times {
            do {
                _ = try await keeper.accessToken()
                count += 1
            } catch {
                say("failed: \(error)")
            }
        }
        say("\(count) tokens")
    }
}
