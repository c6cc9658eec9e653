import Foundation
import NIOPosix
import SystemErrors
import WebSocketTransport

/// A key set as it arrived.
struct KeySetAnswer: Sendable {
    var json: [UInt8]
    /// How long the answer lay in a cache on the way (RFC 9111, section 5.1); 0 if it comes from its origin.
    var ageInSeconds = 0
}

/// Fetches a key set over HTTP: a small document from one configured address. Redirects are not followed.
struct KeyFetcher: Sendable {
    private let endpoint: Endpoint
    /// Path and query, percent-encoded.
    private let target: String
    /// It limits the time of the whole fetch: a source that sends a byte now and then must not hold up those who wait for
    /// the keys.
    private let client: HTTPClient

    private static let maxBytes = 256 * 1024

    /// Returns nil unless the text is an `http` or `https` URL with a host.
    init?(url text: String, timeout: Duration = .seconds(5), tls: ClientTLS = ClientTLS()) {
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty,
            let isEncrypted = ["http": false, "https": true][url.scheme?.lowercased() ?? ""]
        else { return nil }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        endpoint = .tcp(host: name, port: url.port ?? (isEncrypted ? 443 : 80), tls: isEncrypted)
        let path = url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath
        target = path + (url.percentEncodedQuery.map { "?\($0)" } ?? "")
        client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: tls, time: timeout)
    }

    func fetch() async throws -> KeySetAnswer {
        let request = HTTPClient.Request(
            target: target, headers: ["Accept": "application/json"], maxAnswerBytes: Self.maxBytes)
        let response: HTTPResponse
        do throws(ConnectError) {
            response = try await client.send(request, to: endpoint)
        } catch {
            if [.timedOut, .unreachable(.silent)].contains(error) { throw TookTooLong() }
            throw Unreachable(reason: error.words)
        }
        guard response.status == 200 else { throw Refused(status: response.status) }
        return KeySetAnswer(json: response.body, ageInSeconds: response.headers["Age"].flatMap { Int($0) } ?? 0)
    }

    private struct Unreachable: Error, CustomStringConvertible {
        var reason: String
        var description: String { reason }
    }

    private struct TookTooLong: Error, CustomStringConvertible {
        let description = "it took too long"
    }

    private struct Refused: Error, CustomStringConvertible {
        var status: Int
        var description: String { "HTTP \(status)" }
    }
}

extension ConnectError {
    /// What happened, for the log of an operator.
    fileprivate var words: String {
        switch self {
        case .unreachable(let failure): failure.words
        case .timedOut: "it took too long"
        case .refused(let status, _): "HTTP \(status)"
        case .certificate(let problem): problem.words
        case .notTLS: "what answers there does not speak TLS"
        case .onlyTLS: "what answers there speaks only TLS: the address begins with https://"
        case .handshake(let reason): "the TLS handshake failed: \(reason)"
        case .unanswered: "the connection was closed without an answer"
        case .notAWebSocketServer(let reason), .badResponse(let reason), .invalidRequest(let reason): reason
        case .proxy(let problem): "the proxy \(problem.address) does not lead there"
        case .tlsFile: "the certificates to check it with cannot be read"
        case .localSocket: "it is no local socket"
        case .cancelled: "it was cancelled"
        }
    }
}

extension NetworkFailure {
    fileprivate var words: String {
        switch self {
        case .refused: "nothing listens there"
        case .unknownHost: "there is no host of that name"
        case .noNameServer: "no name server answers"
        case .noRoute: "there is no route to it"
        case .notPermitted: "a firewall of this machine forbids it"
        case .noSocket: "there is no such socket"
        case .silent: "it does not answer"
        case .system(let number): "errno \(number)"
        case .other(let reason): reason
        }
    }
}

extension CertificateProblem {
    fileprivate var words: String {
        switch self {
        case .otherName: "its certificate is another host's"
        case .expired: "its certificate has expired"
        case .notYetValid: "its certificate is not valid yet, or this machine's clock is slow"
        case .notTrusted: "no authority that this machine trusts signed its certificate"
        case .unreadable(let reason): "its certificate cannot be checked: \(reason)"
        }
    }
}
