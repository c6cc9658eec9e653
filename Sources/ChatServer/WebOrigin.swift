import Foundation

/// The origin of a web page in the form that browsers send (RFC 6454, section 6.2), such as `https://chat.example`:
/// scheme and host in lower case, and a port only if it is not the scheme's default.
public struct WebOrigin: Sendable, Hashable {
    public let text: String

    /// Returns nil for texts that no browser sends as `Origin`, such as a name without a scheme, a path, or `*`, and
    /// for `null`, which many unrelated pages send.
    public init?(_ text: String) {
        guard let separator = text.range(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        var rest = text[separator.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }  // users copy it from the address bar
        guard Self.isScheme(scheme), let (host, port) = Self.hostAndPort(rest) else { return nil }
        let ownPort = ["http": 80, "https": 443][scheme]
        self.text = "\(scheme)://\(host)" + (port == nil || port == ownPort ? "" : ":\(port ?? 0)")
    }

    /// Web pages have no WebSocket scheme.
    private static func isScheme(_ scheme: String) -> Bool {
        guard scheme != "ws", scheme != "wss", let first = scheme.utf8.first, first.isLowerCase else { return false }
        return scheme.utf8.allSatisfy { $0.isLowerCase || $0.isDigit || "+-.".utf8.contains($0) }
    }

    private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
        let (host, rest): (String, Substring)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"), let address = ipv6(text.dropFirst().prefix(upTo: end)) else {
                return nil
            }
            (host, rest) = ("[\(address)]", text[text.index(after: end)...])
        } else {
            let name = text.prefix { $0 != ":" }
            (host, rest) = (name.lowercased(), text.dropFirst(name.count))
            guard isName(host) else { return nil }
        }
        if rest.isEmpty { return (host, nil) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.utf8.allSatisfy(\.isDigit), let port = Int(digits), (1...65_535).contains(port)
        else { return nil }
        return (host, port)
    }

    /// Browsers send names with other letters in their ASCII form (`xn--…`).
    private static func isName(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.allSatisfy { $0.isLowerCase || $0.isDigit || "-._".utf8.contains($0) }
    }

    /// The address in its canonical form (RFC 5952).
    private static func ipv6(_ text: Substring) -> String? {
        var address = in6_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET6, String(text), &address) == 1 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isLowerCase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
