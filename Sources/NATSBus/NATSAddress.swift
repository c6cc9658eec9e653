#if Cluster

import Foundation

/// Where a NATS server is: `nats://USER:PASSWORD@HOST:PORT/NAME`, or `tls://` for an encrypted connection. Databases that
/// share a NATS server are told apart by a secret of theirs; the name is for people.
public struct NATSAddress: Sendable {
    /// The address without the user and the password, for sentences.
    public let displayName: String
    let url: String
    let host: String
    let isEncrypted: Bool
    let subject: String

    /// Nil if the text is no such address.
    public init?(_ text: String) {
        guard var parts = URLComponents(string: text), let scheme = parts.scheme, ["nats", "tls"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.query == nil, parts.fragment == nil
        else { return nil }
        let path = parts.path.split(separator: "/", omittingEmptySubsequences: true)
        let name = path.first.map(String.init) ?? "chat"
        guard path.count <= 1, name.utf8.count <= Self.longestName, name.utf8.allSatisfy(Self.isAllowed) else {
            return nil
        }
        parts.path = ""
        guard let url = parts.string else { return nil }
        self.url = url
        self.host = host
        isEncrypted = scheme == "tls"
        subject = "chat-server.\(name)"
        displayName = "\(scheme)://\(host)/\(name)"
    }

    /// In bytes. Nodes tell each other the address in one notification of PostgreSQL.
    public static let longestName = 128

    /// Other characters mean something in a subject, or are not portable.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

#endif
