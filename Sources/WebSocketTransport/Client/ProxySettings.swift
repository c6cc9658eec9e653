import Formats
import SystemErrors

/// Which proxy to use for which server, from the usual environment variables.
///
/// Plain connections, too, are tunnelled with `CONNECT` (RFC 6455, section 4.1).
public struct ProxySettings: Sendable, Hashable {
    /// No proxy: every connection is direct.
    public static let none = ProxySettings(environment: [:])

    private let secureProxy: Variable?
    private let plainProxy: Variable?
    private let exceptions: [Substring]

    /// - Parameter environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are read from it, or the same
    ///   names in lower case, which win.
    public init(environment: [String: String]) {
        func variable(_ name: String) -> Variable? {
            [name.lowercased(), name].compactMap { name in environment[name].map { Variable(name: name, value: $0) } }
                .first { !$0.value.isEmpty }
        }
        secureProxy = variable("HTTPS_PROXY") ?? variable("ALL_PROXY")
        plainProxy = variable("HTTP_PROXY") ?? variable("ALL_PROXY")
        exceptions = (variable("NO_PROXY")?.value ?? "").split { $0 == "," || $0 == " " }
    }

    /// An environment variable that is set.
    private struct Variable: Hashable {
        var name: String
        var value: String
    }

    struct Proxy: Hashable {
        var host: String
        var port: Int
        /// The environment variable that names it.
        var variable: String
        /// The value of `Proxy-Authorization`.
        var authorization: String?

        func problem(_ reason: ProxyProblem.Reason) -> ConnectError {
            .proxy(ProxyProblem(address: "\(Endpoint.bracketed(host)):\(port)", variable: variable, reason))
        }
    }

    /// The proxy for a server, or nil for a direct connection. Connections to this machine are always direct.
    func proxy(host: String, port: Int, tls: Bool) throws(ConnectError) -> Proxy? {
        guard let variable = tls ? secureProxy : plainProxy, !isException(host, port) else { return nil }
        guard let proxy = Self.parse(variable) else {
            throw .proxy(ProxyProblem(address: "", variable: variable.name, .badAddress))
        }
        return proxy
    }

    /// Whether `NO_PROXY` names the server. Entries have the usual forms: `*`, a domain with or without `.` or `*.`
    /// before it, an address, or a range of addresses. All but `*` may have `:PORT` after them.
    private func isException(_ host: String, _ port: Int) -> Bool {
        let host = host.lowercased()
        let address = IPAddress(host)
        if host == "localhost" || address?.isLoopback == true { return true }
        return exceptions.contains { exception in
            if exception == "*" { return true }
            if let address, let range = AddressRange(String(exception)) { return range.contains(address) }
            guard let (pattern, onlyPort) = Self.splitHost(exception), onlyPort == nil || onlyPort == port
            else { return false }
            if let address { return IPAddress(String(pattern)) == address }
            let name = pattern.lowercased().drop { $0 == "." || $0 == "*" }
            return host == name || host.hasSuffix("." + name)
        }
    }

    /// Parses `http://user:password@host:port/`. Everything but the host is optional.
    private static func parse(_ variable: Variable) -> Proxy? {
        var rest = variable.value[...]
        if let scheme = rest.range(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else { return nil }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var authorization: String?
        if let at = rest.lastIndex(of: "@") {
            var credentials = PercentEncoding.decode(rest[..<at])
            if !credentials.contains(":") { credentials += ":" }  // a user without a password (RFC 7617, section 2)
            authorization = "Basic " + Base64.encode(credentials.utf8)
            rest = rest[rest.index(after: at)...]
        }
        guard let (host, port) = splitHost(rest), !host.isEmpty else { return nil }
        return Proxy(host: String(host), port: port ?? 80, variable: variable.name, authorization: authorization)
    }

    /// Splits `HOST`, `HOST:PORT` or `[IPv6]:PORT`.
    private static func splitHost(_ text: Substring) -> (host: Substring, port: Int?)? {
        let hostEnd: Substring.Index
        var host: Substring
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            hostEnd = text.index(after: bracket)
            host = text[text.index(after: text.startIndex)..<bracket]
        } else {
            hostEnd = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<hostEnd]
        }
        if hostEnd == text.endIndex { return (host, nil) }
        guard text[hostEnd] == ":", let port = Int(text[text.index(after: hostEnd)...]), (1...65535).contains(port)
        else { return nil }
        return (host, port)
    }
}

extension Substring {
    /// The first occurrence of `text`.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
