/// Divides a folded text into its words.
///
/// A word is a run of letters, digits and combining marks. An ideograph is a word of its own, because such texts have no
/// spaces. So is a symbol such as an emoji. Everything else separates words.
enum Words {
    /// The words, as ranges of the text's bytes.
    static func ranges(in text: FoldedText) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        var offset = 0
        for scalar in String(decoding: text.utf8, as: UTF8.self).unicodeScalars {
            let end = offset + UTF8.width(scalar)
            let kind = Kind(scalar)
            if kind != .letter, let begun = start {
                ranges.append(begun..<offset)
                start = nil
            }
            switch kind {
            case .letter: start = start ?? offset
            case .wholeWord: ranges.append(offset..<end)
            case .separator: break
            }
            offset = end
        }
        if let start { ranges.append(start..<offset) }
        return ranges
    }

    private enum Kind {
        case letter, wholeWord, separator

        init(_ scalar: Unicode.Scalar) {
            switch scalar.value {
            // The common ones need no look into the Unicode tables.
            case 0x30...0x39, 0x61...0x7A, 0x0430...0x045F: self = .letter
            case 0..<0x80: self = .separator
            default: self = Self.of(scalar.properties)
            }
        }

        private static func of(_ properties: Unicode.Scalar.Properties) -> Kind {
            if properties.isIdeographic { return .wholeWord }
            switch properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
                .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
                return .letter
            case .otherSymbol, .currencySymbol, .mathSymbol, .privateUse: return .wholeWord
            default: return .separator
            }
        }
    }
}
