/// Why a Unix socket could not be claimed.
public enum LocalSocketError: Error, Sendable, Hashable {
    /// A running process holds the claim.
    case heldByAnother(String)
    /// The system's socket addresses hold at most `limit` bytes of a path.
    case pathTooLong(String, limit: Int)
    /// Others could replace the socket in this folder. The second text says why.
    case unsafeFolder(String, String)
    /// The file at the path is not a socket. It is left alone.
    case notASocket(String)
    /// The socket at the path belongs to another program. It is left alone.
    case anothersSocket(String)
    /// The process that listens there belongs to another user.
    case strangersProcess(String)
    /// What was attempted, and the system's error.
    case system(String, errno: Int32)
}
