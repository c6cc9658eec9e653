import NIOPosix
import Synchronization
import WebSocketTransport

/// Serves a key set on this machine, and counts the requests.
final class KeyServer: Sendable {
    private struct State {
        var answer: HTTPResponse
        var requests = 0
    }

    private final class Application: ServerApplication {
        let state = Mutex(State(answer: HTTPResponse(status: 200)))

        func admit(_ request: HTTPRequest) -> Admission { .refuse(HTTPResponse(status: 404)) }

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            state.withLock { state in
                state.requests += 1
                return state.answer
            }
        }
    }

    let url: String
    private let application: Application
    private let server: WebSocketServer

    /// - Parameter tls: nil for plain HTTP.
    init(_ keySet: String, tls: ServerTLS? = nil) async throws {
        application = Application()
        server = WebSocketServer(group: MultiThreadedEventLoopGroup.singleton, application: application, tls: tls)
        let port = try await server.listen(host: "127.0.0.1", port: 0)
        url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)/jwks.json"
        serve(keySet)
    }

    /// - Parameter age: In seconds, as a cache says it; nil for an answer of the origin.
    func serve(_ keySet: String, status: Int = 200, age: Int? = nil) {
        let headers: HTTPHeaderFields = age.map { ["Age": String($0)] } ?? [:]
        application.state.withLock {
            $0.answer = HTTPResponse(status: status, headers: headers, body: Array(keySet.utf8))
        }
    }

    func redirect(to url: String) {
        application.state.withLock { $0.answer = HTTPResponse(status: 302, headers: ["Location": url], body: []) }
    }

    var requests: Int { application.state.withLock(\.requests) }

    func end() async { await server.drain(within: .seconds(1)) }
}
