import DequeModule
import NIOCore

/// The frames that wait to be sent, in order and in their wire form.
///
/// A frame is appended as a whole, and every message is one frame, so frames of two messages never interleave.
struct Outbox {
    /// Small frames share a chunk of up to this size, so that a burst of them is one write.
    private static let chunkBytes = 16 * 1024

    private let role: Role
    private var chunks = Deque<ByteBuffer>()
    /// The number of bytes that wait.
    private(set) var byteCount = 0
    /// The position of the next byte: the number of bytes ever appended.
    private(set) var end: UInt64 = 0

    init(role: Role) { self.role = role }

    var isEmpty: Bool { byteCount == 0 }
    /// The position of the first byte that waits.
    var start: UInt64 { end - UInt64(byteCount) }

    mutating func append(_ opcode: Opcode, _ text: String) {
        // `utf8.count` equals the number of bytes that `writeString` writes, because a Swift string is always valid.
        append(opcode, length: text.utf8.count) { $0.writeString(text) }
    }

    mutating func append(_ opcode: Opcode, _ bytes: [UInt8]) {
        append(opcode, length: bytes.count) { $0.writeBytes(bytes) }
    }

    mutating func append(_ opcode: Opcode, _ payload: ByteBuffer) {
        append(opcode, length: payload.readableBytes) { $0.writeImmutableBuffer(payload) }
    }

    private mutating func append(_ opcode: Opcode, length: Int, writePayload: (inout ByteBuffer) -> Int) {
        let key = role == .client ? MaskingKey.random() : nil
        let header = FrameHeader(isFinal: true, opcode: opcode, maskingKey: key, length: length)
        let fits = chunks.last.map { $0.readableBytes + length <= Self.chunkBytes } ?? false
        if !fits { chunks.append(ByteBufferAllocator().buffer(capacity: length + 14)) }

        let last = chunks.endIndex - 1
        let before = chunks[last].readableBytes
        header.write(into: &chunks[last])
        let payloadStart = chunks[last].readableBytes
        _ = writePayload(&chunks[last])
        if let key {
            chunks[last].withUnsafeMutableReadableBytes { bytes in
                key.apply(to: UnsafeMutableRawBufferPointer(rebasing: bytes[payloadStart...]), offset: 0)
            }
        }
        let added = chunks[last].readableBytes - before
        byteCount += added
        end += UInt64(added)
    }

    /// Removes and returns the next chunk to send.
    mutating func popFirst() -> ByteBuffer? {
        guard let chunk = chunks.popFirst() else { return nil }
        byteCount -= chunk.readableBytes
        if chunks.isEmpty { chunks = Deque() }  // an idle connection keeps no storage
        return chunk
    }

    /// Discards everything that waits. A last frame can still be appended.
    mutating func removeAll() {
        chunks = Deque()
        byteCount = 0
    }
}
