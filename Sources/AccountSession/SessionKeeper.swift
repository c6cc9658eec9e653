import ChatWire
import Dispatch
import Foundation
import HostSystem
import Supabase
import Synchronization

/// Gives the access token of who is logged in, and refreshes it when it is due.
///
/// A refresh token works once, and its reuse ends the session. So all windows and commands of a profile share one lock
/// and one file. Whoever has the lock reads the file again, and refreshes only if nobody else has. A refresh token is
/// used only after it was stored: if a process is killed between the answer and the file, the file's token is the parent
/// of the one that got lost, and the service gives that one again (supabase/auth, internal/tokens/service.go). It does so
/// for as long as the lost one was never used.
public final class SessionKeeper: Sendable {
    public typealias MakeClient = @Sendable (ProjectAddress, ProjectKey) -> ServiceClient

    private struct State {
        var last: String?
        var receipt: RefreshRule.Receipt?
        /// The tokens that could not be stored, and the refresh token that they came for.
        var unsaved: (tokens: StoredAccount.Tokens, parent: String)?
        var failure: Failure?
    }

    private struct Failure {
        var cause: AuthFailure
        var count: Int
        var nextTry: ContinuousClock.Instant
    }

    private let store: AccountStore
    private let owner: StoredAccount.Owner?
    private let makeClient: MakeClient
    private let now: @Sendable () -> SessionTime
    private let lockPatience: Duration
    /// How long to wait for another process while the token is still valid.
    private static let shortPatience: Duration = .seconds(2)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - owner: Whose session this process began with. If somebody else logs in meanwhile, their token is not given out.
    ///   - lockPatience: How long to wait for another process without a token that is still valid.
    ///   - now: Reads both clocks.
    public init(
        store: AccountStore, owner: StoredAccount.Owner? = nil, lockPatience: Duration = .seconds(10),
        now: @escaping @Sendable () -> SessionTime = SessionKeeper.systemTime, makeClient: @escaping MakeClient
    ) {
        (self.store, self.owner, self.lockPatience, self.now) = (store, owner, lockPatience, now)
        self.makeClient = makeClient
    }

    public static let systemTime: @Sendable () -> SessionTime = {
        SessionTime(instant: .now, wall: Timestamp(seconds: Int64(time(nil))))
    }

    /// The token that was given out last; nil before the first.
    public var lastAccessToken: String? { state.withLock(\.last) }

    /// A valid access token. It is refreshed first if it is due.
    /// - Parameter rejected: The token that the server rejected, or announced the end of. If nobody has replaced it, it
    ///   is refreshed now, whatever the clocks say.
    public func accessToken(insteadOf rejected: String? = nil) async throws(AccountProblem) -> String {
        let tokens: StoredAccount.Tokens
        switch step(try await load(), rejected) {
        case .use(let token): return given(token)
        case .fail(let problem): throw problem
        case .refresh(let due): tokens = due
        }
        if let failure = state.withLock(\.failure), now().instant < failure.nextTry {
            return try old(tokens, rejected, .service(failure.cause))
        }
        let lock: FileLock
        do throws(AccountProblem) {
            let patience = isUsable(tokens, rejected) ? min(lockPatience, Self.shortPatience) : lockPatience
            lock = try await store.takeLock(patience: patience)
        } catch {
            // A process that was stopped keeps its lock, and a folder may be read-only: neither makes the token invalid.
            return try old(tokens, rejected, error)
        }
        // Whoever asked may give up, for example because the window connects anew. The answer is stored all the same.
        return try await Task { await renewed(insteadOf: rejected, holding: lock) }.value.get()
    }

    private func renewed(insteadOf rejected: String?, holding lock: FileLock) async -> Result<String, AccountProblem> {
        defer { withExtendedLifetime(lock) {} }
        do throws(AccountProblem) {
            // Somebody else may have refreshed it while this process waited.
            guard let account = try await load(asksKeyring: true) else { throw .notLoggedIn }
            switch step(account, rejected) {
            case .use(let token): return .success(given(token))
            case .fail(let problem): throw problem
            case .refresh(let tokens): return .success(try await refresh(account, tokens, rejected))
            }
        } catch {
            return .failure(error)
        }
    }

    /// Forgets the pause after a failed refresh: the machine has slept, or the network is back.
    public func tryNow() { state.withLock { $0.failure = nil } }

    /// Refreshes the token in good time. The time is checked often, so that a changed clock and a machine that slept are
    /// noticed.
    /// - Returns: why there will be no more tokens; nil if the task was cancelled.
    @discardableResult
    public func keepFresh(every interval: Duration = .seconds(15)) async -> AccountProblem? {
        while !Task.isCancelled {
            do throws(AccountProblem) {
                _ = try await accessToken()
            } catch {
                switch error {
                case .notLoggedIn, .ended, .otherUser: return error
                case .file, .unreadable, .keyringSilent, .busy, .service: break
                }
            }
            try? await Task.sleep(for: interval)
        }
        return nil
    }

    public enum LogOutOutcome: Sendable, Hashable {
        case loggedOut
        /// The session is forgotten here, but the service was not reached or did not take it, so it still knows it.
        case onlyHere(AccountProblem)
        case nobodyWas
    }

