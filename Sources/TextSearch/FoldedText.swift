import ChatWire

/// A text in the form in which it is searched: as it is shown, in lower case, with `е` for `ё`.
///
/// Each key in a search folds all loaded messages. So the scalars are visited only once, and common ones need no look
/// into the Unicode tables.
public struct FoldedText: Sendable, Hashable {
    private(set) var utf8: [UInt8] = []

    /// - Parameter utf8: It is folded.
    init(utf8: [UInt8]) { self.utf8 = utf8 }

    public init(_ text: UntrustedText) {
        utf8.reserveCapacity(text.wire.utf8.count)
        var previousWasCarriageReturn = false
        for scalar in text.wire.unicodeScalars {
            switch scalar.value {
            case 0x20..<0x41, 0x5B..<0x7F: utf8.append(UInt8(scalar.value))
            case 0x41...0x5A: utf8.append(UInt8(scalar.value + 0x20))
            case 0x0410...0x042F: appendTwoBytes(scalar.value + 0x20)
            case 0x0430...0x044F: appendTwoBytes(scalar.value)
            case 0x0401, 0x0451: appendTwoBytes(0x0435)
            case 0x0A where previousWasCarriageReturn: break
            default: append(scalar)
            }
            previousWasCarriageReturn = scalar == "\r"
        }
    }

    mutating func append(_ other: FoldedText) { utf8 += other.utf8 }

    private mutating func appendTwoBytes(_ value: UInt32) {
        utf8.append(UInt8(0xC0 | value >> 6))
        utf8.append(UInt8(0x80 | value & 0x3F))
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        let shown = scalar.isLineBreak ? " " : scalar.standIn ?? scalar
        utf8 += shown.properties.lowercaseMapping.utf8
    }

    func contains(_ other: FoldedText) -> Bool {
        utf8.withUnsafeBufferPointer { text in
            other.utf8.withUnsafeBufferPointer { wanted in
                guard let first = wanted.first else { return true }
                guard text.count >= wanted.count else { return false }
                return (0...text.count - wanted.count).contains { start in
                    text[start] == first && text[start..<start + wanted.count].elementsEqual(wanted)
                }
            }
        }
    }
}
