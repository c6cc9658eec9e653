import AccountSession
import ChatClient
import ChatWire
import ClientUpdates
import Dispatch
import Supabase
import Synchronization

/// The access token of who is logged in, for connections to the chat server.
final class SessionToken: Sendable {
    /// The profile that the user named.
    let profile: String?
    private let keeper: SessionKeeper
    private let store: AccountStore
    private let owner: StoredAccount.Owner
    /// The host of the log-in service, for messages.
    private let host: String
    private let state = Mutex(State())

    private struct State {
        /// What the last connection was opened with, or given since.
        var inUse: String?
        /// When a token that was not due was replaced because the server wanted it.
        var lastForced: ContinuousClock.Instant?
        var isReading = false
    }

    /// A server that rejects every token must not make the service give new ones for ever.
    private static let forcedInterval: Duration = .seconds(60)
    /// How long the caller of `renewed` waits. It has other work, and asks again later.
    private static let patience: DispatchTimeInterval = .seconds(1)

    init(_ access: AccountAccess, _ loggedIn: AccountAccess.LoggedIn) {
        owner = StoredAccount.Owner(project: loggedIn.project, user: loggedIn.user.id)
        (store, profile) = (access.store, access.profile)
        keeper = access.keeper(for: owner)
        refreshInterval = access.hasKeyring ? .seconds(30) : Self.watchInterval
        host = loggedIn.project.authority
    }

    /// The token for a new connection. It is refreshed first if it is due.
    func token() async throws(LinkEnd) -> String {
        do throws(AccountProblem) {
            let token = try await keeper.accessToken()
            state.withLock { $0.inUse = token }
            return token
        } catch {
            throw LinkEnd(error, host: host)
        }
    }

    /// A token in place of the one in use, which the server rejected, or which is about to end. The caller waits only
    /// for a moment; if the service takes longer, the next call has the token.
    func renewed() -> String? {
        let isFirst = state.withLock { state in
            defer { state.isReading = true }
            return !state.isReading
        }
        if isFirst {
            let done = DispatchSemaphore(value: 0)
            Task {
                await renew()
                done.signal()
            }
            _ = done.wait(timeout: .now() + Self.patience)
        }
        return state.withLock(\.inUse)
    }

    private func renew() async {
        let (inUse, mayForce) = state.withLock { state in
            (state.inUse, state.lastForced.map { .now - $0 > Self.forcedInterval } ?? true)
        }
        let token = try? await keeper.accessToken(insteadOf: mayForce ? inUse : nil)
        state.withLock { state in
            state.isReading = false
            guard let token, token != inUse else { return }
            state.inUse = token
            state.lastForced = .now
        }
    }

    /// How often the token's time is checked. A keyring is another program, so it is not asked all the time.
    private let refreshInterval: Duration
    /// How often the file is looked into, to notice a logout in another window.
    private static let watchInterval: Duration = .seconds(2)

    /// Refreshes the token in good time, as long as the session lasts.
    /// - Returns: why the session is over; nil if the task was cancelled.
    func watch() async -> LinkEnd? {
        var nextRefresh = ContinuousClock.now
        while !Task.isCancelled {
            do throws(AccountProblem) {
                if nextRefresh <= .now {
                    nextRefresh = .now + refreshInterval
                    _ = try await keeper.accessToken()
                }
                guard let account = try store.readUser() else { throw .notLoggedIn }
                if StoredAccount.Owner(project: account.project, user: account.user.id) != owner {
                    throw .otherUser(account.user.id)
                }
            } catch {
                switch error {
                case .notLoggedIn, .ended, .otherUser: return LinkEnd(error, host: host)
                // The connection goes on with the token that it has.
                case .file, .unreadable, .keyringSilent, .busy, .service: break
                }
            }
            try? await Task.sleep(for: Self.watchInterval)
        }
        return nil
    }
}

extension LinkEnd {
    /// - Parameter host: The log-in service's.
    init(_ problem: AccountProblem, host: String) {
        self =
            switch problem {
            case .notLoggedIn, .ended: .session(.ended)
            case .otherUser(let user): .session(.otherUser(user))
            case .file(let problem): .session(.file(problem))
            case .unreadable(let path): .session(.file(FileProblem(path: path, reason: .otherContent)))
            case .keyringSilent: .session(.keyringSilent)
            case .busy: .session(.busy)
            case .service(.keyRejected): .session(.keyRejected(host: host))
            case .service(let failure):
                .session(failure.isRefusal ? .refused(host: host) : .unavailable(host: host))
            }
    }
}
