import ChatWire

/// What the server did since it began, and how long it took. A value: a test looks at it, and `/metrics` is made of it.
///
/// It holds no id and nobody's words; what is counted apart has one of the few names that stand here.
struct Metrics: Sendable, Equatable {
    private(set) var accepted = 0
    private(set) var ended = LabeledCounter<ConnectionEnd>()
    private(set) var refusedConnections = LabeledCounter<ConnectionRefusal>()
    private(set) var stored = 0
    private(set) var delivered = 0
    private(set) var refusedMessages = LabeledCounter<ErrorCode>([
        .forbidden, .invalidMessage, .messageTooLong, .rateLimited, .idempotencyConflict, .storageFailed,
    ])
    private(set) var errors = LabeledCounter<ErrorCode>([
        .notAuthorized, .forbidden, .invalidEvent, .invalidMessage, .messageTooLong, .rateLimited, .idempotencyConflict,
        .storageFailed,
    ])
    private(set) var resumes = LabeledCounter<Resumption>()
    private(set) var limitsHit = LabeledCounter<Limit>()
    private(set) var commitTime = Histogram()
    private(set) var deliveryTime = Histogram()

    /// How many WebSockets there are now.
    var connections: Int { accepted - ended.total }

    enum Resumption: String, CaseIterable, Sendable { case resumed, resync }

    enum Limit: String, CaseIterable, Sendable {
        case messages, bytes, flood, events
        case otherFrames = "other_frames"
        case messageLength = "message_length"
        case userConnections = "user_connections"
        case userRequests = "user_requests"
        case userBlocks = "user_blocks"
        case addressConnections = "address_connections"
        case addressHandshakes = "address_handshakes"
        case addressRequests = "address_requests"
        case authTime = "auth_time"
        case beforeAuth = "before_auth"
        case frameBytes = "frame_bytes"
        case outboundBytes = "outbound_bytes"
    }

    // MARK: What happens

    mutating func note(_ line: LogLine) {
        switch line {
        case .connected: accepted += 1
        case .refused(let code):
            refusedMessages.count(code)
            if code == .messageTooLong { limitsHit.count(.messageLength) }
        case .storageFailed: refusedMessages.count(.storageFailed)
        case .flooded: limitsHit.count(.flood)
        case .ended(_, Session.tooManyConnections, _): note(.userConnections)
        case .ended(_, Session.policyViolation, _): limitsHit.count(.beforeAuth)
        case .ended(_, Session.invalidToken, _): note(.notAuthorized)
        case .ended(_, Session.wrongUser, _): note(.anotherUser)
        case .ended(_, Session.banned, _): note(.banned)
        // Counted by the events that are sent, or by how their connection ends.
        case .ended, .authorized, .received, .stored, .delivered, .receiverOffline, .disconnected, .badEvent, .cut,
            .authenticationUnavailable, .httpRefused, .databaseFailed:
            break
        }
    }

    mutating func note(sent event: ServerEvent) {
        switch event {
        case .newMessage: delivered += 1
        case .resumeComplete: resumes.count(.resumed)
        case .resyncRequired: resumes.count(.resync)
        case .error(let failure): if let code = failure.code { errors.count(code) }
        case .authSuccess, .messageSent, .delivered, .read, .typing, .presence, .tokenExpiring, .blocked, .unknown:
            break
        }
    }

    mutating func note(_ refusal: ConnectionRefusal) {
        refusedConnections.count(refusal)
        switch refusal {
        case .userConnections: limitsHit.count(.userConnections)
        case .addressConnections: limitsHit.count(.addressConnections)
        case .addressHandshakes: limitsHit.count(.addressHandshakes)
        case .forbidden, .notAuthorized, .anotherUser, .banned: break
        }
    }

    mutating func note(_ end: ConnectionEnd) {
        ended.count(end)
        switch end {
        case .noAuth: limitsHit.count(.authTime)
        case .tooBig: limitsHit.count(.frameBytes)
        case .slowConsumer: limitsHit.count(.outboundBytes)
        case .client, .lost, .noPong, .violation, .server: break
        }
    }

    /// A message was refused for its user's rate, or a request for its address's.
    mutating func noteRefusal(by limit: Limit) { limitsHit.count(limit) }
    mutating func note(stored count: Int) { stored += count }
    mutating func note(commitTime time: Duration) { commitTime.observe(time) }
    mutating func note(deliveryTime time: Duration) { deliveryTime.observe(time) }
}

/// Why somebody who wanted to connect does not stay.
enum ConnectionRefusal: String, CaseIterable, Sendable {
    /// From elsewhere than this server serves.
    case forbidden
    case addressConnections = "address_connections"
    case addressHandshakes = "address_handshakes"
    case userConnections = "user_connections"
    /// No token, or one that proves nothing.
    case notAuthorized = "not_authorized"
    /// The token is another user's.
    case anotherUser = "another_user"
    /// An operator keeps the user out.
    case banned
}

/// How a connection ended.
public enum ConnectionEnd: String, CaseIterable, Sendable {
    /// The client closed it.
    case client
    /// It broke.
    case lost
    /// Nobody said in time who this is.
    case noAuth = "no_auth"
    case noPong = "no_pong"
    case slowConsumer = "slow_consumer"
    /// A frame or message that was too big.
    case tooBig = "too_big"
    case violation
    /// The server closed it.
    case server
}
