import ArgumentParser
import ChatServer
import ChatWire
import RateLimiting
import ServerRuntime
import WebSocketTransport

/// The limits of users, addresses and connections.
struct LimitOptions: ParsableArguments {
    @Option(help: "How many characters a message may have. (default: 500)")
    var maxMessageLength: Int?

    @Option(help: "How many bytes of UTF-8 a message may have, up to 8192. (default: 4096)")
    var messageBytes: Int?

    @Option(help: "How many messages a user may send at once. (default: 60)")
    var messageBurst: Int?

    @Option(help: "How many messages a second a user may send after that; 0 for no limit. (default: 1)")
    var messageRate: Int?

    @Option(help: "How many bytes a user may send at once. (default: 1 MiB, or 8192 for each message at once)")
    var byteBurst: Int?

    @Option(
        help: """
            How many bytes a second a user may send after that; 0 for no limit. (default: 8192 for each message a second, \
            at least 65536; no limit if --message-rate is 0)
            """)
    var byteRate: Int?

    @Option(help: "How many events besides new messages a user may send at once. (default: 1000)")
    var eventBurst: Int?

    @Option(
        help: """
            How many events besides new messages a user may send a second after that; 0 for no limit. (default: 100; no \
            limit if --message-rate is 0)
            """)
    var eventRate: Int?

    @Option(
        help: """
            How many GET requests about a user are answered at once, and after that a tenth of it a second; 0 for no limit. \
            (default: 1000)
            """)
    var userRequests: Int?

    @Option(help: "How many others a user may block; 0 for no limit. (default: 1000)")
    var userBlocks: Int?

    @Option(help: "How many connections a user may have at once; 0 for no limit. (default: 100)")
    var userConnections: Int?

    @Option(
        help: "How many connections an address may have at once; 0 for no limit. Loopback has none. (default: 1000)")
    var addressConnections: Int?

    @Option(
        help: """
            How many connections an address may open at once, and after that a tenth of it a second; 0 for no limit. \
            (default: 200)
            """)
    var addressHandshakes: Int?

    @Option(
        help: """
            How many GET requests an address may make at once, and after that a tenth of it a second; 0 for no limit. \
            (default: 200)
            """)
    var addressRequests: Int?

    @Option(help: "How many seconds a connection has to authenticate. (default: 10)")
    var authTime: Int?

    @Option(help: "How many bytes a frame may have, all fragments of a message together. (default: 65536)")
    var frameBytes: Int?

    @Option(help: "How many bytes may wait for a client that is slow to read. (default: 1048576)")
    var queueBytes: Int?

    @Option(help: "How many seconds a client may go without reading what waits for it. (default: 10)")
    var queueTime: Int?

    @Option(
        help: """
            How many sockets may be open in all, whatever protocol they speak. (default: the limit of open files, less \
            what the database and the log need)
            """)
    var sockets: Int?

    @Option(
        help: """
            How many sockets of one address may be open; 0 for no limit. Loopback and trusted proxies have none. \
            (default: 2000)
            """)
    var addressSockets: Int?

    @Option(
        help: """
            How many sockets an address may open at once, and after that a tenth of it a second; 0 for no limit. Loopback \
            and trusted proxies have none. (default: 1000)
            """)
    var addressAccepts: Int?

    @Option(
        help: """
            How many sockets may wait for TLS or for their first request; 0 for no limit. (default: 8192)
            """)
    var openings: Int?

    @Option(
        help: """
            How many sockets of one address may wait for TLS or for their first request; 0 for no limit. Loopback and \
            trusted proxies have none. (default: 200)
            """)
    var addressOpenings: Int?

    @Option(
        help: "How many bytes of answers may wait for clients that make requests; 0 for no limit. (default: 128 MiB)")
    var answerBytes: Int?

    @Option(
        help:
            "How many bytes of answers may wait for the clients of one address; 0 for no limit. Loopback has none. (default: 32 MiB)"
    )
    var addressAnswerBytes: Int?

    func apply(to settings: inout ServerSettings) throws {
        settings.limits = try messages()
        settings.messageRate = try rateOfMessages()
        settings.byteRate = try rateOfBytes(beside: settings.messageRate, of: settings.limits)
        settings.eventRate = try rateOfEvents(beside: settings.messageRate)
        settings.requestsPerUser = try limit(
            userRequests, "USER_REQUESTS", "--user-requests", else: settings.requestsPerUser)
        settings.blocksPerUser = try limit(userBlocks, "USER_BLOCKS", "--user-blocks", else: settings.blocksPerUser)
        settings.connectionsPerUser = try limit(
            userConnections, "USER_CONNECTIONS", "--user-connections", else: settings.connectionsPerUser)
        settings.addressLimits = try addresses(else: settings.addressLimits)
        settings.authTime =
            try number(authTime, "AUTH_TIME", "--auth-time", 1...600).map { .seconds($0) } ?? settings.authTime
        settings.socketLimits = try sockets(for: settings.limits)
    }

    private func messages() throws -> MessageLimits {
        let bytes = try number(messageBytes, "MESSAGE_BYTES", "--message-bytes", 1...Self.maxMessageBytes) ?? 4096
        let characters = try number(
            maxMessageLength, "MAX_MESSAGE_LENGTH", "--max-message-length", 1...Self.maxMessageBytes)
        if let characters, characters > bytes {
            throw ValidationError(
                "--max-message-length \(characters) is more than fits into a message of \(bytes) bytes (--message-bytes)."
            )
        }
        return MessageLimits(characters: characters ?? min(500, bytes), bytes: bytes)
    }

