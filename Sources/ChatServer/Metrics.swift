import ChatWire

/// The counters and histograms since the server started. `/metrics` is made from this value, and tests read it.
///
/// It contains no ids and no user's text. All label values are listed here.
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

    /// The number of WebSockets that are open now.
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

    // MARK: Events

    mutating func note(_ line: LogLine) {
        switch line {
        case .connected: accepted += 1
        case .refused(let code):
            refusedMessages.count(code)
            if code == .messageTooLong { limitsHit.count(.messageLength) }
        case .storageFailed: refusedMessages.count(.storageFailed)
        case .flooded: limitsHit.count(.flood)
        case .ended(_, let code, _): note(endedWith: code)
        // These are counted by the events that are sent, or by the end of their connection.
        case .authorized, .received, .stored, .delivered, .receiverOffline, .disconnected, .badEvent, .cut,
            .authenticationUnavailable, .httpRefused, .databaseFailed, .storageUnknown:
            break
        }
    }

    private mutating func note(endedWith code: Session.CloseCode) {
        switch code {
        case .tooManyConnections: note(.userConnections)
        case .policyViolation: limitsHit.count(.beforeAuth)
        case .invalidToken: note(.notAuthorized)
        case .wrongUser: note(.anotherUser)
        case .banned: note(.banned)
        // These are counted by the event that is sent, or by the end of the connection.
        case .tokenExpired, .authTimeout, .unexpectedCondition, .noSuchUser: break
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

    /// Counts a message or a request that was refused because of a limit.
    mutating func noteRefusal(by limit: Limit) { limitsHit.count(limit) }
    mutating func note(stored count: Int) { stored += count }
    mutating func note(commitTime time: Duration) { commitTime.observe(time) }
    mutating func note(deliveryTime time: Duration) { deliveryTime.observe(time) }
}

/// The reason why a connection was refused.
enum ConnectionRefusal: String, CaseIterable, Sendable {
    /// The client's address, host name or origin is not allowed.
    case forbidden
    case addressConnections = "address_connections"
    case addressHandshakes = "address_handshakes"
    case userConnections = "user_connections"
    /// There is no token, or it is invalid.
    case notAuthorized = "not_authorized"
    /// The token belongs to another user.
    case anotherUser = "another_user"
    /// An operator has banned the user.
    case banned
}

/// The reason why a connection ended.
public enum ConnectionEnd: String, CaseIterable, Sendable {
    /// The client closed it.
    case client
    /// The connection was lost.
    case lost
    /// The client has not logged in in time.
    case noAuth = "no_auth"
    case noPong = "no_pong"
    case slowConsumer = "slow_consumer"
    /// A frame or message was too big.
    case tooBig = "too_big"
    case violation
    /// The server closed it.
    case server
}
