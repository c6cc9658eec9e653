import NIOCore

/// Parses a peer's bytes into messages and control frames, by the rules of RFC 6455, sections 5 and 8.1.
///
/// Payload is stored as it arrives, so an incomplete frame costs what came of it, not what its header announced. Text
/// that is not UTF-8 is refused at its first wrong byte.
struct MessageReader {
    enum Event: Equatable {
        case text(String)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong(ByteBuffer)
        case close(CloseFrame)
    }

    private let role: Role
    private let frameLimit: Int
    private let messageLimit: Int

    /// The frame whose payload is being read.
    private var frame: FrameHeader?
    /// The number of its payload bytes that were read.
    private var frameOffset = 0
    /// The opcode of the message whose fragments are being read: text or binary.
    private var message: Opcode?
    private var messageBytes = ByteBuffer()
    private var textCheck = UTF8Validator()
    private var controlBytes = ByteBuffer()
    /// The number of frames that have begun.
    private(set) var frameCount = 0
    /// The number of frames that are complete.
    var finishedFrames: Int { frame == nil ? frameCount : frameCount - 1 }
    /// The bytes of payload that are kept until their message or control frame is complete.
    var heldBytes: Int { messageBytes.readableBytes + controlBytes.readableBytes }

    /// - Parameters:
    ///   - frameLimit: The largest payload of one frame, in bytes.
    ///   - messageLimit: The largest message, all its fragments together, in bytes.
    init(role: Role, frameLimit: Int, messageLimit: Int) {
        self.role = role
        self.frameLimit = frameLimit
        self.messageLimit = messageLimit
    }

    /// Consumes bytes from `buffer` until an event is complete. Returns nil if more bytes are needed; then at most a
    /// part of a header (13 bytes) is left in the buffer.
    ///
    /// After a violation the reader must not be used any more.
    mutating func next(from buffer: inout ByteBuffer) throws(ProtocolViolation) -> Event? {
        while true {
            if frame == nil {
                guard let header = try FrameHeader.read(from: &buffer, role: role, limit: frameLimit)
                else { return nil }
                try begin(header)
            }
            guard let header = frame else { return nil }
            try readPayload(of: header, from: &buffer)
            guard frameOffset == header.length else { return nil }
            frame = nil
            if let event = try finish(header) { return event }
        }
    }

    /// Checks that a frame may come at this point (section 5.4).
    private mutating func begin(_ header: FrameHeader) throws(ProtocolViolation) {
        switch header.opcode {
        case .continuation:
            if message == nil { throw .protocolError("a continuation continues nothing") }
        case .text, .binary:
            if message != nil { throw .protocolError("a message begins within another") }
            message = header.opcode
        case .close, .ping, .pong:
            break
        }
        if !header.opcode.isControl, messageBytes.readableBytes + header.length > messageLimit {
            throw .tooBig("a message of more than \(messageLimit) bytes")
        }
        frame = header
        frameOffset = 0
        frameCount += 1
    }

    private mutating func readPayload(of header: FrameHeader, from buffer: inout ByteBuffer) throws(ProtocolViolation) {
        let count = min(header.length - frameOffset, buffer.readableBytes)
        guard count > 0, let payload = buffer.readSlice(length: count) else { return }
        if header.opcode.isControl {
            Self.append(payload, to: &controlBytes, unmasking: header.maskingKey, offset: frameOffset)
        } else {
            Self.append(payload, to: &messageBytes, unmasking: header.maskingKey, offset: frameOffset)
            if message == .text { try checkText(last: count) }
        }
        frameOffset += count
    }

    private static func append(
        _ payload: ByteBuffer, to buffer: inout ByteBuffer, unmasking key: MaskingKey?, offset: Int
    ) {
        let start = buffer.readableBytes
        buffer.writeImmutableBuffer(payload)
        guard let key else { return }
        buffer.withUnsafeMutableReadableBytes { bytes in
            key.apply(to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), offset: offset)
        }
    }

    private mutating func checkText(last count: Int) throws(ProtocolViolation) {
        let isValid = messageBytes.withUnsafeReadableBytes { bytes in
            textCheck.accept(UnsafeRawBufferPointer(rebasing: bytes.suffix(count)))
        }
        if !isValid { throw .notUTF8() }
    }

    /// The event that the frame completes, if any.
    private mutating func finish(_ header: FrameHeader) throws(ProtocolViolation) -> Event? {
        switch header.opcode {
        case .ping: return .ping(takeControlBytes())
        case .pong: return .pong(takeControlBytes())
        case .close: return .close(try CloseFrame(payload: takeControlBytes()))
        case .continuation, .text, .binary: return header.isFinal ? try finishMessage() : nil
        }
    }

    private mutating func finishMessage() throws(ProtocolViolation) -> Event {
        defer {
            message = nil
            messageBytes = ByteBuffer()
        }
        guard message == .text else { return .binary(messageBytes) }
        if !textCheck.isComplete { throw .notUTF8() }
        return .text(String(buffer: messageBytes))
    }

    private mutating func takeControlBytes() -> ByteBuffer {
        defer { controlBytes = ByteBuffer() }
        return controlBytes
    }
}