    private func rateOfMessages() throws -> Rate? {
        let standard = ServerSettings.standardMessageRate
        let burst = try number(messageBurst, "MESSAGE_BURST", "--message-burst", 1...1_000_000) ?? standard.burst
        let rate = try number(messageRate, "MESSAGE_RATE", "--message-rate", 0...1_000_000) ?? standard.perSecond
        return rate == 0 ? nil : Rate(burst: burst, perSecond: rate)
    }

    private func rateOfBytes(beside messages: Rate?, of limits: MessageLimits) throws -> Rate? {
        let burst = try number(byteBurst, "BYTE_BURST", "--byte-burst", 1...1_000_000_000)
        let given = try number(byteRate, "BYTE_RATE", "--byte-rate", 0...1_000_000_000)
        return ServerSettings.byteRate(beside: messages, of: limits, burst: burst, perSecond: given)
    }

    /// If messages are unlimited, so are events, unless their own limit is given.
    private func rateOfEvents(beside messages: Rate?) throws -> Rate? {
        let standard = ServerSettings.standardEventRate
        let burst = try number(eventBurst, "EVENT_BURST", "--event-burst", 1...1_000_000) ?? standard.burst
        let rate =
            try number(eventRate, "EVENT_RATE", "--event-rate", 0...1_000_000)
            ?? (messages == nil ? 0 : standard.perSecond)
        return rate == 0 ? nil : Rate(burst: burst, perSecond: rate)
    }

    private func addresses(else standard: AddressLimits) throws -> AddressLimits {
        AddressLimits(
            connections: try limit(
                addressConnections, "ADDRESS_CONNECTIONS", "--address-connections", else: standard.connections),
            handshakes: try limit(
                addressHandshakes, "ADDRESS_HANDSHAKES", "--address-handshakes", else: standard.handshakes),
            requests: try limit(addressRequests, "ADDRESS_REQUESTS", "--address-requests", else: standard.requests))
    }

    // MARK: - What one connection may cost

    /// Clients accept frames of 64 KiB. Any message of this size fits in one, whatever characters it has.
    private static let maxMessageBytes = 8192

    /// JSON may take six bytes for one byte of text (`\u0001`).
    private static let wireBytesOfOne = 6

    /// Room for sender, receiver and product of a message, or for the longest token.
    private static let bytesBesideText = 16 * 1024

    private static let maxAnswerBytes = 1 << 40

    private func sockets(for messages: MessageLimits) throws -> WebSocketLimits {
        var limits = WebSocketLimits()
        if let bytes = try number(frameBytes, "FRAME_BYTES", "--frame-bytes", 1...(1 << 24)) {
            let needed = Self.wireBytesOfOne * messages.bytes + Self.bytesBesideText
            guard bytes >= needed else {
                throw ValidationError(
                    """
                    --frame-bytes \(bytes) is too little: a message of \(messages.bytes) bytes may take \(needed) in its \
                    frame (--message-bytes).
                    """)
            }
            limits.frameBytes = bytes
            limits.messageBytes = bytes
        }
        // The marks and the presence of two hundred peers are queued at once.
        if let bytes = try number(queueBytes, "QUEUE_BYTES", "--queue-bytes", (256 * 1024)...(1 << 30)) {
            limits.outboundBytes = bytes
            limits.sheddingBytes = bytes / 4
        }
        if let seconds = try number(queueTime, "QUEUE_TIME", "--queue-time", 1...600) {
            limits.writeDeadline = .seconds(seconds)
        }
        limits.sockets = try number(sockets, "SOCKETS", "--sockets", 1...10_000_000)
        limits.addressSockets = try limit(
            addressSockets, "ADDRESS_SOCKETS", "--address-sockets", else: limits.addressSockets)
        limits.addressAccepts = try limit(
            addressAccepts, "ADDRESS_ACCEPTS", "--address-accepts", else: limits.addressAccepts)
        limits.openings = try limit(openings, "OPENINGS", "--openings", else: limits.openings)
        limits.addressOpenings = try limit(
            addressOpenings, "ADDRESS_OPENINGS", "--address-openings", else: limits.addressOpenings)
        limits.answerBytes = try limit(
            answerBytes, "ANSWER_BYTES", "--answer-bytes", upTo: Self.maxAnswerBytes, else: limits.answerBytes)
        limits.addressAnswerBytes = try limit(
            addressAnswerBytes, "ADDRESS_ANSWER_BYTES", "--address-answer-bytes", upTo: Self.maxAnswerBytes,
            else: limits.addressAnswerBytes)
        return limits
    }

    // MARK: - Numbers

    private func number(_ flag: Int?, _ name: String, _ flagName: String, _ range: ClosedRange<Int>) throws -> Int? {
        try ServerOptions.number(flag, name, flagName, range)
    }

    /// Nil for no limit. On the command line that is 0.
    private func limit(
        _ flag: Int?, _ name: String, _ flagName: String, upTo greatest: Int = 1_000_000, else standard: Int?
    ) throws -> Int? {
        guard let limit = try number(flag, name, flagName, 0...greatest) else { return standard }
        return limit == 0 ? nil : limit
    }
}