    /// Ends the session at the service, and forgets it here in any case.
    ///
    /// It has the lock to the end, so whoever logs in meanwhile waits for it. A log-in that came before it had the lock has
    /// ended the session that was meant, and stays.
    /// - Parameter whenBusy: Called if this waits for another window or command.
    public func logOut(whenBusy: (@Sendable () -> Void)? = nil) async throws(AccountProblem) -> LogOutOutcome {
        guard let logIn = try store.readLogIn() else { return .nobodyWas }
        let lock = try await store.takeLock(patience: AccountStore.patience, whenBusy: whenBusy)
        defer { withExtendedLifetime(lock) {} }
        guard try store.readLogIn() == logIn else { return .loggedOut }
        let keeper = SessionKeeper(store: store, owner: logIn.owner, now: now, makeClient: makeClient)
        var outcome = LogOutOutcome.loggedOut
        do throws(AccountProblem) {
            let token = try await keeper.renewed(insteadOf: nil, holding: lock).get()
            do throws(AuthFailure) {
                try await makeClient(logIn.owner.project, logIn.key).send(.logOut(accessToken: token))
            } catch {
                // These say that the session is over already.
                if error != .sessionGone, error != .tokenRejected { throw .service(error) }
            }
        } catch {
            switch error {
            case .ended, .notLoggedIn: break
            case .otherUser, .file, .unreadable, .keyringSilent, .busy, .service: outcome = .onlyHere(error)
            }
        }
        if try store.readLogIn() == logIn {
            try await offThread { [store] () throws(AccountProblem) in try store.removeFile() }.get()
        }
        return outcome
    }

    // MARK: -

    private func given(_ token: String) -> String {
        state.withLock { $0.last = token }
        return token
    }

    private func load(asksKeyring: Bool = false) async throws(AccountProblem) -> StoredAccount? {
        let read = await offThread { [store] () throws(AccountProblem) in
            try store.read(asksKeyring: asksKeyring)
        }
        guard var account = try read.get() else { return nil }
        if case .active(let tokens) = account.state, let unsaved = state.withLock(\.unsaved),
            unsaved.parent == tokens.refresh
        {
            // The refresh token stays the file's: the next refresh must not use one that is not stored.
            var newer = unsaved.tokens
            newer.refresh = tokens.refresh
            account.state = .active(newer)
        }
        return account
    }

    private func step(_ account: StoredAccount?, _ rejected: String?) -> RefreshRule.Step {
        RefreshRule.step(
            account, owner: owner, receipt: state.withLock(\.receipt), rejected: rejected, now: now())
    }

    private func refresh(
        _ account: StoredAccount, _ tokens: StoredAccount.Tokens, _ rejected: String?
    ) async throws(AccountProblem) -> String {
        let session: AuthSession
        do throws(AuthFailure) {
            session = try await makeClient(account.project, account.key).send(.refresh(tokens.refresh))
            if session.user.id != account.user.id { throw .malformed("a session of another user") }
        } catch {
            if let end = SessionEnd(error) {
                var account = account
                account.state = .ended(end)
                // The others learn of it when they try themselves, if it cannot be written.
                _ = await keep(account)
                throw .ended(end)
            }
            failed(error)
            return try old(tokens, rejected, .service(error))
        }
        let time = now()
        let new = StoredAccount(project: account.project, key: account.key, session: session, received: time.wall)
        state.withLock { state in
            state.failure = nil
            state.receipt = RefreshRule.Receipt(access: session.accessToken, instant: time.instant)
            state.unsaved = nil
        }
        if case .failure = await keep(new) {
            let unsaved = StoredAccount.Tokens(session, received: time.wall)
            state.withLock { $0.unsaved = (unsaved, tokens.refresh) }
        }
        return given(session.accessToken)
    }

    private func keep(_ account: StoredAccount) async -> Result<Void, AccountProblem> {
        await offThread { [store] () throws(AccountProblem) in try store.keep(account) }
    }

    /// Runs what may wait for the keyring on a thread of its own, so that it holds up nothing else.
    private func offThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(AccountProblem) -> Value
    ) async -> Result<Value, AccountProblem> {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Result(catching: work)) }
        }
    }

    private func failed(_ cause: AuthFailure) {
        let instant = now().instant
        state.withLock { state in
            let count = state.failure?.count ?? 0
            let pause = RefreshRule.pause(failures: count, cause) * Double.random(in: 0.5...1)
            state.failure = Failure(cause: cause, count: count + 1, nextTry: instant + pause)
        }
    }

    /// The token that could not be refreshed, if it can still be used.
    private func old(
        _ tokens: StoredAccount.Tokens, _ rejected: String?, _ problem: AccountProblem
    ) throws(AccountProblem) -> String {
        guard isUsable(tokens, rejected) else { throw problem }
        return given(tokens.access)
    }

    private func isUsable(_ tokens: StoredAccount.Tokens, _ rejected: String?) -> Bool {
        RefreshRule.isUsable(tokens, receipt: state.withLock(\.receipt), rejected: rejected, now: now())
    }
}
