import NIOCore
import Testing

@testable import WebSocketTransport

/// The rules of RFC 6455 about frames, as tables: bytes in, events or a violation out.
struct MessageReaderTests {
    /// The result of reading bytes: the events, and how it ended.
    struct Outcome: Equatable {
        var events: [MessageReader.Event] = []
        var violation: UInt16?
    }

    /// Feeds the bytes to the reader in pieces of `step`.
    private func read(
        _ bytes: [UInt8], role: Role = .server, step: Int = .max, frameLimit: Int = 1000, messageLimit: Int = 1500
    ) -> Outcome {
        var reader = MessageReader(role: role, frameLimit: frameLimit, messageLimit: messageLimit)
        var outcome = Outcome()
        var buffer = ByteBuffer()
        var rest = bytes[...]
        while !rest.isEmpty {
            buffer.writeBytes(rest.prefix(step))
            rest = rest.dropFirst(step)
            do throws(ProtocolViolation) {
                while let event = try reader.next(from: &buffer) { outcome.events.append(event) }
            } catch {
                outcome.violation = error.code
                return outcome
            }
            #expect(buffer.readableBytes < 14)
        }
        return outcome
    }

    /// Feeds them as a whole and byte by byte. The result must be the same.
    private func readBothWays(_ bytes: [UInt8], role: Role = .server) -> Outcome {
        let whole = read(bytes, role: role)
        #expect(read(bytes, role: role, step: 1) == whole)
        #expect(read(bytes, role: role, step: 3) == whole)
        return whole
    }

    struct Case: CustomTestStringConvertible {
        var what: String
        var bytes: [UInt8]
        var events: [MessageReader.Event] = []
        var violation: UInt16?
        var testDescription: String { what }

        init(_ what: String, _ bytes: [UInt8], _ events: [MessageReader.Event] = [], violation: UInt16? = nil) {
            self.what = what
            self.bytes = bytes
            self.events = events
            self.violation = violation
        }
    }

    private static func ones(_ count: Int) -> [UInt8] { Array(repeating: 1, count: count) }

    static let good: [Case] = [
        Case("a text", Wire.text("Hello"), [.text("Hello")]),
        Case("no text at all", Wire.text(""), [.text("")]),
        Case("text of four-byte characters", Wire.text("κόσμε 😀"), [.text("κόσμε 😀")]),
        Case("binary", Wire.frame(0x82, [0, 255]), [.binary(ByteBuffer(bytes: [0, 255]))]),
        Case("length 126", Wire.frame(0x82, ones(126)), [.binary(ByteBuffer(bytes: ones(126)))]),
        Case(
            "fragments", Wire.frame(0x01, Array("Hel".utf8)) + Wire.frame(0x80, Array("lo".utf8)), [.text("Hello")]),
        Case(
            "empty fragments", Wire.frame(0x01, []) + Wire.frame(0x00, []) + Wire.frame(0x80, []), [.text("")]),
        Case(
            "fragments that cut a character",
            Wire.frame(0x01, [0xCE]) + Wire.frame(0x00, [0xBA, 0xE2]) + Wire.frame(0x80, [0x82, 0xAC]), [.text("κ€")]),
        Case(
            "a ping between fragments",
            Wire.frame(0x01, [0x61]) + Wire.frame(0x89, [0x70]) + Wire.frame(0x80, [0x62]),
            [.ping(ByteBuffer(string: "p")), .text("ab")]),
        Case("an unasked pong", Wire.frame(0x8A, []), [.pong(ByteBuffer())]),
        Case("a ping of 125 bytes", Wire.frame(0x89, ones(125)), [.ping(ByteBuffer(bytes: ones(125)))]),
        Case("an empty Close", Wire.frame(0x88, []), [.close(CloseFrame(code: nil, reason: ""))]),
        Case("a Close with a reason", Wire.close(4001, "çok"), [.close(CloseFrame(code: 4001, reason: "çok"))]),
        Case(
            "two messages and a ping at once", Wire.text("a") + Wire.frame(0x89, []) + Wire.text("b"),
            [.text("a"), .ping(ByteBuffer()), .text("b")]),
    ]

    @Test(arguments: good) func isUnderstood(_ test: Case) {
        #expect(readBothWays(test.bytes) == Outcome(events: test.events))
    }

