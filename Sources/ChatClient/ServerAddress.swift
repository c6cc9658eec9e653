import ChatWire
import Formats

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server's address as the user gave it: a `ws`, `wss`, `http` or `https` URL. Its path is a prefix of the
/// protocol's paths.
public struct ServerAddress: Sendable, Hashable {
    public let host: String
    public let port: Int
    public let isEncrypted: Bool
    /// The prefix of all paths of the protocol. It is empty, or begins with `/` and does not end with one.
    public let prefix: String

    public enum Invalid: Error, Hashable {
        /// The text is not a URL with a host and a valid port.
        case malformed
        case unknownScheme(String)
        /// The URL contains a user or password. URLs are shown, logged and kept in histories, so they must not contain
        /// secrets.
        case holdsCredentials
        case holdsQuery
    }

    public init(url text: String) throws(Invalid) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), let host = url.host, !host.isEmpty
        else {
            throw .malformed
        }
        switch scheme {
        case "ws", "http": isEncrypted = false
        case "wss", "https": isEncrypted = true
        default: throw .unknownScheme(scheme)
        }
        if url.user != nil || url.password != nil { throw .holdsCredentials }
        if url.query != nil || url.fragment != nil { throw .holdsQuery }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = url.port ?? (isEncrypted ? 443 : 80)
        guard (1...65_535).contains(port) else { throw .malformed }
        var path = url.path(percentEncoded: true)
        while path.hasSuffix("/") { path.removeLast() }
        prefix = path
    }

    /// The value of the `Host` header (RFC 9110, section 7.2): without the port if that is the scheme's default.
    public var authority: String { port == (isEncrypted ? 443 : 80) ? bracketedHost : hostAndPort }

    /// `HOST:PORT`, as messages name the server.
    public var hostAndPort: String { "\(bracketedHost):\(port)" }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// Whether the server is on this machine.
    public var isLoopback: Bool { Loopback.contains(host: host) }

    /// Whether a token may be sent: only where nobody on the way can read it.
    public var mayCarryToken: Bool { isEncrypted || isLoopback }
}

/// The request targets of the HTTP interface.
public enum HistoryRequest {
    /// `/messages?userId=…&otherUserId=…`, percent-encoded. Servers of protocol 1 support neither `before` nor `limit`.
    public static func target(prefix: String, user: UserID, peer: UserID, before: MessageID?, limit: Int?) -> String {
        let (user, peer) = (PercentEncoding.encode(user.wire), PercentEncoding.encode(peer.wire))
        var target = "\(prefix)/messages?userId=\(user)&otherUserId=\(peer)"
        if let before { target += "&before=\(PercentEncoding.encode(before.wire))" }
        if let limit { target += "&limit=\(limit)" }
        return target
    }

    /// `/conversations?userId=…&limit=…`, percent-encoded.
    public static func conversations(prefix: String, user: UserID, limit: Int) -> String {
        "\(prefix)/conversations?userId=\(PercentEncoding.encode(user.wire))&limit=\(limit)"
    }
}
