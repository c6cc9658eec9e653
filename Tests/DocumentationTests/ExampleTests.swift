import ChatClient
import ChatServer
import ChatWire
import Foundation
import Logging
import NIOPosix
import Synchronization
import Testing
import WebSocketTransport

@testable import ServerRuntime

/// The program from the article about the client module. The tests compile it and run it against the real server.
@Suite("Documentation: the client module's example", .timeLimit(.minutes(2)))
struct ExampleTests {
    @Test("the article has the files of the example, word for word") func text() throws {
        let folder = "Tests/DocumentationTests/Example"
        let files = try FileManager.default.contentsOfDirectory(atPath: Page.root.appending(path: folder).path).sorted()
        let texts = try files.map { try Page("\(folder)/\($0)").text }
        #expect(try Page("ChatClient", "UsingTheClient").blocks("swift") == texts)
    }

    private var silence: Logger {
        var log = Logger(label: "example")
        log.logLevel = .critical
        return log
    }

    /// Runs a server on a free port in this process.
    private func withServer(_ body: (ServerAddress, Hub) async throws -> Void) async throws {
        let configuration = Hub.Configuration(
            limits: MessageLimits(), heartbeatMs: 25_000, rate: nil, byteRate: nil, eventRate: nil,
            requestsPerUser: nil, blocksPerUser: nil, connectionsPerUser: nil, outboundBytes: 1 << 20,
            presenceGrace: .zero, pagesAtOnce: 1, syncPagesAtOnce: 1)
        let hub = Hub(
            store: MemoryStore(), authenticator: nil, configuration: configuration, log: silence, now: Server.now)
        let commits = Task { await hub.run() }
        let routes = Routes(hub: hub, policy: AccessPolicy())
        let server = WebSocketServer(
            group: MultiThreadedEventLoopGroup.singleton,
            application: Application(hub: hub, routes: routes, authTime: .seconds(10), idleTimer: nil))
        let port = try await server.listen(host: "127.0.0.1", port: 0)
        try await body(try ServerAddress(url: "ws://127.0.0.1:\(port)"), hub)
        await server.drain(code: CloseCode.restart, within: .seconds(5))
        hub.finish()
        await commits.value
    }

    @Test("it answers, and is answered to") func answers() async throws {
        try await withServer { server, hub in
            let (anna, bob) = (try #require(UserID("anna")), try #require(UserID("bob")))
            let answerer = Task { await Answerer(user: anna, peer: bob, transport: Network(server)).run() }
            // It does not get messages written before its first connection.
            while hub.authorizedConnections == 0 { try await Task.sleep(for: .milliseconds(5)) }
            let (updates, continuation) = AsyncStream.makeStream(of: Update.self)
            let client = Client(
                user: bob, peer: anna, transport: Network(server),
                store: MemoryConversationStore(user: bob), log: silence,
                now: { Moment(instant: .now, wall: Server.now()) }, deliver: { continuation.yield($0) })
            client.handle(.start)
            client.handle(.send(id: ClientMessageID(UUID().uuidString), text: "Ещё продаёте?"))
            for await case .received(let message) in updates {
                #expect(message.text == "Got it: Ещё продаёте?")
                break
            }
            answerer.cancel()
            await answerer.value
            client.stop()
        }
    }
}
