import ChatWire

/// The server's HTTP interface: the answer of each path.
public struct Routes: Sendable {
    /// The parts of an HTTP request that the routes use.
    public struct Request: Sendable {
        public var method: String
        public var path: String
        /// The decoded query parameters. The first value of each name counts.
        public var query: [(name: String, value: String)]
        public var origin: String?
        public var host: String?
        /// Whether the client is known to be on this machine.
        public var isLocal: Bool
        /// The client's key in the address limits; nil for a client on this machine, which has no such limits.
        public var address: String?
        /// The token of the header `Authorization: Bearer`.
        public var bearer: String?
        /// The client's address, for the log.
        public var peer: String?

        public init(
            method: String, path: String, query: [(name: String, value: String)] = [], origin: String? = nil,
            host: String? = nil, isLocal: Bool = true, address: String? = nil, bearer: String? = nil,
            peer: String? = nil
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.origin = origin
            self.host = host
            self.isLocal = isLocal
            self.address = address
            self.bearer = bearer
            self.peer = peer
        }
    }

    public struct Response: Sendable, Equatable {
        public var status: Int
        public var body: String
        public var contentType = "application/json"
        /// The number of seconds after which the client may try again (`Retry-After`).
        public var retryAfter: Int?
        /// The value of `WWW-Authenticate` (RFC 9110, section 11.6.1).
        public var challenge: String? { status == 401 ? "Bearer" : nil }

        public init(status: Int, body: String, retryAfter: Int? = nil) {
            self.status = status
            self.body = body
            self.retryAfter = retryAfter
        }
    }

