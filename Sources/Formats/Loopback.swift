/// Host names that mean this machine.
public enum Loopback {
    /// Whether the name is `localhost` (RFC 6761, section 6.3), an address of 127.0.0.0/8, or `::1`. It must have
    /// neither a port nor brackets.
    public static func contains(host name: some StringProtocol) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.lowercased() == "localhost" || name == "::1"
            || parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
