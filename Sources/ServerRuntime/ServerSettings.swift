import ChatServer
import ChatWire
import Logging
import RateLimiting
import WebSocketTransport

/// The settings of a server. The defaults are those of a user's own server: it listens on its local socket only, with
/// the limits that the help lists.
public struct ServerSettings: Sendable {
    public enum Store: Sendable {
        case sqlite(path: String)
        case memory
        /// A store that the program opens itself.
        case other(open: @Sendable () async throws(StoreOpenError) -> any MessageStore)
    }

    public struct TLSFiles: Sendable {
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    public var host = "127.0.0.1"
    /// Nil if the server listens on the local socket only.
    public var port: Int?
    /// The path of the local socket; nil for none.
    public var localSocket: String?
    /// Whether the operator named the local socket. If so, the server fails without it.
    public var insistsOnLocalSocket = false
    public var store: Store
    /// This node's name among those of its database; nil for the host's name with a random part.
    public var nodeName: String?
    /// Opens the bus between the nodes of the database, or throws a sentence. Nil for the store's own, if it has one.
    public var bus: (@Sendable (NodeID, _ database: String) throws(StartFailure) -> any DeliveryBus)?
    /// The age at which messages are deleted; nil if they never are.
    public var retention: Duration?
    /// How users prove who they are; nil if any name is accepted. It is called once, after everything else is ready.
    public var authentication: (@Sendable (Logger) async -> Authentication)?
    /// Nil for plain text on the TCP address.
    public var tls: TLSFiles?
    public var trustedProxies = TrustedProxies()
    public var limits = MessageLimits()
    /// Nil for no limit. The same holds for the limits below.
    public var messageRate: Rate? = Self.standardMessageRate
    public var byteRate: Rate? = Self.byteRate(beside: Self.standardMessageRate, of: MessageLimits())
    public var eventRate: Rate? = Self.standardEventRate
    public var requestsPerUser: Int? = 1000
    public var blocksPerUser: Int? = 1000
    public var connectionsPerUser: Int? = 100
    public var addressLimits = Self.standardAddressLimits
    /// How long a connection may exist without a user who is logged in.
    public var authTime: Duration = .seconds(10)
    public var socketLimits = WebSocketLimits()
    public var policy = AccessPolicy()
    /// The file from which the log's level is reloaded.
    public var logLevelFile: String?
    public var exitWhenIdle: Duration?
    /// The interval of pings to silent clients.
    public var heartbeatSeconds = 25

    public init(store: Store) {
        self.store = store
    }

    public static let standardMessageRate = Rate(burst: 60, perSecond: 1)
    public static let standardEventRate = Rate(burst: 1000, perSecond: 100)
    public static let standardAddressLimits = AddressLimits(connections: 1000, handshakes: 200, requests: 200)

    /// The limit of bytes that goes with a limit of messages: every message may have the greatest length, and other
    /// events are small.
    /// - Parameters:
    ///   - burst: In bytes; nil to derive it from `messages`.
    ///   - perSecond: In bytes; nil to derive it from `messages`.
    /// - Returns: nil for no limit.
    public static func byteRate(
        beside messages: Rate?, of limits: MessageLimits, burst: Int? = nil, perSecond: Int? = nil
    ) -> Rate? {
        let each = max(8192, 2 * limits.bytes)
        guard let rate = perSecond ?? messages.map({ max(65_536, $0.perSecond * each) }), rate > 0 else { return nil }
        return Rate(burst: burst ?? max(1 << 20, (messages?.burst ?? 0) * each), perSecond: rate)
    }
}

/// How users prove who they are.
public struct Authentication: Sendable {
    public let authenticator: any Authenticator
    /// Reloads the keys and secrets, and logs the result.
    public let reload: @Sendable () async -> Void

    public init(_ authenticator: any Authenticator, reload: @escaping @Sendable () async -> Void) {
        self.authenticator = authenticator
        self.reload = reload
    }
}
