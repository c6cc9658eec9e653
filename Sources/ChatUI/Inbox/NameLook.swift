import ChatWire
import TextSearch

/// What a reader sees of a name. Names that look the same, or differ only in case or in `е` and `ё`, are equal: what is
/// invisible is left out, all white space is the same, and letters of other scripts count as the Latin ones that they
/// look like (of UTS #39, the letters of Cyrillic and Greek).
struct NameLook: Hashable, Sendable {
    private let text: String

    /// The look of a person's name on the list. It is the id if there is no visible name.
    init(of peer: UserID, _ name: UntrustedText?) {
        self.init(shown: OverridableText(override: nil, fromServer: name).displayed(or: peer))
    }

    /// - Parameter shown: It is safe to show.
    init(shown: String) {
        let folded = TextQuery.folded(shown)
        if folded.utf8.allSatisfy({ 0x21..<0x7F ~= $0 }) {
            text = folded
            return
        }
        var look = String.UnicodeScalarView()
        var marks = 0
        for scalar in folded.unicodeScalars {
            if !scalar.isPlain {
                if scalar.isUnseen { continue }
                marks = scalar.properties.generalCategory == .nonspacingMark ? marks + 1 : 0
                if marks > CharacterWidth.maxMarks { continue }
            }
            if !scalar.isBlank {
                look.append(Self.latinByLookalike[scalar] ?? scalar)
            } else if look.last != " " {
                look.append(" ")
            }
        }
        text = MessageLimits.trimmed(String(look))
    }

    /// Whether the name shows nothing, or has a sign that looks like the one between a name and an id.
    var needsID: Bool { text.isEmpty || text.unicodeScalars.contains(where: Self.dots.contains) }

    private static let dots = Set(
        "\u{B7}\u{387}\u{5BC}\u{16EB}\u{2022}\u{2024}\u{2027}\u{2219}\u{22C5}\u{2981}\u{2E31}\u{2E33}\u{30FB}\u{A78F}\u{FF65}\u{10101}"
            .unicodeScalars)

    /// Letters are folded, so a lookalike in either case counts.
    private static let latinByLookalike = Dictionary(
        uniqueKeysWithValues: zip(
            "авекмнорстухіјѕһԁԛԝӏґѵαβεηικμνορτυχγϲϳ".unicodeScalars,
            "abekmhopctyxijshdqwlrvabehikmvoptyxycj".unicodeScalars))
}

extension Unicode.Scalar {
    /// Whether it is in ASCII or a Cyrillic letter. Most are, and need no look into the Unicode tables.
    fileprivate var isPlain: Bool { value < 0x7F || 0x0400..<0x0482 ~= value }

    /// Whether a screen shows nothing of it, or leaves it out (`CharacterWidth`).
    fileprivate var isUnseen: Bool {
        properties.isDefaultIgnorableCodePoint || properties.generalCategory == .format
            || properties.isVariationSelector || properties.isEmojiModifier
    }

    /// Whether it looks like a space. The Braille pattern without dots does.
    fileprivate var isBlank: Bool {
        isPlain ? value == 0x20 : properties.isWhitespace || value == 0x2800
    }
}
