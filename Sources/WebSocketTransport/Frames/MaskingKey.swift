/// The four bytes that a client's payload is combined with (RFC 6455, section 5.3).
///
/// Masking keeps a script from choosing the bytes on the wire; it is no encryption. Masking and unmasking are the same.
struct MaskingKey: Hashable, Sendable {
    /// The first byte on the wire is the most significant one.
    let bigEndian: UInt32

    init(bigEndian: UInt32) { self.bigEndian = bigEndian }

    /// A key that nobody can foresee: the standard generator is the system's cryptographic one.
    static func random() -> MaskingKey { MaskingKey(bigEndian: .random(in: 0 ... .max)) }

    /// Combines the bytes with the key in place.
    /// - Parameter offset: How many bytes of the payload came before these.
    func apply(to bytes: UnsafeMutableRawBufferPointer, offset: Int) {
        let shift = UInt32(truncatingIfNeeded: offset & 3) * 8
        let rotated = bigEndian << shift | (shift == 0 ? 0 : bigEndian >> (32 - shift))
        let word = rotated.bigEndian  // its bytes in memory now stand in the order of the wire
        let pair = UInt64(word) << 32 | UInt64(word)

        var index = 0
        while index + 8 <= bytes.count {
            let masked = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ pair
            bytes.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        withUnsafeBytes(of: pair) { key in
            for tail in index..<bytes.count { bytes[tail] ^= key[tail & 3] }
        }
    }
}
