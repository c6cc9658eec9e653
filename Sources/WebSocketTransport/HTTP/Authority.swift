/// The server that a request in a proxy's form asks for: `example:8080` of `http://example:8080/path`.
///
/// It is what counts, and not the `Host` header (RFC 9112, section 3.2.2). A program on the way may have looked at either, so a
/// request in which they differ is no good.
struct Authority {
    private let scheme: String
    private let name: String

    /// Nil where the target is a path.
    init?(ofTarget target: String) {
        guard let scheme = ["http://", "https://"].first(where: target.lowercased().hasPrefix) else { return nil }
        self.scheme = scheme
        name = Self.normalized(target.dropFirst(scheme.count).prefix { !"/?#".contains($0) }, scheme)
    }

    static func != (authority: Authority, host: String?) -> Bool {
        host.map { normalized($0[...], authority.scheme) } != authority.name
    }

    /// In lower case, and without the port that the scheme has anyway.
    private static func normalized(_ text: Substring, _ scheme: String) -> String {
        let (text, port) = (text.lowercased(), scheme == "http://" ? ":80" : ":443")
        return text.hasSuffix(port) ? String(text.dropLast(port.count)) : text
    }
}
