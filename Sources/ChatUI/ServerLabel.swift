/// What messages about the connection name: the server, and what the user proves their identity with.
public struct ServerLabel: Sendable, Hashable {
    public enum Token: Sendable, Hashable {
        case none
        /// From a flag or a variable.
        case given
        case file(path: String)
    }

    /// `HOST:PORT`, or the path of the local socket.
    public var address: String
    public var token: Token

    public init(address: String, token: Token) {
        self.address = address
        self.token = token
    }

    var hasToken: Bool { token != .none }
}
