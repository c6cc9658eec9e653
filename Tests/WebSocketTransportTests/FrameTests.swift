import NIOCore
import Testing

@testable import WebSocketTransport

struct FrameTests {
    /// The examples of RFC 6455, section 5.7.
    @Test func examplesOfTheRFC() throws {
        let unmasked: [UInt8] = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        var outbox = Outbox(role: .server)
        outbox.append(.text, "Hello")
        let frame = outbox.popFirst()
        #expect(frame == ByteBuffer(bytes: unmasked))

        var buffer = ByteBuffer(bytes: masked)
        var reader = MessageReader(role: .server, frameLimit: 100, messageLimit: 100)
        let event = try reader.next(from: &buffer)
        #expect(event == .text("Hello"))
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65535, 65536, 70000])
    func headersSurvive(length: Int) throws {
        for key in [nil, MaskingKey(bigEndian: 0x0102_0304)] {
            let header = FrameHeader(isFinal: false, opcode: .binary, maskingKey: key, length: length)
            var buffer = ByteBuffer()
            header.write(into: &buffer)
            let role: Role = key == nil ? .client : .server
            let read = try FrameHeader.read(from: &buffer, role: role, limit: 70000)
            #expect(read == header)
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test func maskingIsByteByByte() {
        let key = MaskingKey(bigEndian: 0xA1B2_C3D4)
        let keyBytes: [UInt8] = [0xA1, 0xB2, 0xC3, 0xD4]
        for count in 0..<40 {
            for offset in 0..<9 {
                let payload = (0..<count).map { UInt8($0 * 6) }
                var masked = payload
                masked.withUnsafeMutableBytes { key.apply(to: $0, offset: offset) }
                #expect(masked == payload.enumerated().map { $1 ^ keyBytes[($0 + offset) % 4] })
            }
        }
    }

    @Test func clientKeysDiffer() {
        var outbox = Outbox(role: .client)
        var keys: Set<[UInt8]> = []
        for _ in 0..<50 {
            outbox.append(.ping, ByteBuffer())
            let frame = outbox.popFirst().map { Array($0.readableBytesView) } ?? []
            keys.insert(Array(frame.dropFirst(2)))
        }
        #expect(keys.count == 50)
        #expect(keys.allSatisfy { $0.count == 4 })
    }

    @Test func outboxCountsAndJoins() {
        var outbox = Outbox(role: .server)
        for _ in 0..<100 { outbox.append(.text, "0123456789") }
        #expect(outbox.byteCount == 1200)
        #expect(outbox.end == 1200)
        let burst = outbox.popFirst()
        #expect(burst?.readableBytes == 1200)  // small frames are one write
        #expect(outbox.isEmpty && outbox.start == 1200)
        outbox.append(.binary, ByteBuffer(repeating: 0, count: 20_000))
        outbox.append(.text, "next")
        let sizes = (0..<3).map { _ in outbox.popFirst()?.readableBytes }
        #expect(sizes == [20_004, 6, nil])
    }

    struct UTF8Case: Sendable {
        var bytes: [UInt8]
        /// The number of bytes that are accepted before the first wrong one; nil if all are.
        var refusedAt: Int?
        var isComplete = true
    }

    static let utf8: [UTF8Case] = [
        UTF8Case(bytes: []),
        UTF8Case(bytes: Array("plain ASCII that is longer than eight bytes".utf8)),
        UTF8Case(bytes: Array("é€😀\u{10FFFF}\u{FFFF}\u{0}".utf8)),
        UTF8Case(bytes: [0xC3], isComplete: false),
        UTF8Case(bytes: [0xF4, 0x8F, 0xBF], isComplete: false),
        UTF8Case(bytes: [0x80], refusedAt: 0),
        UTF8Case(bytes: [0xC0, 0x80], refusedAt: 0),
        UTF8Case(bytes: [0xC1, 0xBF], refusedAt: 0),
        UTF8Case(bytes: [0xE0, 0x9F, 0xBF], refusedAt: 1),
        UTF8Case(bytes: [0xED, 0xA0, 0x80], refusedAt: 1),
        UTF8Case(bytes: [0xF0, 0x8F, 0xBF, 0xBF], refusedAt: 1),
        UTF8Case(bytes: [0xF4, 0x90, 0x80, 0x80], refusedAt: 1),
        UTF8Case(bytes: [0xF5, 0x80], refusedAt: 0),
        UTF8Case(bytes: [0xFF], refusedAt: 0),
        UTF8Case(bytes: [0xE2, 0x28, 0xA1], refusedAt: 1),
        UTF8Case(bytes: [0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xFE], refusedAt: 9),
    ]

    @Test(arguments: utf8) func utf8IsRefusedAtItsFirstWrongByte(_ test: UTF8Case) {
        var validator = UTF8Validator()
        var accepted = 0
        for byte in test.bytes {
            guard withUnsafeBytes(of: byte, { validator.accept($0) }) else { break }
            accepted += 1
        }
        #expect(accepted == test.refusedAt ?? test.bytes.count)
        var atOnce = UTF8Validator()
        #expect(test.bytes.withUnsafeBytes { atOnce.accept($0) } == (test.refusedAt == nil))
        if test.refusedAt == nil { #expect(validator.isComplete == test.isComplete) }
    }

    /// The standard library defines what valid UTF-8 is.
    @Test func utf8AgreesWithTheStandardLibrary() {
        var random = SplitMix(1)
        let interesting: [UInt8] = [0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF4]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                interesting.randomElement(using: &random) ?? 0
            }
            var validator = UTF8Validator()
            let isValid = bytes.withUnsafeBytes { validator.accept($0) } && validator.isComplete
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
