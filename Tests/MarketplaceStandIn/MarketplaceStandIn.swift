import NIOCore
import NIOPosix
import NIOSSL

/// Stands in for a marketplace's project at Supabase: the auth service and PostgREST behind the platform's gateway, on
/// 127.0.0.1. Bodies, codes and rules are those of supabase/auth (`openapi.yaml`, `internal/api`) and of PostgREST.
///
/// Accounts, settings and faults may change at any time and from any thread; requests are handled one after the other.
public final class MarketplaceStandIn: Sendable {
    /// A certificate and its key in PEM.
    public struct TLS: Sendable {
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }

        fileprivate func context() throws -> NIOSSLContext {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) },
                    privateKey: .privateKey(NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))))
        }
    }

    private let core: Core
    private let server: HTTPServer
    private let group: MultiThreadedEventLoopGroup
    /// The address of the project, such as `http://127.0.0.1:8000`.
    public let url: String
    public let port: Int
    public let apiKeys: APIKeys

    /// Listens on `port`, or on a free one if it is 0; with HTTPS if there is a certificate.
    /// - Parameters:
    ///   - isAdministrable: Whether requests to `/stand-in/` change it.
    ///   - log: Gets a line for every request and every mail.
    public init(
        port: Int = 0, tls: TLS? = nil, settings: Settings = Settings(), accounts: [Account] = [],
        products: [Product] = [], isAdministrable: Bool = false, log: (@Sendable (String) -> Void)? = nil
    ) async throws {
        var service = Service(settings: settings)
        service.accounts = accounts
        service.products = products
        apiKeys = service.apiKeys
        let core = Core(service, isAdministrable: isAdministrable, log: log)
        self.core = core
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        server = try HTTPServer(group: group, tls: tls?.context()) { core.answer($0) }
        let port = try await server.listen(on: port)
        let url = (tls == nil ? "http" : "https") + "://127.0.0.1:\(port)"
        core.state.withLock { $0.service.url = url }
        self.port = port
        self.url = url
    }

    /// Ends every connection and stops listening for good.
    public func end() async {
        await server.close()
        try? await group.shutdownGracefully()
    }

    /// Nothing listens on the port, as when the machine is off. What is stored stays.
    public func goDown() async { await server.close() }

    /// Listens on the same port again.
    public func comeBack() async throws { _ = try await server.listen(on: port) }

    // MARK: - What is set up

    /// Changes the settings for the requests that follow.
    public func set(_ body: (inout Settings) -> Void) { core.state.withLock { body(&$0.service.settings) } }

    public var settings: Settings { core.state.withLock(\.service.settings) }

    /// Changes the setting of a name such as `paused`.
    /// - Returns: Whether there is such a setting and it can have this value.
    public func set(_ name: String, to value: String) -> Bool {
        core.state.withLock { $0.service.settings.set(name, to: value) }
    }

    public func add(_ account: Account) { core.state.withLock { $0.service.accounts.append(account) } }

    /// Changes the account of that address.
    public func change(_ email: String, _ body: (inout Account) -> Void) {
        core.state.withLock { state in
            if let index = state.service.accountIndex(email: email) { body(&state.service.accounts[index]) }
        }
    }

    public func account(_ email: String) -> Account? {
        core.state.withLock { state in state.service.accountIndex(email: email).map { state.service.accounts[$0] } }
    }

    public func add(_ product: Product) { core.state.withLock { $0.service.products.append(product) } }

    /// Moves the service's clock: codes, tokens and pauses end sooner.
    public func advance(bySeconds seconds: Double) { set { $0.clockOffset += seconds } }

    /// Ends all sessions of the account, as an administrator does.
    public func endSessions(of email: String) {
        core.state.withLock { state in
            if let index = state.service.accountIndex(email: email) { state.service.endSessions(of: index) }
        }
    }

    /// How many sessions the account has.
    public func sessions(of email: String) -> Int {
        core.state.withLock { state in
            guard let index = state.service.accountIndex(email: email) else { return 0 }
            let user = state.service.accounts[index].id
            return state.service.sessions.values.count { $0.user == user }
        }
    }

    // MARK: - Keys

    /// The key that stood by signs from now on; the one that signed so far stays in the key set.
    public func rotateKeys() { core.state.withLock { $0.service.keys.rotate() } }

    /// Takes the keys used before out of the key set. Tokens that they signed are no longer valid.
    public func revokePreviousKeys() { core.state.withLock { $0.service.keys.revokePrevious() } }

    /// The key set as the service would send it now.
    public var keySet: String {
        core.state.withLock { String(decoding: $0.service.keySet().body, as: UTF8.self) }
    }

    // MARK: - Faults

    /// Fails at the next `times` requests of the route, or at all of them. Faults of one route take turns: the second begins
    /// when the first is used up.
    public func fail(_ route: Route, _ fault: Fault, times: Int? = nil) {
        core.state.withLock { $0.rules.append(Core.Rule(route: route, fault: fault, timesLeft: times)) }
    }

    /// Fails at all routes.
    public func failEverywhere(_ fault: Fault, times: Int? = nil) {
        for route in Route.allCases { fail(route, fault, times: times) }
    }

    /// Ends all faults.
    public func mend() { core.state.withLock { $0.rules = [] } }

    /// How many answers `Fault.hold` keeps.
    public var heldAnswers: Int { server.held }

    /// Sends the answers that are held.
    public func release() { server.release() }

    // MARK: - What happened

    /// The mails that were sent, the earliest first.
    public var mails: [Mail] { core.state.withLock(\.service.mails) }

    /// The code of the last mail to the address.
    public func code(mailedTo email: String) -> String? {
        mails.last { $0.to.lowercased() == email.lowercased() }?.code
    }

    /// Everything that arrived, the earliest first, whatever became of it.
    public var requests: [Request] { core.state.withLock(\.requests) }

    /// The requests of one part of the service.
    public func requests(of route: Route) -> [Request] { requests.filter { Service.route(of: $0) == route } }

    public var counts: Counts { core.state.withLock(\.service.counts) }

    public func forgetRequests() {
        core.state.withLock {
            $0.requests = []
            $0.service.counts = Counts()
        }
    }
}
