import ChatClient
import ChatUI
import ChatWire
import Foundation
import NIOPosix
import Synchronization
import Testing
import WebSocketTransport

@testable import chat_tui

@Suite("The client's transport") struct SocketTransportTests {
    private final class Socket: WebSocketHandler {
        func opened(_ socket: WebSocket) { socket.send(text: "hello") }
        func received(text: String) {}
        func closed(_ closure: WebSocketClosure) {}
    }

    /// Gives every request the same answer, and records the requests.
    private final class Application: ServerApplication {
        let answer: HTTPResponse
        let admits: Bool
        private let requests = Mutex<[HTTPRequest]>([])
        var firstRequest: HTTPRequest? { requests.withLock(\.first) }

        init(_ answer: HTTPResponse = HTTPResponse(status: 200), admits: Bool = true) {
            (self.answer, self.admits) = (answer, admits)
        }

        func admit(_ request: HTTPRequest) -> Admission {
            requests.withLock { $0.append(request) }
            return admits ? .accept(Socket()) : .refuse(answer)
        }

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            requests.withLock { $0.append(request) }
            return answer
        }
    }

    private func withServer(_ application: Application, _ body: (String) async throws -> Void) async throws {
        let server = WebSocketServer(group: MultiThreadedEventLoopGroup.singleton, application: application)
        let port = try await server.listen(host: "127.0.0.1", port: 0)
        try await body("ws://127.0.0.1:\(port)")
        await server.drain(within: .seconds(1))
    }

    /// The link's events, up to the first one of these.
    private func events(
        _ transport: SocketTransport, until isLast: @escaping @Sendable (LinkEvent) -> Bool
    ) async -> (link: any Link, events: [LinkEvent]) {
        let (stream, continuation) = AsyncStream<LinkEvent>.makeStream()
        let link = transport.open { event in
            continuation.yield(event)
            if isLast(event) { continuation.finish() }
        }
        var events: [LinkEvent] = []
        for await event in stream { events.append(event) }
        return (link, events)
    }

    private func isEnd(_ event: LinkEvent) -> Bool { if case .ended = event { true } else { false } }

    private func historyFailure(_ transport: SocketTransport) async -> HistoryFailure? {
        do throws(HistoryFailure) {
            _ = try await transport.history(of: .anna, with: .bob, before: nil, limit: 10)
            return nil
        } catch {
            return error
        }
    }

    @Test("a link reports that it is open, and what arrives, in order", .timeLimit(.minutes(2)))
    func opens() async throws {
        let application = Application()
        try await withServer(application) { url in
            let transport = SocketTransport(try .test(url: url, token: .text("t0k3n"), apiKey: "key"))
            let (link, events) = await events(transport) { if case .received = $0 { true } else { false } }
            #expect(events == [.opened, .received(text: "hello")])
            #expect(link.token == "t0k3n" && transport.currentToken() == "t0k3n")
            let request = try #require(application.firstRequest)
            #expect(request.headers["Authorization"] == "Bearer t0k3n" && request.headers["apikey"] == "key")
            link.close()
        }
    }

    @Test("a refused upgrade and an absent server end the link", .timeLimit(.minutes(2)))
    func ends() async throws {
        try await withServer(Application(HTTPResponse(status: 503), admits: false)) { url in
            let transport = SocketTransport(try .test(url: url))
            let told = await events(transport, until: isEnd).events
            #expect(told == [.ended(.refused(status: 503))])
        }
        let nobody = SocketTransport(try .test())
        guard case .ended(.unreachable)? = await events(nobody, until: isEnd).events.first else {
            Issue.record("nobody listens there")
            return
        }
    }

    @Test("a token that cannot be read ends the link before anything is sent", .timeLimit(.minutes(2)))
    func tokenIsMissing() async throws {
        let application = Application()
        try await withServer(application) { url in
            let transport = SocketTransport(try .test(url: url, token: .file("/nonexistent/token")))
            guard case .ended(.unusable)? = await events(transport, until: isEnd).events.first else {
                Issue.record("it was read")
                return
            }
            #expect(application.firstRequest == nil)
            #expect(transport.currentToken() == nil)
        }
    }

    @Test("the answers to a request for the history") func history() async throws {
        let rows: [(answer: HTTPResponse, isExpected: (HistoryFailure?) -> Bool)] = [
            (HTTPResponse(status: 200, text: #"{"success":true,"messages":[]}"#), { $0 == nil }),
            (HTTPResponse(status: 404), { $0 == .notProvided }),
            (HTTPResponse(status: 500), { $0 == .refused(status: 500) }),
            (HTTPResponse(status: 200, text: "no JSON"), { $0 == .malformed }),
        ]
        for (index, row) in rows.enumerated() {
            let application = Application(row.answer)
            try await withServer(application) { url in
                let transport = SocketTransport(try .test(url: url + "/prefix"))
                let failure = await historyFailure(transport)
                #expect(row.isExpected(failure), "row \(index): \(String(describing: failure))")
                let request = try #require(application.firstRequest)
                #expect(request.path.hasPrefix("/prefix/"), "row \(index)")
            }
        }
    }
}
