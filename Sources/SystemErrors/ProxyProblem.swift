/// Why a proxy did not lead to the server.
public struct ProxyProblem: Error, Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// The variable's value is not of the form `http://HOST:PORT`.
        case badAddress
        /// The proxy itself cannot be reached.
        case unreachable(NetworkFailure)
        /// It requires a user name and a password (HTTP 407), and the variable has none.
        case needsLogin
        /// It rejected the user name or the password of the variable (HTTP 407).
        case loginRejected
        /// It answered `CONNECT` with another HTTP status.
        case refused(status: Int)
        /// It closed the connection without an answer.
        case closed
        /// It did not answer in time.
        case timedOut
        /// What answers there is not HTTP.
        case notAProxy
        /// TLS through a proxy needs the server's name, but the URL has its IP address.
        case serverHasNoName
    }

    /// The proxy as `HOST:PORT`, without user name and password. The variable's value may have no address.
    public var address: String
    /// The environment variable that names the proxy, such as `HTTPS_PROXY`.
    public var variable: String
    public var reason: Reason

    public init(address: String, variable: String, _ reason: Reason) {
        self.address = address
        self.variable = variable
        self.reason = reason
    }
}