    /// Headers of every answer. The older server sends the same.
    public static let headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Headers", "authorization, x-client-info, apikey, content-type"),
    ]

    /// The path under which the older server was hosted. Everything is served below it and at the root.
    static let prefix = "/functions/v1/websocket-server"

    /// The number of messages of `/messages`: without the parameter `limit`, and the maximum of that parameter.
    static let (defaultLimit, maxLimit) = (1000, 200)
    /// The number of conversations of `/conversations` without the parameter `limit`.
    static let defaultConversations = 100

    private let hub: Hub
    private let policy: AccessPolicy
    private let addresses: AddressLimiter
    private let version: String
    private let figures: @Sendable () async -> ServerFigures
    private let isLogStuck: @Sendable () -> Bool
    private let readiness: Readiness

    /// - `version`: The program's version, for `/metrics`.
    /// - `figures`: Returns the state of the sockets and the process.
    /// - `isLogStuck`: Returns whether nobody reads the log.
    public init(
        hub: Hub, policy: AccessPolicy, addresses: AddressLimiter = AddressLimiter(AddressLimits()),
        version: String = "", figures: @escaping @Sendable () async -> ServerFigures = { ServerFigures() },
        isLogStuck: @escaping @Sendable () -> Bool = { false }
    ) {
        self.hub = hub
        self.policy = policy
        self.addresses = addresses
        self.version = version
        self.figures = figures
        self.isLogStuck = isLogStuck
        readiness = Readiness(store: hub.store)
        hub.nodes?.share(addresses)
    }

    /// Returns nil if this request may become a WebSocket, otherwise the answer.
    public func refusal(ofUpgrade request: Request) -> Response? {
        let response = response(ifRefused: request)
        if let response { logRefusal(response, of: request) }
        return response
    }

    /// Logs who was refused what, for operators who look for a fault or an attacker.
    private func logRefusal(_ response: Response, of request: Request) {
        hub.log.log(
            .httpRefused(response.status, method: request.method, path: request.path), address: request.peer,
            user: request["userId"].flatMap { UserID($0) })
    }

    private func response(ifRefused request: Request) -> Response? {
        if let refusal = addresses.refusal(of: request.address, now: hub.now()) {
            hub.metrics.update { $0.note(refusal.reason) }
            return .tooMany("connections from this address", retryAfter: refusal.retryAfter)
        }
        if let address = request.address { hub.nodes?.outlet.publish(.handshakes(1, from: address)) }
        if admits(request) { return nil }
        hub.metrics.update { $0.note(.forbidden) }
        return .forbidden
    }

    /// Counts a WebSocket from this address until `closed` is called.
    public func opened(from address: String?) { addresses.opened(address) }
    public func closed(from address: String?) { addresses.closed(address) }

    public func respond(to request: Request) async -> Response {
        let response = await answer(to: request)
        if [401, 403, 429].contains(response.status) { logRefusal(response, of: request) }
        return response
    }

    private func answer(to request: Request) async -> Response {
        // This check comes before everything that costs more: the signature of a token, a read of the database.
        if let seconds = addresses.wait(forRequestOf: request.address, now: hub.now()) {
            hub.metrics.update { $0.noteRefusal(by: .addressRequests) }
            return .tooMany("requests from this address", retryAfter: seconds)
        }
        if request.method == "OPTIONS" { return Response(status: 200, body: "ok") }
        guard admits(request) else { return .forbidden }
        guard request.method == "GET" || request.method == "HEAD" else { return .notFound }
        switch Self.withoutPrefix(request.path) {
        case "/messages": return await messages(request)
        case "/conversations": return await conversations(request)
        case "/status": return status()
        case "/healthz": return .status("ok")
        case "/readyz": return await ready()
        case "/metrics": return await metrics(request)
        default: return .notFound
        }
    }

    private func admits(_ request: Request) -> Bool {
        policy.admits(origin: request.origin, host: request.host, isLocal: request.isLocal)
    }

    /// Whether the answer of this path is long and comes from the database.
    public static func readsMessages(_ path: String) -> Bool {
        ["/messages", "/conversations"].contains(withoutPrefix(path))
    }

    private static func withoutPrefix(_ path: String) -> Substring {
        path.hasPrefix(prefix + "/") ? path.dropFirst(prefix.count) : path[...]
    }

    private func status() -> Response {
        .json(ServerStatus(connections: hub.authorizedConnections, timestamp: hub.now()))
    }

    /// Whether the server is ready for new clients. Load balancers ask this.
    private func ready() async -> Response {
        if hub.isDraining { return .error(503, "The server is about to end") }
        if isLogStuck() { return .error(503, "The log takes nothing more") }
        // Where the database is the bus, too, it comes first.
        if let problem = await readiness.problem() { return .error(503, "Messages cannot be stored: \(problem)") }
        if let problem = await hub.authenticator?.problem() {
            return .error(503, "Tokens cannot be checked: \(problem)")
        }
        if let problem = hub.nodes?.problem { return .error(503, "The other nodes cannot be reached: \(problem)") }
        return .json(Probe(status: "ready", warning: hub.nodes?.warning))
    }

    /// Every program on this machine may read the metrics, but no web page. Others need authorization.
    private func metrics(_ request: Request) async -> Response {
        let isOfThisMachine = AccessPolicy().admits(
            origin: request.origin, host: request.host, isLocal: request.isLocal)
        if !isOfThisMachine, let refusal = await refusal(of: .readMetrics, request) { return refusal }
        let page = MetricsPage(
            metrics: hub.metrics.current, version: version, uptime: hub.now() - hub.startedAt,
            authorized: hub.authorizedConnections, commitQueue: hub.commits.count, receiptQueue: hub.receipts.count,
            figures: await figures(), store: await hub.store.condition(), nodes: hub.nodes?.figures)
        var response = Response(status: 200, body: page.text)
        response.contentType = Exposition.contentType
        return response
    }

    private func messages(_ request: Request) async -> Response {
        guard let user = request["userId"], let peer = request["otherUserId"] else {
            return .error(400, "Missing userId or otherUserId")
        }
        guard let user = UserID(user), let peer = UserID(peer) else {
            return .error(400, "userId and otherUserId are 1 to 128 characters without control characters")
        }
        guard hub.store.userIDs.allows(user), hub.store.userIDs.allows(peer) else { return badID }
        if let refusal = await refusal(of: .read(of: user), request) { return refusal }
        guard let limit = request.limit(else: Self.defaultLimit) else { return .badLimit }
        if let seconds = hub.traffic.delay(ofRequestAbout: user, rows: limit) {
            return .tooManyOfUser(retryAfter: seconds)
        }
        await hub.store.prepareToRead(of: user)
        return await hub.pages.withPermit(for: user) { await page(of: user, with: peer, limit, request) }
    }

    private var badID: Response { .error(400, "No user can have this id: \(hub.store.userIDs.sentence)") }

    private func page(of user: UserID, with peer: UserID, _ limit: Int, _ request: Request) async -> Response {
        do throws(StoreError) {
            var page = try await hub.store.conversation(
                of: user, with: peer, before: request["before"].map { MessageID(UUIDText.canonical($0)) }, limit: limit)
            // A client that sends no `limit` may speak the first protocol, so it gets only that protocol's fields.
            if request["limit"] == nil { page.messages = page.messages.map(\.ofFirstProtocol) }
            return .json(page)
        } catch {
            return .unanswered
        }
    }

    private func refusal(of operation: Authorizer.Operation, _ request: Request) async -> Response? {
        do throws(AuthenticationError) {
            let requester = try await hub.requester(bearer: request.bearer)
            if let code = Authorizer.refusal(of: operation, by: requester) {
                return code == .forbidden ? .forbidden : .notAuthorized
            }
            return await refusal(ofBanned: operation, requester)
        } catch {
            switch error {
            case .rejected: return request.bearer.map(APIKey.isOne) == true ? .apiKeyAsToken : .notAuthorized
            case .unavailable(let reason):
                hub.log.log(.authenticationUnavailable(reason))
                return .error(503, "Tokens cannot be checked now, try again")
            }
        }
    }

    /// A banned user may not read either.
    private func refusal(ofBanned operation: Authorizer.Operation, _ requester: Authorizer.Requester) async -> Response?
    {
        let user: UserID
        switch (operation, requester) {
        case (_, .user(let requester)): user = requester
        case (.read(let owner), .unverified), (.act(let owner), .unverified): user = owner
        case (.readMetrics, .unverified), (.readHealth, .unverified), (_, .anonymous): return nil
        }
        do throws(StoreError) {
            return try await hub.store.isBanned(user) ? .forbidden : nil
        } catch {
            return .unanswered
        }
    }

    private func conversations(_ request: Request) async -> Response {
        guard let user = request["userId"] else { return .error(400, "Missing userId") }
        guard let user = UserID(user) else {
            return .error(400, "userId is 1 to 128 characters without control characters")
        }
        guard hub.store.userIDs.allows(user) else { return badID }
        if let refusal = await refusal(of: .read(of: user), request) { return refusal }
        guard let limit = request.limit(else: Self.defaultConversations) else { return .badLimit }
        if let seconds = hub.traffic.delay(ofRequestAbout: user, rows: limit) {
            return .tooManyOfUser(retryAfter: seconds)
        }
        await hub.store.prepareToRead(of: user)
        return await hub.pages.withPermit(for: user) { await list(of: user, limit) }
    }

    private func list(of user: UserID, _ limit: Int) async -> Response {
        do throws(StoreError) {
            return .json(ConversationList(conversations: try await hub.store.conversations(of: user, limit: limit)))
        } catch {
            return .unanswered
        }
    }
}

