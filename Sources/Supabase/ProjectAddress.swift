import Formats

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The address of a Supabase project, such as `https://abcdefghijklmnopqrst.supabase.co`. A project that somebody hosts
/// themselves may have a path before the services' own.
public struct ProjectAddress: Sendable, Hashable {
    public let host: String
    public let port: Int
    public let isEncrypted: Bool
    /// What stands before `/auth/v1` and `/rest/v1`. It is empty, or begins with `/` and does not end with one.
    public let prefix: String

    public enum Invalid: Error, Sendable, Hashable {
        /// The text is not a URL with a host and a valid port.
        case malformed
        /// Neither `https` nor `http`.
        case unknownScheme(String)
        /// The URL contains a user or password.
        case holdsCredentials
        case holdsQuery
        /// Plain `http` to another machine: anybody on the way could read the password and the tokens.
        case notEncrypted
    }

    /// Reads what people copy from Supabase: the project's URL, the URL of one of its services, the address of its page
    /// in the dashboard, or its reference id of 20 letters. Without a scheme the address is `https`; on this machine, where
    /// nothing encrypts, `http`.
    public init(_ text: String) throws(Invalid) {
        let text = String(text.trimmingPrefix(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        if Self.isReference(text) {
            self.init(host: "\(text).supabase.co", port: 443, isEncrypted: true, prefix: "")
            return
        }
        let hasScheme = text.contains("://")
        guard let url = URL(string: hasScheme ? text : "https://\(text)"),
            let scheme = url.scheme?.lowercased(), let host = url.host?.lowercased(), !host.isEmpty
        else { throw .malformed }
        guard let named = ["https": true, "http": false][scheme] else { throw .unknownScheme(scheme) }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let isLoopback = Loopback.contains(host: name)
        let isEncrypted = named && (hasScheme || !isLoopback)
        if url.user != nil || url.password != nil { throw .holdsCredentials }
        if url.query != nil || url.fragment != nil { throw .holdsQuery }
        let port = url.port ?? (isEncrypted ? 443 : 80)
        guard (1...65_535).contains(port) else { throw .malformed }
        let path = url.path(percentEncoded: true).split(separator: "/").map(String.init)
        if ["supabase.com", "app.supabase.com"].contains(host), let place = path.firstIndex(of: "project"),
            place + 1 < path.count, Self.isReference(path[place + 1])
        {
            self.init(host: "\(path[place + 1]).supabase.co", port: 443, isEncrypted: true, prefix: "")
            return
        }
        guard isEncrypted || isLoopback else { throw .notEncrypted }
        let services = ["auth", "rest", "functions", "storage", "realtime"]
        let end = path.indices.first { place in
            services.contains(path[place]) && place + 1 < path.count && path[place + 1] == "v1"
        }
        let before = path[..<(end ?? path.count)].map { "/\($0)" }.joined()
        self.init(host: name, port: port, isEncrypted: isEncrypted, prefix: before)
    }

    private init(host: String, port: Int, isEncrypted: Bool, prefix: String) {
        (self.host, self.port, self.isEncrypted, self.prefix) = (host, port, isEncrypted, prefix)
    }

    /// Whether the text has the form of a project's reference id.
    private static func isReference(_ text: String) -> Bool {
        text.utf8.count == 20 && text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    /// The value of the `Host` header (RFC 9110, section 7.2): without the port if that is the scheme's default.
    public var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == (isEncrypted ? 443 : 80) ? host : "\(host):\(port)"
    }

    /// The URL, as the settings and the session's file hold it.
    public var url: String { "\(isEncrypted ? "https" : "http")://\(authority)\(prefix)" }

    /// The chat server of the project: the function `websocket-server`.
    public var chatServerURL: String {
        "\(isEncrypted ? "wss" : "ws")://\(authority)\(prefix)/functions/v1/websocket-server"
    }

    /// Whether the project is at Supabase, and not hosted by somebody themselves.
    public var isHosted: Bool { host.hasSuffix(".supabase.co") }
}

extension StringProtocol {
    fileprivate func trimmingPrefix(while isLeft: (Character) -> Bool) -> SubSequence { drop(while: isLeft) }
}
