/// Why nobody could be reached at an address.
public enum NetworkFailure: Error, Sendable, Hashable {
    /// The machine refused the connection: nothing listens on the port or the socket.
    case refused
    /// The name does not exist.
    case unknownHost
    /// No name server answered. A later look-up may succeed.
    case noNameServer
    /// There is no route to the network or the machine.
    case noRoute
    /// A firewall of this machine or the mode of a Unix socket forbids the connection.
    case notPermitted
    /// There is no Unix socket at the path.
    case noSocket
    /// The machine did not answer in time.
    case silent
    /// The system's error (`errno`).
    case system(Int32)
    /// Any other error, in the words of a library, for the log.
    case other(String)
}
