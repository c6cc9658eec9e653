/// The authority in a request target of absolute form: `example:8080` in `http://example:8080/path`.
///
/// It takes precedence over the `Host` header (RFC 9112, section 3.2.2). An intermediary may have used either, so a
/// request in which the two differ is refused.
struct Authority {
    private let scheme: String
    private let name: String

    /// Nil if the target is only a path.
    init?(ofTarget target: String) {
        guard let scheme = ["http://", "https://"].first(where: target.lowercased().hasPrefix) else { return nil }
        self.scheme = scheme
        name = Self.normalized(target.dropFirst(scheme.count).prefix { !"/?#".contains($0) }, scheme)
    }

    static func != (authority: Authority, host: String?) -> Bool {
        host.map { normalized($0[...], authority.scheme) } != authority.name
    }

    /// Converts to lower case and removes the scheme's default port.
    private static func normalized(_ text: Substring, _ scheme: String) -> String {
        let (text, port) = (text.lowercased(), scheme == "http://" ? ":80" : ":443")
        return text.hasSuffix(port) ? String(text.dropLast(port.count)) : text
    }
}
