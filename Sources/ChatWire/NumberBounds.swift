// What a peer's numbers may be. One that does not fit makes its event malformed, so that nobody counts on from it and
// overflows.

extension KeyedDecodingContainer {
    /// A cursor: more of them than any feed will ever have.
    func decodeCursorIfPresent(forKey key: Key) throws -> Int? {
        try decodeIfPresent(0...(1 << 53), forKey: key)
    }

    func decodeIfPresent(_ range: ClosedRange<Int>, forKey key: Key) throws -> Int? {
        guard let number = try decodeIfPresent(Int.self, forKey: key) else { return nil }
        guard range.contains(number) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "out of range")
        }
        return number
    }
}
