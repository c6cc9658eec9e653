import ClientUpdates
import WebSocketTransport

extension LinkEnd {
    /// The reason for which there is no connection, or no answer.
    /// - Parameter isEncrypted: Whether TLS was tried.
    public init(_ error: ConnectError, isEncrypted: Bool) {
        switch error {
        case .timedOut: self = .timedOut
        case .refused(400, let body) where Self.asksForTLS(body): self = .onlyEncrypted
        case .refused(let status, _): self = .refused(status: status)
        case .certificate(let problem): self = .certificate(problem)
        case .unreachable(let failure): self = .unreachable(failure)
        case .proxy(let problem): self = .proxy(problem)
        case .notTLS: self = .notEncrypted
        case .onlyTLS: self = .onlyEncrypted
        case .handshake(let reason): self = .handshake(reason)
        case .unanswered: self = .unanswered(isEncrypted: isEncrypted)
        case .notAWebSocketServer(let reason), .badResponse(let reason): self = .notAChatServer(reason)
        case .localSocket(let error): self = .unusable(.localSocket(error))
        case .tlsFile(let error): self = .unusable(.authorities(error))
        case .invalidRequest, .cancelled: self = .unreachable(.other("\(error)"))
        }
    }

    /// Whether the answer to a plain HTTP request says that the port is for TLS. nginx and servers written in Go say
    /// so.
    private static func asksForTLS(_ body: [UInt8]) -> Bool {
        let text = String(decoding: body, as: UTF8.self)
        return ["HTTP request was sent to HTTPS port", "HTTP request to an HTTPS server"].contains { text.contains($0) }
    }
}