    static let bad: [Case] = [
        Case("reserved bit 1", Wire.frame(0xC1, []), violation: 1002),
        Case("reserved bit 2", Wire.frame(0xA1, []), violation: 1002),
        Case("reserved bit 3", Wire.frame(0x91, []), violation: 1002),
        Case("reserved opcode 3", Wire.frame(0x83, []), violation: 1002),
        Case("reserved opcode 7", Wire.frame(0x87, []), violation: 1002),
        Case("reserved opcode 11", Wire.frame(0x8B, []), violation: 1002),
        Case("a text, then a reserved opcode", Wire.text("a") + Wire.frame(0x8F, []), [.text("a")], violation: 1002),
        Case("a fragmented ping", Wire.frame(0x09, []), violation: 1002),
        Case("a ping of 126 bytes", Wire.frame(0x89, ones(126)), violation: 1002),
        Case("a continuation of nothing", Wire.frame(0x80, [0x61]), violation: 1002),
        Case("a message within a message", Wire.frame(0x01, [0x61]) + Wire.text("b"), violation: 1002),
        Case("an unmasked frame", Wire.text("a", key: nil), violation: 1002),
        Case("a length of 125 in two bytes", [0x81, 0xFE, 0, 125], violation: 1002),
        Case("a length of 65535 in eight bytes", [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], violation: 1002),
        Case("a length with its highest bit set", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], violation: 1002),
        Case("a frame that is too big", [0x82, 0xFE, 0x03, 0xE9], violation: 1009),
        Case("a huge frame", [0x82, 0xFF, 0x7F] + .init(repeating: 0xFF, count: 7), violation: 1009),
        Case(
            "a message that is too big",
            Wire.frame(0x02, ones(1000)) + Wire.frame(0x80, ones(501)), violation: 1009),
        Case("a Close of one byte", Wire.frame(0x88, [3]), violation: 1002),
        Case("a reason that is not UTF-8", Wire.frame(0x88, [0x03, 0xE8, 0xFF]), violation: 1007),
        Case("a reason that is cut short", Wire.frame(0x88, [0x03, 0xE8, 0xC3]), violation: 1007),
        Case("a text that ends within a character", Wire.frame(0x81, [0x61, 0xC3]), violation: 1007),
        Case("a text that is not UTF-8", Wire.frame(0x81, [0xC0, 0x80]), violation: 1007),
        Case("a fragment that is not UTF-8", Wire.frame(0x01, [0xED, 0xA0]), violation: 1007),
    ]

    @Test(arguments: bad) func isRefused(_ test: Case) {
        #expect(readBothWays(test.bytes) == Outcome(events: test.events, violation: test.violation))
    }

    @Test func clientRefusesMaskedFrames() {
        #expect(readBothWays(Wire.text("a"), role: .client).violation == 1002)
        #expect(readBothWays(Wire.text("a", key: nil), role: .client).events == [.text("a")])
    }

    @Test func closeCodes() {
        let good: [UInt16] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999]
        let bad: [UInt16] = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
        for code in good { #expect(read(Wire.close(code)).violation == nil, "\(code)") }
        for code in bad { #expect(read(Wire.close(code)).violation == 1002, "\(code)") }
    }

    @Test func badTextIsRefusedBeforeItsFrameIsComplete() {
        let frame = Wire.frame(0x81, [0x61, 0xFF] + .init(repeating: 0x61, count: 500))
        #expect(read(Array(frame.prefix(10))).violation == 1007)
    }

    @Test func announcedBytesAreNotWaitedForInTheBuffer() throws {
        var reader = MessageReader(role: .server, frameLimit: 1 << 30, messageLimit: 1 << 30)
        var buffer = ByteBuffer(bytes: [0x82, 0xFF, 0, 0, 0, 0, 0x3F, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5])
        let event = try reader.next(from: &buffer)
        #expect(event == nil)
        #expect(buffer.readableBytes == 0)
    }

    /// Any input is read or refused with one of three codes, and the result does not depend on how it is split.
    @Test(arguments: 0..<200 as Range<UInt64>) func noiseIsReadOrRefused(seed: UInt64) {
        var random = SplitMix(seed)
        var bytes: [UInt8] = []
        for _ in 0..<20 {
            let length = Int.random(in: 0...30, using: &random)
            let payload = (0..<length).map { _ in UInt8.random(in: 0...127, using: &random) }
            let firsts: [UInt8] = [0x81, 0x82, 0x01, 0x80, 0x00, 0x89, 0x8A, 0x88]
            let first = firsts.randomElement(using: &random) ?? 0
            bytes += Wire.frame(first, payload, key: .random(in: 0 ... .max, using: &random))
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        }
        let outcome = readBothWays(bytes)
        #expect([nil, 1002, 1007, 1009].contains(outcome.violation))
    }
}

/// A small generator with a seed, so that a failure can be reproduced.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
