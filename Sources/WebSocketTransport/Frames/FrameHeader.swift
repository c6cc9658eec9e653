import NIOCore

/// The type of a frame (RFC 6455, section 5.2). The other ten values are reserved.
enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Close, ping and pong. These may come between the fragments of a message.
    var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The end of the connection that this is. It decides who masks frames and who ends the TCP connection.
enum Role: Sendable {
    case client
    case server
}

/// The first 2 to 14 bytes of a frame (RFC 6455, section 5.2).
struct FrameHeader: Hashable {
    /// The most bytes that a control frame may carry (section 5.5).
    static let controlPayloadLimit = 125

    var isFinal: Bool
    var opcode: Opcode
    /// The key that masks the payload. Every frame of a client has one, and no frame of a server.
    var maskingKey: MaskingKey?
    /// The payload's length in bytes.
    var length: Int

    /// Parses a header at the front of `buffer`. If it is incomplete, it consumes nothing and returns nil.
    ///
    /// Each rule is checked as soon as its bytes have arrived, so that a malformed frame is refused at its second byte.
    /// - Parameters:
    ///   - role: This end. A server accepts only masked frames, a client only unmasked ones (section 5.1).
    ///   - limit: The largest payload that is accepted, in bytes.
    static func read(
        from buffer: inout ByteBuffer, role: Role, limit: Int
    ) throws(ProtocolViolation) -> FrameHeader? {
        guard
            let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
            let second = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self)
        else { return nil }

        let opcode = try Self.opcode(of: first)
        let isFinal = first & 0x80 != 0
        let isMasked = second & 0x80 != 0
        let shortLength = Int(second & 0x7F)
        if isMasked != (role == .server) {
            throw .protocolError(isMasked ? "the server masked a frame" : "the client did not mask a frame")
        }
        if opcode.isControl {
            if !isFinal { throw .protocolError("a control frame is fragmented") }
            if shortLength > controlPayloadLimit { throw .protocolError("a control frame is too long") }
        }

        let lengthBytes = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0
        let size = 2 + lengthBytes + (isMasked ? 4 : 0)
        var rest = buffer
        rest.moveReaderIndex(forwardBy: 2)
        guard rest.readableBytes >= lengthBytes else { return nil }
        let length = try Self.length(short: shortLength, from: &rest)
        if length > limit { throw .tooBig("a frame of \(length) bytes") }
        guard buffer.readableBytes >= size else { return nil }

        let key = isMasked ? rest.readInteger(as: UInt32.self).map(MaskingKey.init(bigEndian:)) : nil
        buffer.moveReaderIndex(forwardBy: size)
        return FrameHeader(isFinal: isFinal, opcode: opcode, maskingKey: key, length: length)
    }

    private static func opcode(of first: UInt8) throws(ProtocolViolation) -> Opcode {
        // This program never negotiates an extension that would use the reserved bits.
        if first & 0x70 != 0 { throw .protocolError("a reserved bit is set") }
        guard let opcode = Opcode(rawValue: first & 0x0F) else {
            throw .protocolError("opcode \(first & 0x0F) is reserved")
        }
        return opcode
    }

    /// Parses the length, which must be in its shortest form (section 5.2).
    private static func length(short: Int, from buffer: inout ByteBuffer) throws(ProtocolViolation) -> Int {
        switch short {
        case 126:
            let length = Int(buffer.readInteger(as: UInt16.self) ?? 0)
            if length < 126 { throw .protocolError("a length is not in its shortest form") }
            return length
        case 127:
            let length = buffer.readInteger(as: UInt64.self) ?? 0
            if length <= UInt16.max { throw .protocolError("a length is not in its shortest form") }
            guard let length = Int(exactly: length) else { throw .protocolError("a length has its highest bit set") }
            return length
        default:
            return short
        }
    }

    /// Appends the header as it is on the wire.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeInteger((isFinal ? 0x80 : 0) | opcode.rawValue)
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        switch length {
        case 0..<126:
            buffer.writeInteger(maskBit | UInt8(length))
        case 126...Int(UInt16.max):
            buffer.writeInteger(maskBit | 126)
            buffer.writeInteger(UInt16(length))
        default:
            buffer.writeInteger(maskBit | 127)
            buffer.writeInteger(UInt64(length))
        }
        if let maskingKey { buffer.writeInteger(maskingKey.bigEndian) }
    }
}
