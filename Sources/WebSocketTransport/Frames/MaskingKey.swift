/// The four bytes that mask a client's payload (RFC 6455, section 5.3).
///
/// Masking keeps scripts from choosing the bytes on the wire. It is not encryption. Masking and unmasking are the same
/// operation.
struct MaskingKey: Hashable, Sendable {
    /// The first byte on the wire is the most significant one.
    let bigEndian: UInt32

    init(bigEndian: UInt32) { self.bigEndian = bigEndian }

    /// A key that nobody can predict: Swift's default generator is the system's cryptographic one.
    static func random() -> MaskingKey { MaskingKey(bigEndian: .random(in: 0 ... .max)) }

    /// Masks or unmasks the bytes in place.
    /// - Parameter offset: The number of bytes of the payload before these.
    func apply(to bytes: UnsafeMutableRawBufferPointer, offset: Int) {
        let shift = UInt32(truncatingIfNeeded: offset & 3) * 8
        let rotated = bigEndian << shift | (shift == 0 ? 0 : bigEndian >> (32 - shift))
        let word = rotated.bigEndian  // its bytes in memory are now in wire order
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
