import ChatWire

/// The server's HTTP side: what each path answers.
public struct Routes: Sendable {
    /// What a route needs of a request.
    public struct Request: Sendable {
        public var method: String
        public var path: String
        /// Decoded; the first value of each name counts.
        public var query: [(name: String, value: String)]
        public var origin: String?
        public var host: String?
        /// The client is known to be on this machine.
        public var isLocal: Bool

        public init(
            method: String, path: String, query: [(name: String, value: String)] = [], origin: String? = nil,
            host: String? = nil, isLocal: Bool = true
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.origin = origin
            self.host = host
            self.isLocal = isLocal
        }
    }

    public struct Response: Sendable, Equatable {
        public var status: Int
        public var body: String

        public init(status: Int, body: String) {
            self.status = status
            self.body = body
        }
    }

    /// Sent with every answer, as the older server does.
    public static let headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Headers", "authorization, x-client-info, apikey, content-type"),
        ("Content-Type", "application/json"),
    ]

    /// Under which the older server was hosted. Everything is served there and at the root.
    static let prefix = "/functions/v1/websocket-server"

    /// How many messages `/messages` gives at most where the client does not say, and where it does.
    static let (defaultLimit, mostLimit) = (1000, 200)

    private let hub: Hub
    private let policy: AccessPolicy

    public init(hub: Hub, policy: AccessPolicy) {
        self.hub = hub
        self.policy = policy
    }

    /// Nil if this request may become a WebSocket, else what it is told.
    public func refusal(ofUpgrade request: Request) -> Response? {
        admits(request) ? nil : .forbidden
    }

    public func respond(to request: Request) async -> Response {
        if request.method == "OPTIONS" { return Response(status: 200, body: "ok") }
        guard admits(request) else { return .forbidden }
        guard request.method == "GET" || request.method == "HEAD" else { return .notFound }
        switch Self.withoutPrefix(request.path) {
        case "/messages": return await messages(request)
        case "/status": return status()
        default: return .notFound
        }
    }

    private func admits(_ request: Request) -> Bool {
        policy.admits(origin: request.origin, host: request.host, isLocal: request.isLocal)
    }

    private static func withoutPrefix(_ path: String) -> Substring {
        path.hasPrefix(prefix + "/") ? path.dropFirst(prefix.count) : path[...]
    }

    private func status() -> Response {
        .json(ServerStatus(connections: hub.authorizedConnections, timestamp: hub.now()))
    }

    private func messages(_ request: Request) async -> Response {
        func parameter(_ name: String) -> String? {
            request.query.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }
        guard let user = parameter("userId"), let peer = parameter("otherUserId") else {
            return .error(400, "Missing userId or otherUserId")
        }
        guard let user = UserID(user), let peer = UserID(peer) else {
            return .error(400, "userId and otherUserId are 1 to 128 characters without control characters")
        }
        var limit = Self.defaultLimit
        if let text = parameter("limit") {
            guard let number = Int(text), (1...Self.mostLimit).contains(number) else {
                return .error(400, "limit is a number from 1 to \(Self.mostLimit)")
            }
            limit = number
        }
        do throws(StoreError) {
            let page = try await hub.store.conversation(
                of: user, with: peer, before: parameter("before"), limit: limit)
            return .json(page)
        } catch {
            return .error(503, "The database does not answer, try again")
        }
    }
}

extension Routes.Response {
    static let notFound = error(404, "Not found")
    static let forbidden = error(403, "Forbidden")

    static func json(_ value: some Encodable) -> Self {
        Self(status: 200, body: WireCodec.encode(value))
    }

    static func error(_ status: Int, _ text: String) -> Self {
        Self(status: status, body: WireCodec.encode(["error": text]))
    }
}
