import AccountSession
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import NIOPosix
import Supabase
import WebSocketTransport

/// The place of a profile's session, and the way to its service.
struct AccountAccess: Sendable {
    /// Nil for the account without a name.
    let profile: String?
    let store: AccountStore
    /// Whether the tokens may be in the desktop's keyring.
    let hasKeyring: Bool
    /// A file of additional certificate authorities.
    let authorities: String?

    /// Nil if there is no home folder.
    init?(profile: String?, authorities: String?, environment: [String: String]) {
        guard let state = StandardFolders.found(environment: environment).state else { return nil }
        self.profile = profile
        self.authorities = authorities
        let folder = profile.map { "profiles/\($0)/session" } ?? "session"
        let keyring =
            Self.hasSessionBus(environment) ? Keyring.find(account: profile ?? "", environment: environment) : nil
        hasKeyring = keyring != nil
        store = AccountStore(folder: "\(state)/chat-tui/\(folder)", keyring: keyring)
    }

    /// The names of the profiles that somebody has logged in to.
    static func profilesLoggedIn(environment: [String: String]) -> [String] {
        guard let state = StandardFolders.found(environment: environment).state else { return [] }
        let folder = "\(state)/chat-tui/profiles"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            ProfileName.isValid(name) && access("\(folder)/\(name)/session/session.json", F_OK) == 0
        }
    }

    /// Whether there is a desktop that could have a keyring. Without one, `secret-tool` only takes its time to fail.
    private static func hasSessionBus(_ environment: [String: String]) -> Bool {
        if environment["DBUS_SESSION_BUS_ADDRESS"]?.isEmpty == false { return true }
        return environment["XDG_RUNTIME_DIR"].map { access($0 + "/bus", F_OK) == 0 } ?? false
    }

    /// Who is logged in. Nil if nobody is.
    func loggedIn() throws(AccountProblem) -> LoggedIn? {
        guard let (project, key, user) = try store.readUser() else { return nil }
        return LoggedIn(project: project, key: key, user: user)
    }

    /// Whether somebody has logged in, even if the session cannot be used.
    var hasSession: Bool {
        do throws(AccountProblem) {
            return try loggedIn() != nil
        } catch {
            return true
        }
    }

    /// The token of who is logged in.
    func token(of loggedIn: LoggedIn) -> SessionToken {
        SessionToken(self, loggedIn)
    }

    struct LoggedIn: Sendable {
        var project: ProjectAddress
        var key: ProjectKey
        var user: AccountUser
    }

    func client(_ project: ProjectAddress, _ key: ProjectKey?) -> ServiceClient {
        ServiceClient(
            project: project, key: key,
            http: HTTPClient(
                group: MultiThreadedEventLoopGroup.singleton, tls: ClientTLS(additionalAuthorities: authorities),
                proxies: ProxySettings(environment: ProcessInfo.processInfo.environment)))
    }

    /// - Parameter owner: Whose session it has to be. Nil: anybody's.
    func keeper(for owner: StoredAccount.Owner?) -> SessionKeeper {
        SessionKeeper(store: store, owner: owner) { [self] project, key in client(project, key) }
    }
}

/// Waits for what only a task can do.
func waiting<Value: Sendable, Failure: Error>(
    for body: @escaping @Sendable () async throws(Failure) -> Value
) throws(Failure) -> Value {
    let queue = EventQueue<Result<Value, Failure>>()
    Task {
        do throws(Failure) {
            queue.post(.success(try await body()))
        } catch {
            queue.post(.failure(error))
        }
    }
    while true {
        if let result = queue.next() { return try result.get() }
    }
}
