import ChatWire
import ClientUpdates
import Foundation
import HostSystem
import Supabase
import Synchronization
import WebSocketTransport

@testable import AccountSession

/// The service's rule of refresh tokens (supabase/auth, internal/tokens/service.go) without its grace of ten seconds: a
/// used token gives the active one again if that is its child; any other reuse ends the session.
final class FakeService: Sendable {
    struct State {
        var active = "r0"
        var parents: [String: String] = [:]
        var isOver = false
        var user = "anna"
        var lifetime = 3600
        /// The answers to the next requests, in the place of the right ones.
        var faults: [Fault] = []
        var requests: [String] = []
        var count = 0
    }

    enum Fault {
        case unreachable(ConnectError)
        case status(Int, String)
        /// The session is refreshed, but the answer gets lost.
        case lost
        /// An answer for another user.
        case otherUser
        case garbage
    }

    let state = Mutex(State())

    func client(_ project: ProjectAddress, _ key: ProjectKey) -> ServiceClient {
        ServiceClient(project: project, key: key) { [self] request, _ throws(ConnectError) in
            try state.withLock { state throws(ConnectError) in try Self.answer(request, &state) }
        }
    }

    private static func answer(_ request: HTTPClient.Request, _ state: inout State) throws(ConnectError) -> HTTPResponse
    {
        state.requests.append(request.target)
        let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
        switch fault {
        case .unreachable(let error): throw error
        case .status(let status, let body): return HTTPResponse(status: status, body: Array(body.utf8))
        case .garbage: return HTTPResponse(status: 200, body: Array("<html>".utf8))
        case .lost, .otherUser, nil: break
        }
        if request.target.hasPrefix("/auth/v1/logout") {
            state.isOver = true
            return HTTPResponse(status: 204)
        }
        let body = String(decoding: request.body ?? [], as: UTF8.self)
        let token = body.split(separator: "\"").dropFirst(2).dropFirst().first.map(String.init) ?? ""
        if state.isOver { return error("session_not_found") }
        if token == state.active {
            state.count += 1
            let child = "r\(state.count)"
            state.parents[child] = token
            state.active = child
        } else if state.parents[state.active] != token {
            state.isOver = state.parents.values.contains(token)
            return error(state.isOver ? "refresh_token_already_used" : "refresh_token_not_found")
        }
        if case .lost = fault { throw .unanswered }
        var user = state.user
        if case .otherUser = fault { user = "mallory" }
        return HTTPResponse(
            status: 200,
            body: Array(
                """
                {"access_token":"a\(state.requests.count)","token_type":"bearer","expires_in":\(state.lifetime),\
                "refresh_token":"\(state.active)","user":{"id":"\(user)"}}
                """.utf8))
    }

    private static func error(_ code: String) -> HTTPResponse {
        HTTPResponse(status: 400, body: Array(#"{"code":"\#(code)","message":""}"#.utf8))
    }

    var requests: Int { state.withLock(\.requests.count) }
    var targets: [String] { state.withLock(\.requests) }
    var isOver: Bool { state.withLock(\.isOver) }
    func fail(_ faults: Fault...) { state.withLock { $0.faults += faults } }
}

/// Two clocks that go only when they are told to.
final class FakeClocks: Sendable {
    private let time = Mutex(SessionTime(instant: .now, wall: Timestamp(seconds: 1_700_000_000)))

    var now: SessionTime { time.withLock(\.self) }
    func pass(_ seconds: Int) { time.withLock { $0 = $0.advanced(by: .seconds(seconds)) } }
    /// Sets the calendar alone.
    func set(by seconds: Int) { time.withLock { $0.wall = $0.wall.advanced(by: .seconds(seconds)) } }
}

/// A profile in a folder of its own, with somebody logged in.
final class Profile {
    let root: String
    let folder: String
    let service = FakeService()
    let clocks = FakeClocks()
    let account: StoredAccount

    init() async throws {
        root = try PrivateFile.makeTemporaryFolder("chat-tui-account")
        folder = root + "/default"
        account = StoredAccount(
            project: try ProjectAddress("http://127.0.0.1:1"), key: try ProjectKey("sb_publishable_x"),
            user: AccountUser(id: UserID("anna")!, email: "anna@example.org", name: "Анна"),
            state: .active(
                StoredAccount.Tokens(
                    access: "a0", refresh: "r0", lifetime: .seconds(3600), received: clocks.now.wall)))
        try await AccountStore(folder: folder).replace(with: account)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// A window or a command.
    func keeper(
        user: String? = nil, store: AccountStore? = nil, lockPatience: Duration = .seconds(20)
    ) -> SessionKeeper {
        SessionKeeper(
            store: store ?? AccountStore(folder: folder),
            owner: user.flatMap { UserID($0) }.map { StoredAccount.Owner(project: account.project, user: $0) },
            lockPatience: lockPatience, now: { [clocks] in clocks.now }, makeClient: service.client)
    }

    var stored: StoredAccount? { get throws { try AccountStore(folder: folder).read() } }

    var storedTokens: StoredAccount.Tokens? {
        get throws {
            guard case .active(let tokens)? = try stored?.state else { return nil }
            return tokens
        }
    }

    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
    }
}
