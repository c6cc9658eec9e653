import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemErrors

/// Why there is no connection or no answer.
public enum ConnectError: Error, Sendable, Hashable {
    /// Nobody could be reached at the address.
    case unreachable(NetworkFailure)
    /// There is a connection, but connecting and answering took longer than ``WebSocketLimits/handshakeTime``.
    case timedOut
    /// The server answered with a status other than 101. The body is cut to 16 KiB.
    case refused(status: Int, body: [UInt8])
    /// The server's certificate was not accepted.
    case certificate(CertificateProblem)
    /// TLS was expected, but the server does not speak it.
    case notTLS
    /// Plain text was expected, but the server speaks only TLS.
    case onlyTLS
    /// The TLS handshake failed. The text is the TLS library's.
    case handshake(String)
    /// The server closed the connection without an answer.
    case unanswered
    /// The server answered 101, but not as RFC 6455 demands.
    case notAWebSocketServer(String)
    /// The answer is not HTTP, or it is too large.
    case badResponse(String)
    /// The proxy's address is wrong, or the proxy did not lead to the server.
    case proxy(ProxyProblem)
    /// The request cannot be sent. This is a mistake of the caller's.
    case invalidRequest(String)
    /// The file of additional certificate authorities cannot be used.
    case tlsFile(TLSFileError)
    /// The Unix socket is not safe to use, or its path cannot be one. Nothing was sent.
    case localSocket(LocalSocketError)
    /// The task was cancelled.
    case cancelled

    /// Classifies any error of the channel.
    init(_ error: any Error) {
        switch error {
        case let error as ConnectError: self = error
        case let error as TLSFileError: self = .tlsFile(error)
        case is HTTPParserError, is NIOHTTPDecoderError: self = .badResponse("this is not HTTP")
        case is NIOSSLExtraError: self = .certificate(.otherName)
        case NIOSSLError.handshakeFailed(let reason): self = Self.handshakeFailure(reason)
        case NIOSSLError.uncleanShutdown: self = .unanswered
        case let error as IOError where [ECONNRESET, EPIPE].contains(error.errnoCode): self = .unanswered
        case let error as NIOSSLError: self = .certificate(.unreadable("\(error)"))
        default: self = .unreachable(NetworkFailure(error))
        }
    }

    private static func handshakeFailure(_ error: BoringSSLError) -> ConnectError {
        let details = String(describing: error)
        if details.contains("CERTIFICATE_VERIFY_FAILED") {
            return .certificate(.notTrusted)
        }
        if details.contains("WRONG_VERSION_NUMBER") || details.contains("HTTP_REQUEST") {
            return .notTLS
        }
        return details.contains("EOF") ? .unanswered : .handshake(details)
    }
}