extension Routes.Request {
    /// The first value of a parameter; nil if it is missing or empty.
    fileprivate subscript(name: String) -> String? {
        query.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The parameter `limit`; nil if it is invalid.
    fileprivate func limit(else standard: Int) -> Int? {
        guard let text = self["limit"] else { return standard }
        return Int(text).flatMap { (1...Routes.maxLimit).contains($0) ? $0 : nil }
    }
}

extension HistoryPage.Entry {
    fileprivate var ofFirstProtocol: Self {
        var entry = self
        entry.cursor = nil
        entry.clientMessageID = nil
        entry.productTitle = nil
        return entry
    }
}

/// The body of an error.
private struct Problem: JSONObjectEncodable {
    var text: String
    var code: ErrorCode?

    func encodeMembers(to json: inout JSONWriter) {
        json.member("error", text)
        json.member(.code, ifPresent: code)
    }
}

/// The body of the answer to a health check.
private struct Probe: JSONObjectEncodable {
    var status: String
    var warning: String?

    func encodeMembers(to json: inout JSONWriter) {
        json.member(.status, status)
        json.member("warning", ifPresent: warning)
    }
}

extension Routes.Response {
    static let notFound = error(404, "Not found")
    static let forbidden = error(403, "Forbidden")
    static let notAuthorized = error(401, "Not authorized")
    /// Everybody knows what an API key looks like, so this gives nothing away.
    static let apiKeyAsToken = error(
        401,
        "This is an API key, which proves no user: send it as apikey, and the user's token as Authorization: Bearer")
    static let badLimit = error(400, "limit is a number from 1 to \(Routes.maxLimit)")
    /// 429 (RFC 6585, section 4).
    static func tooMany(_ what: String, retryAfter seconds: Int) -> Self {
        let problem = Problem(text: "Too many \(what)", code: .rateLimited)
        return Self(status: 429, body: WireCodec.encode(problem), retryAfter: seconds)
    }

    static func tooManyOfUser(retryAfter seconds: Int) -> Self {
        tooMany("requests for this user", retryAfter: seconds)
    }

    static let unanswered = error(503, "The database does not answer, try again")

    static func json(_ value: some JSONEncodable) -> Self {
        Self(status: 200, body: WireCodec.encode(value))
    }

    /// The answer to a health check: one word.
    static func status(_ word: String) -> Self { json(Probe(status: word)) }

    static func error(_ status: Int, _ text: String) -> Self {
        Self(status: status, body: WireCodec.encode(Problem(text: text)))
    }
}
