import SystemErrors

/// Why a connection is no more, or never came to be.
public enum LinkEnd: Error, Sendable, Hashable {
    /// Nobody there, or the way is blocked; what the system said, for the log.
    case unreachable(String)
    /// Something answers, but does not speak HTTP or WebSocket; how it went wrong, for the log.
    case notAChatServer(String)
    /// The address is for TLS, and what answers speaks none.
    case notEncrypted
    /// The address is for no TLS, and what answers speaks nothing else.
    case onlyEncrypted
    /// Server and client do not agree on how to encrypt; how, for the log.
    case handshake(String)
    /// The server closed the connection without an answer. One that speaks TLS does so where the address is for none.
    case unanswered(isEncrypted: Bool)
    /// The proxy on the way fails; how, for the log.
    case proxy(String)
    case timedOut
    /// The upgrade was answered with another HTTP status than 101.
    case refused(status: Int)
    /// The server did not take the token, whose time was over.
    case tokenExpired
    /// The server could not prove that it is who the address names.
    case certificate(CertificateProblem)
    /// The server closed with this code (RFC 6455, section 7.4), or without one.
    case closed(code: Int?)
    /// It broke without a word.
    case lost
    /// It looked open, but nobody answered any more.
    case noPong
    /// The server of this user's own does not start.
    case notStarted(StartFailure)
    /// It cannot be tried at all before the user changes something, such as a missing token file.
    case unusable(Obstacle)

    public enum StartFailure: Sendable, Hashable {
        /// The system call's name, and the system's error (`errno`).
        case systemCall(String, Int32)
        /// The server ended by itself. The log at this path says why. Nil: the log could not be written.
        case ended(log: String?)
    }

    public enum Obstacle: Sendable, Hashable {
        /// The file at this path cannot be read, or holds no token.
        case tokenFile(path: String)
        /// The file of additional certificate authorities cannot be used.
        case authorities(TLSFileError)
        /// The Unix socket of this user's own server is not safe to use, or its path cannot be one.
        case localSocket(LocalSocketError)
        /// There is no home folder, and so no place for this user's own server.
        case homeless
    }
}
