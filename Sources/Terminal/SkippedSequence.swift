/// A sequence that is too long to keep. Its bytes are dropped up to its end.
enum SkippedSequence {
    case controlSequence, string

    enum Progress {
        case goesOn, ended
        /// The bytes end with ESC, and the next byte decides whether that was the end.
        case undecided
    }

    /// Consumes bytes from the front of `rest`, which must not be empty. Bytes after the end stay.
    func take(from rest: inout ArraySlice<UInt8>) -> Progress {
        switch self {
        case .controlSequence:
            rest = rest.drop { (0x20...0x3F).contains($0) }
            guard let final = rest.first else { return .goesOn }
            if (0x40...0x7E).contains(final) { rest.removeFirst() }
            return .ended
        case .string:
            rest = rest.drop { $0 != Byte.bell && $0 != Byte.escape }
            guard let end = rest.first else { return .goesOn }
            if end == Byte.bell {
                rest.removeFirst()
                return .ended
            }
            guard let next = rest.dropFirst().first else { return .undecided }
            if next == UInt8(ascii: "\\") { rest.removeFirst(2) }
            return .ended
        }
    }
}
