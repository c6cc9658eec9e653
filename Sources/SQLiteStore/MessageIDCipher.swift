import ChatWire
import GRDB

/// Makes the ids of messages. An id contains the message's `seq`, enciphered, so that the message is found without an
/// index.
///
/// An id reveals neither the number of messages nor the next id. The cipher is a Feistel network of two halves of 31
/// bits, with a key of the database's own. It protects nothing else: a user who may not see a message does not get it
/// by its id.
struct MessageIDCipher: Sendable {
    private let keys: [UInt64]

    private static let half: UInt64 = (1 << 31) - 1
    private static let rounds: UInt64 = 4

    init(_ database: Database) throws {
        let sql = "SELECT value FROM meta WHERE key = 'id_key'"
        guard let text = try String.fetchOne(database, sql: sql), let key = UInt64(text, radix: 16) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "table meta holds no id_key")
        }
        self.init(key: key)
    }

    init(key: UInt64) {
        keys = (0..<Self.rounds).map { Self.mixed(key &+ $0 &* 0x9E37_79B9_7F4A_7C15) }
    }

    /// - Parameter seq: At least 0 and less than 2^62.
    func id(of seq: Int64, at time: Timestamp) -> MessageID {
        let bits = enciphered(UInt64(seq))
        let random = UInt16(truncatingIfNeeded: Self.mixed(bits ^ keys[0]))
        return MessageID(UUIDVersion7.make(at: time, random, bits))
    }

    /// The `seq` that an id contains; nil if this cipher cannot have made the id. There need not be a message at it.
    func seq(of id: MessageID) -> Int64? {
        UUIDVersion7.bits(of: id.wire).map { Int64(deciphered($0)) }
    }

    /// Four bytes of a keyed hash of a client's message id. Nobody can find many ids with the same digest without the
    /// key.
    func digest(of id: ClientMessageID) -> UInt32 {
        var text = id.wire
        let hash = text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            return stride(from: 0, to: bytes.count, by: 8).reduce(into: keys[0] &+ UInt64(bytes.count)) { hash, start in
                var part: UInt64 = 0
                withUnsafeMutableBytes(of: &part) { $0.copyBytes(from: bytes[start..<min(start + 8, bytes.count)]) }
                let product = (hash ^ UInt64(littleEndian: part)).multipliedFullWidth(by: keys[1] | 1)
                hash = product.high ^ product.low ^ keys[2]
            }
        }
        return UInt32(truncatingIfNeeded: Self.mixed(hash))
    }

    private func enciphered(_ bits: UInt64) -> UInt64 {
        var (left, right) = (bits >> 31 & Self.half, bits & Self.half)
        for key in keys { (left, right) = (right, left ^ Self.mixed(right ^ key) & Self.half) }
        return left << 31 | right
    }

    private func deciphered(_ bits: UInt64) -> UInt64 {
        var (left, right) = (bits >> 31 & Self.half, bits & Self.half)
        for key in keys.reversed() { (left, right) = (right ^ Self.mixed(left ^ key) & Self.half, left) }
        return left << 31 | right
    }

    /// The mixing function of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
