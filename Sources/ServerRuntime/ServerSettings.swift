import ChatServer
import ChatWire
import Logging
import RateLimiting
import WebSocketTransport

/// Everything that a server is told at its start. By itself it is one user's own server: on its local socket alone, with the
/// limits that stand in the help.
public struct ServerSettings: Sendable {
    public enum Store: Sendable {
        case sqlite(path: String)
        case memory
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
    /// Nil for the local socket alone.
    public var port: Int?
    /// The path of the local socket; nil for none.
    public var localSocket: String?
    /// Whether it was named, so that the server is not what was asked for without it.
    public var insistsOnLocalSocket = false
    public var store: Store
    /// How old messages may become; nil for no bound.
    public var retention: Duration?
    /// How users prove who they are; nil takes their words for it. Called once, when everything else is there.
    public var authentication: (@Sendable (Logger) async -> Authentication)?
    /// Nil for plain text on the TCP address.
    public var tls: TLSFiles?
    public var trustedProxies = TrustedProxies()
    public var limits = MessageLimits()
    /// Nil for no limit, as in what follows.
    public var messageRate: Rate? = Self.standardMessageRate
    public var byteRate: Rate? = Self.byteRate(beside: Self.standardMessageRate, of: MessageLimits())
    public var eventRate: Rate? = Self.standardEventRate
    public var requestsPerUser: Int? = 1000
    public var blocksPerUser: Int? = 1000
    public var connectionsPerUser: Int? = 100
    public var addressLimits = Self.standardAddressLimits
    /// How long a connection may go without its user being known.
    public var authTime: Duration = .seconds(10)
    public var socketLimits = WebSocketLimits()
    public var policy = AccessPolicy()
    /// Where the log's level is read again.
    public var logLevelFile: String?
    public var exitWhenIdle: Duration?
    /// How often silent clients are pinged.
    public var heartbeatSeconds = 25

    public init(store: Store) {
        self.store = store
    }

    public static let standardMessageRate = Rate(burst: 60, perSecond: 1)
    public static let standardEventRate = Rate(burst: 1000, perSecond: 100)
    public static let standardAddressLimits = AddressLimits(connections: 1000, handshakes: 200, requests: 200)

    /// Every message may be of the longest, and the rest is small.
    /// - Parameters:
    ///   - burst: In bytes; nil for what goes with the messages, as for `perSecond`.
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
    /// Reads anew what it checks with, and tells the log of it.
    public let reload: @Sendable () async -> Void

    public init(_ authenticator: any Authenticator, reload: @escaping @Sendable () async -> Void) {
        self.authenticator = authenticator
        self.reload = reload
    }
}
