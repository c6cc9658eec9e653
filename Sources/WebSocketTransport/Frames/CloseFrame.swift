import NIOCore

/// The close codes of RFC 6455, section 7.4.1, and those of this system's protocol.
public enum CloseCode {
    public static let normal: UInt16 = 1000
    public static let goingAway: UInt16 = 1001
    public static let protocolError: UInt16 = 1002
    public static let invalidPayload: UInt16 = 1007
    public static let tooBig: UInt16 = 1009
    /// The server restarts. Clients should reconnect after a random delay.
    public static let restart: UInt16 = 1012
    /// The peer did not answer a ping.
    public static let noPong: UInt16 = 4001
    /// The peer did not read what was sent to it.
    public static let slowConsumer: UInt16 = 4002
    /// The peer did not authenticate in time.
    public static let notAdmitted: UInt16 = 4008

    /// Whether a Close frame may carry the code (section 7.4.2 and IANA's registry). 1004, 1005, 1006 and 1015 may not:
    /// they are for use inside a program.
    public static func isAllowedOnWire(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// The content of a Close frame (RFC 6455, section 5.5.1).
struct CloseFrame: Hashable {
    /// Nil if the frame is empty.
    var code: UInt16?
    var reason: String

    init(code: UInt16?, reason: String) {
        self.code = code
        self.reason = reason
    }

    init(payload: ByteBuffer) throws(ProtocolViolation) {
        var payload = payload
        if payload.readableBytes == 0 {
            self.init(code: nil, reason: "")
            return
        }
        guard let code = payload.readInteger(as: UInt16.self) else {
            throw .protocolError("a close code is cut short")
        }
        if !CloseCode.isAllowedOnWire(code) { throw .protocolError("\(code) is no close code") }
        var check = UTF8Validator()
        guard payload.withUnsafeReadableBytes({ check.accept($0) }), check.isComplete else { throw .notUTF8() }
        self.init(code: code, reason: String(buffer: payload))
    }

    /// The payload on the wire. It is empty if the code may not be sent; the reason is cut to what fits.
    var payload: ByteBuffer {
        guard let code, CloseCode.isAllowedOnWire(code) else { return ByteBuffer() }
        var payload = ByteBuffer(integer: code)
        payload.writeSubstring(reason.prefix(utf8Bytes: FrameHeader.controlPayloadLimit - 2))
        return payload
    }
}

extension String {
    /// The longest prefix of at most `limit` bytes that ends between characters.
    fileprivate func prefix(utf8Bytes limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        var end = startIndex
        var count = 0
        while end < endIndex {
            count += self[end].utf8.count
            if count > limit { break }
            formIndex(after: &end)
        }
        return self[..<end]
    }
}
