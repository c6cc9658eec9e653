/// What SHA-1 and SHA-256 have in common (FIPS 180-4, sections 5 and 6): the message is padded to blocks of 64 bytes, and
/// each block changes the state, whose words are the digest.
enum BlockDigest {
    /// - Parameters:
    ///   - initial: The state before the first block.
    ///   - compress: Changes the state by a block of 16 words.
    static func digest(
        of message: some Collection<UInt8>, from initial: [UInt32],
        compress: (_ block: [UInt32], _ state: inout [UInt32]) -> Void
    ) -> [UInt8] {
        var state = initial
        let bytes = padded(message)
        for start in stride(from: 0, to: bytes.count, by: 64) {
            var words = [UInt32](repeating: 0, count: 16)
            for (offset, byte) in bytes[start..<start + 64].enumerated() {
                words[offset / 4] = words[offset / 4] << 8 | UInt32(byte)
            }
            compress(words, &state)
        }
        return state.flatMap(bigEndianBytes)
    }

    /// The message, a one bit, zeros up to a multiple of 64 bytes, and the length in bits.
    private static func padded(_ message: some Collection<UInt8>) -> [UInt8] {
        var bytes = Array(message) + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        return bytes + bigEndianBytes(UInt64(message.count) * 8)
    }

    private static func bigEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
