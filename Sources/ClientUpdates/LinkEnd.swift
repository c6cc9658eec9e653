import ChatWire
import SystemErrors

/// Why a connection ended, or could not be established.
public enum LinkEnd: Error, Sendable, Hashable {
    /// Nobody could be reached at the address.
    case unreachable(NetworkFailure)
    /// The answer is not HTTP or WebSocket. The text describes the error, for the log.
    case notAChatServer(String)
    /// The address requires TLS, but the server does not speak it.
    case notEncrypted
    /// The address is for plain connections, but the server speaks only TLS.
    case onlyEncrypted
    /// The TLS handshake failed. The text describes the error, for the log.
    case handshake(String)
    /// The server closed the connection without an answer. A server that requires TLS does so if the address does not
    /// use it.
    case unanswered(isEncrypted: Bool)
    case proxy(ProxyProblem)
    /// The server took the connection, but did not answer in time.
    case timedOut
    /// The upgrade was answered with an HTTP status other than 101.
    case refused(status: Int)
    /// The server rejected the token. The reason is what the token itself claims.
    case token(TokenProblem)
    /// The server's certificate is not valid for the address.
    case certificate(CertificateProblem)
    /// The server closed the connection, with or without a close code (RFC 6455, section 7.4).
    case closed(code: Int?)
    /// The connection broke without a close.
    case lost
    /// The server did not answer a ping.
    case noPong
    /// This user's own server could not be started.
    case notStarted(StartFailure)
    /// The session of `chat-tui login` gives no token.
    case session(SessionProblem)
    /// Connecting is impossible until the user changes something, such as a missing token file.
    case unusable(Obstacle)

    /// Why the server rejected a token, as far as its holder can tell. Only the server checks the signature.
    public enum TokenProblem: Sendable, Hashable {
        /// It is not a JSON Web Token.
        case garbage
        /// The time of its `exp` is over.
        case expired
        /// Its `sub` is another user.
        case otherUser(UserID)
        /// It claims to be this user's and valid, so the signature, the audience or the issuer is wrong.
        case forged
    }

    public enum SessionProblem: Sendable, Hashable {
        /// The log-in service has ended it, or the user has logged out. Only another log-in helps.
        case ended
        /// Somebody else has logged in since this program was started.
        case otherUser(UserID)
        /// The service that renews the token cannot be reached, or is down.
        case unavailable(host: String)
        /// The service answers, but does not renew the token.
        case refused(host: String)
        /// The service no longer takes the project's key.
        case keyRejected(host: String)
        /// Another window or command holds the session, and may have been stopped.
        case busy
        /// The session is in the desktop's keyring, which does not answer: perhaps it is locked.
        case keyringSilent
        /// The file of the session cannot be used.
        case file(FileProblem)
    }

    public enum TokenCommandProblem: Sendable, Hashable {
        /// The program could not be started, failed, or took too long.
        case failed
        case empty
        case notAToken
    }

    public enum StartFailure: Sendable, Hashable {
        /// The system call's name, and the system's error (`errno`).
        case systemCall(String, Int32)
        /// The server ended by itself. The log at this path says why. Nil: the log could not be written.
        case ended(log: String?)
        /// The database at this path is used by a server with another socket.
        case storeInUse(path: String)
    }

    public enum Obstacle: Sendable, Hashable {
        /// The file at this path holds no token.
        case tokenFile(path: String, TokenFileProblem)
        /// The setting `token-command` with this program gave no token.
        case tokenCommand(program: String, TokenCommandProblem)
        /// The file of additional certificate authorities cannot be used.
        case authorities(TLSFileError)
        /// The Unix socket of this user's own server is not safe to use, or its path cannot be one.
        case localSocket(LocalSocketError)
        /// There is no home folder, and so no folder for this user's own server.
        case homeless
    }
}
