/// Recognises the late rest of a sequence that timed out. Typed text may look the same, so only what a terminal would
/// send counts.
struct LateRest {
    private let sequence: ArraySlice<UInt8>
    private let following: ArraySlice<UInt8>
    private let lateCount: Int

    init(_ whole: [UInt8], length: Int, lateCount: Int) {
        sequence = whole[..<length]
        following = whole[length...]
        self.lateCount = lateCount
    }

    var isPlausible: Bool {
        guard sequence[0] == Byte.escape else { return true }  // it is the rest of a scalar
        // A terminal sends nothing or another sequence after it. A person goes on typing.
        guard following.isEmpty || following.first == Byte.escape, let final = sequence.last else { return false }
        let introducer = sequence[1]
        if Byte.stringIntroducers.contains(introducer) { return final == Byte.bell || final == UInt8(ascii: "\\") }
        switch introducer {
        case UInt8(ascii: "O"): return Self.singleShiftFinals.contains(final)
        case UInt8(ascii: "["):
            let isRawReport = sequence.count > 3 && Array("MTt".utf8).contains(sequence[2])
            return isRawReport || Self.controlFinals.contains(final)
        case Byte.escape: return lateCount > 1
        default: return lateCount > 1 && introducer >= 0x80  // Alt with a letter of several bytes
        }
    }

    private static let singleShiftFinals = Array("ABCDFHMPQRS".utf8)
    private static let controlFinals = Array("ABCDEFHIMOPQRSZcmnrtuxy~^@$".utf8)
}
