import ChatWire
import Supabase

/// Who is logged in, where, and with what, as it is kept on the disk.
public struct StoredAccount: Sendable, Hashable {
    public var project: ProjectAddress
    public var key: ProjectKey
    public var user: AccountUser
    public var state: State

    public var owner: Owner { Owner(project: project, user: user.id) }

    /// Whose session it is. The same id in another project is somebody else.
    public struct Owner: Sendable, Hashable {
        public var project: ProjectAddress
        public var user: UserID

        public init(project: ProjectAddress, user: UserID) { (self.project, self.user) = (project, user) }
    }

    public enum State: Sendable, Hashable {
        case active(Tokens)
        /// The service ended the session for good. The tokens are gone; who it was is kept for the next login.
        case ended(SessionEnd)
    }

    /// The two tokens of a session.
    public struct Tokens: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        public var access: String
        public var refresh: String
        /// How long the access token was valid when it arrived.
        public var lifetime: Duration
        /// When it arrived, by this machine's clock.
        public var received: Timestamp

        public init(access: String, refresh: String, lifetime: Duration, received: Timestamp) {
            (self.access, self.refresh, self.lifetime, self.received) = (access, refresh, lifetime, received)
        }

        public init(_ session: AuthSession, received: Timestamp) {
            self.init(
                access: session.accessToken, refresh: session.refreshToken, lifetime: session.lifetime,
                received: received)
        }

        /// The end of the access token by this machine's clock, for people to read.
        public var end: Timestamp { received.advanced(by: lifetime) }

        public var description: String { "tokens" }
        public var customMirror: Mirror { Mirror(self, children: ["tokens": "hidden"]) }
    }

    public init(project: ProjectAddress, key: ProjectKey, user: AccountUser, state: State) {
        (self.project, self.key, self.user, self.state) = (project, key, user, state)
    }

    public init(project: ProjectAddress, key: ProjectKey, session: AuthSession, received: Timestamp) {
        self.init(
            project: project, key: key, user: session.user, state: .active(Tokens(session, received: received)))
    }
}

/// Why the service ended a session for good. Only a new login helps.
public enum SessionEnd: String, Sendable, Hashable, CaseIterable {
    /// A refresh token was used twice, so somebody else may have had it.
    case tokenReused = "token_reused"
    /// The service does not know the session any more: it was too old, or it was ended elsewhere.
    case gone
    case userBanned = "user_banned"

    /// Nil for an answer after which the same refresh token still works.
    public init?(_ failure: AuthFailure) {
        guard failure.endsSession else { return nil }
        self =
            switch failure {
            case .refreshTokenUsed: .tokenReused
            case .userBanned: .userBanned
            case .refreshTokenUnknown, .sessionGone, .wrongPassword, .unconfirmed, .unknownAccount, .badAddress,
                .addressNotAuthorized, .codeExpired, .tooManyTries, .tooManyMails, .loginExpired, .declined,
                .secondFactorNeeded, .secondFactorWrong, .secondFactorExpired, .secondFactorUnusable, .captcha,
                .signUpsClosed, .methodOff, .providerOff, .keyRejected, .projectPaused, .projectRestricted,
                .projectUnknown, .mailFailed, .tokenRejected, .serviceDown, .notTheService, .malformed, .unanswered,
                .other:
                .gone
            }
    }
}

/// Why there is no token.
public enum AccountProblem: Error, Sendable, Hashable {
    /// Nobody is logged in with this profile.
    case notLoggedIn
    /// The session has ended for good.
    case ended(SessionEnd)
    /// Somebody else is logged in meanwhile.
    case otherUser(UserID)
    /// The file or its folder is not safe, or cannot be used.
    case file(FileProblem)
    /// The file at this path has something else in it.
    case unreadable(path: String)
    /// The session is in the desktop's keyring, and that does not answer.
    case keyringSilent
    /// Another window or command has been busy with the session for too long.
    case busy
    /// The service did not give a new token now. The session goes on: the same refresh token works later.
    case service(AuthFailure)
}
