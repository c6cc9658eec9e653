import ClientUpdates
import Supabase
import WebSocketTransport

/// Sends requests to the services of one project. Every answer is limited in size and time, and no redirect is followed.
public struct ServiceClient: Sendable {
    public let project: ProjectAddress
    /// Nil while it is not known.
    public let key: ProjectKey?
    private let exchange: Exchange

    typealias Exchange =
        @Sendable (HTTPClient.Request, Endpoint) async throws(ConnectError) -> HTTPResponse

    public init(project: ProjectAddress, key: ProjectKey?, http: HTTPClient) {
        self.init(project: project, key: key) { request, endpoint throws(ConnectError) in
            try await http.send(request, to: endpoint)
        }
    }

    init(project: ProjectAddress, key: ProjectKey?, exchange: @escaping Exchange) {
        (self.project, self.key, self.exchange) = (project, key, exchange)
    }

    public func send<Answer>(_ request: ServiceRequest<Answer>) async throws(AuthFailure) -> Answer {
        let response: HTTPResponse
        do throws(ConnectError) {
            response = try await exchange(
                HTTPClient.Request(
                    method: request.method.rawValue, target: project.prefix + request.target,
                    hostHeader: project.authority, headers: HTTPHeaderFields(request.headers(key: key)),
                    body: request.body, maxAnswerBytes: request.maxAnswerBytes),
                .tcp(host: project.host, port: project.port, tls: project.isEncrypted))
        } catch {
            if error == .unreachable(.unknownHost), project.isHosted { throw .projectUnknown }
            throw .unanswered(LinkEnd(error, isEncrypted: project.isEncrypted))
        }
        let headers = response.headers.fields.map { ($0.name.lowercased(), $0.value) }
        return try request.answer(
            ServiceResponse(
                status: response.status, headers: Dictionary(headers) { first, _ in first }, body: response.body))
    }
}
