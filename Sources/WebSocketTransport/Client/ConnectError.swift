import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why there is no connection, or no answer.
public enum ConnectError: Error, Sendable, Hashable {
    /// The network, in plain words: `Connection refused`, `there is no such host`.
    case unreachable(String)
    /// Connecting and answering took longer than ``WebSocketLimits/handshakeTime``.
    case timedOut
    /// The server answered with another status than 101. The body is cut to 16 KiB.
    case refused(status: Int, body: [UInt8])
    /// The server's certificate does not prove that it is the server.
    case certificate(CertificateProblem)
    /// The connection was to be encrypted, and what answered does not speak TLS.
    case notTLS
    /// It was not to be, and what answered speaks TLS only.
    case onlyTLS
    /// Both speak TLS, and do not agree on how; what the TLS library says.
    case handshake(String)
    /// The connection stood, and the server closed it without an answer.
    case unanswered
    /// The server answered 101, and then not as RFC 6455 demands.
    case notAWebSocketServer(String)
    /// What came is no answer of HTTP, or more of it than is taken.
    case badResponse(String)
    /// The proxy's settings or its answer.
    case proxy(String)
    /// The request itself cannot be sent; a mistake of the caller.
    case invalidRequest(String)
    /// The file of additional certificate authorities.
    case tlsFile(TLSFileError)
    /// The Unix socket is not safe to use, or cannot be one. Nothing was said.
    case localSocket(LocalSocketError)
    /// The task was cancelled.
    case cancelled

    /// What any error of the channel means to the caller.
    init(_ error: any Error) {
        switch error {
        case let error as ConnectError: self = error
        case ChannelError.connectTimeout: self = .timedOut
        case let error as NIOHTTP1ProxyConnectHandler.Error: self = .proxy(Self.words(error))
        case is HTTPParserError, is NIOHTTPDecoderError: self = .badResponse("this is not HTTP")
        case is NIOSSLExtraError: self = .certificate(.otherName)
        case NIOSSLError.handshakeFailed(let reason): self = Self.handshakeFailure(reason)
        case NIOSSLError.uncleanShutdown: self = .unanswered
        case let error as IOError where [ECONNRESET, EPIPE].contains(error.errnoCode): self = .unanswered
        case let error as NIOSSLError: self = .certificate(.unreadable("\(error)"))
        default: self = .unreachable(plainWords(error))
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

    private static func words(_ error: NIOHTTP1ProxyConnectHandler.Error) -> String {
        if error == .proxyAuthenticationRequired() { return "the proxy wants a user name and a password" }
        if error == .httpProxyHandshakeTimeout() { return "the proxy did not answer in time" }
        if error == .remoteConnectionClosed() { return "the proxy closed the connection" }
        return "the proxy refused to connect"
    }
}

/// What is wrong with a server's certificate.
public enum CertificateProblem: Error, Sendable, Hashable {
    /// It is for another host.
    case otherName
    /// It is out of date, or no trusted authority signed it.
    case notTrusted
    /// It could not be checked; what the TLS library says.
    case unreadable(String)
}
