/// The versions of the protocol: which ones a server answers, and which one a client asks for.
public enum ProtocolVersion {
    public static let known = 1...2
    public static let latest = known.upperBound
}
