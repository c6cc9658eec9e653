import ChatWire

/// Decides how a text is painted and how many cells it takes. Nothing else decides that.
///
/// Layout, line editor and view all use it, so they always agree. The widths come from the C library, as ncurses uses
/// them. Scalars that terminals treat differently are not painted: joiners, variation selectors and skin tones. The
/// text itself keeps them.
public struct CharacterWidth: Sendable {
    /// The width of a scalar in cells, from `wcwidth`: 0 for a combining mark, negative for an unknown scalar.
    private let cells: @Sendable (Unicode.Scalar) -> Int
    private let replacement: Glyph
    /// The base for combining marks without a letter before them.
    private let loneMarkBase: String

    /// The number of combining marks that fit into an ncurses cell.
    static let maxMarks = 4

    public init(_ wcwidth: @escaping @Sendable (Unicode.Scalar) -> Int) {
        cells = wcwidth
        replacement = Glyph(text: wcwidth("\u{FFFD}") == 1 ? "\u{FFFD}" : "?", width: 1)
        loneMarkBase = wcwidth("◌") == 1 ? "◌" : " "
    }

    /// The painted form of a text without line breaks. It never contains a control character.
    func glyphs(of text: some StringProtocol) -> [Glyph] {
        var glyphs: [Glyph] = []
        glyphs.reserveCapacity(text.utf8.count)
        for cluster in text { append(cluster, to: &glyphs) }
        return glyphs
    }

    /// The width of the text in cells.
    func count(_ text: some StringProtocol) -> Int { glyphs(of: text).totalWidth }

    /// Appends the painted form of one grapheme cluster: one glyph for most clusters, several for a flag or a family of
    /// emoji, none for a lone joiner.
    func append(_ cluster: Character, to glyphs: inout [Glyph]) {
        if let ascii = cluster.asciiValue, (0x20..<0x7F).contains(ascii) {
            glyphs.append(Glyph(text: String(cluster), width: 1))
            return
        }
        let first = glyphs.count
        var marks = 0
        for scalar in cluster.unicodeScalars where !scalar.isIgnored {
            let width = scalar.isControl ? -1 : cells(scalar)
            switch width {
            case 1, 2:
                glyphs.append(Glyph(text: String(scalar), width: width))
                marks = 0
            case 0 where scalar.properties.generalCategory == .format:
                continue  // invisible, such as a zero width space
            case 0:
                if glyphs.count == first { glyphs.append(Glyph(text: loneMarkBase, width: 1)) }
                marks += 1
                if marks <= Self.maxMarks { glyphs[glyphs.count - 1].text.unicodeScalars.append(scalar) }
            default:
                glyphs.append(replacement)
                marks = 0
            }
        }
    }
}

/// The contents of one cell, or of two for a wide character.
struct Glyph: Sendable, Hashable {
    /// A base scalar and its combining marks.
    var text: String
    /// 1 or 2 cells.
    var width: Int

    /// Whether a row can end after it.
    var isSpace: Bool { text == " " }
}

extension Sequence<Glyph> {
    var totalWidth: Int { reduce(0) { $0 + $1.width } }
}

extension Unicode.Scalar {
    /// Whether its general category is Cc.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// Soft hyphens, ZWNJ, ZWJ, variation selectors, skin tones and tags. Terminals differ in how they show them.
    fileprivate var isIgnored: Bool {
        switch value {
        case 0xAD: true
        case 0..<0x180B: false
        case 0x200C, 0x200D: true
        case 0xE0020...0xE007F: true  // tags, which select a flag
        default: properties.isVariationSelector || properties.isEmojiModifier
        }
    }
}
