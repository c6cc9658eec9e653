import ChatWire

/// The one place that knows what is painted of a text, and how many cells that takes.
///
/// Layout, line editor and view all ask here, so they cannot disagree; and the widths are those of the C library,
/// because that is what ncurses paints by. What terminals disagree upon is not painted at all: joiners, variation
/// selectors and skin tones. The text itself keeps them.
public struct CharacterWidth: Sendable {
    /// The cells of a scalar as `wcwidth` tells them: 0 for what sits on the character before, negative for unknown.
    private let cells: @Sendable (Unicode.Scalar) -> Int
    private let standIn: Glyph
    /// What carries combining marks that have no letter before them.
    private let loneMarkBase: String

    /// As many as an ncurses cell takes.
    static let maxMarks = 4

    public init(_ wcwidth: @escaping @Sendable (Unicode.Scalar) -> Int) {
        cells = wcwidth
        standIn = Glyph(text: wcwidth("\u{FFFD}") == 1 ? "\u{FFFD}" : "?", width: 1)
        loneMarkBase = wcwidth("◌") == 1 ? "◌" : " "
    }

    /// The painted form of a text without line breaks. It holds no control character, whatever the text holds.
    func glyphs(of text: some StringProtocol) -> [Glyph] {
        var glyphs: [Glyph] = []
        glyphs.reserveCapacity(text.utf8.count)
        for cluster in text { append(cluster, to: &glyphs) }
        return glyphs
    }

    /// How many cells the text takes in one row.
    func count(_ text: some StringProtocol) -> Int { glyphs(of: text).totalWidth }

    /// Adds the painted form of one grapheme cluster: one glyph for most, several for a flag or a family of emoji, none
    /// for a joiner that stands alone.
    func append(_ cluster: Character, to glyphs: inout [Glyph]) {
        if let ascii = cluster.asciiValue, (0x20..<0x7F).contains(ascii) {
            glyphs.append(Glyph(text: String(cluster), width: 1))
            return
        }
        let first = glyphs.count
        var marks = 0
        for scalar in cluster.unicodeScalars where !scalar.isLeftOut {
            let width = scalar.isControl ? -1 : cells(scalar)
            switch width {
            case 1, 2:
                glyphs.append(Glyph(text: String(scalar), width: width))
                marks = 0
            case 0 where scalar.properties.generalCategory == .format:
                continue  // zero width space, word joiner and the like: nothing to see
            case 0:
                if glyphs.count == first { glyphs.append(Glyph(text: loneMarkBase, width: 1)) }
                marks += 1
                if marks <= Self.maxMarks { glyphs[glyphs.count - 1].text.unicodeScalars.append(scalar) }
            default:
                glyphs.append(standIn)
                marks = 0
            }
        }
    }
}

/// What one or two neighbouring cells show.
struct Glyph: Sendable, Hashable {
    /// A base scalar and the marks on it.
    var text: String
    /// 1 or 2 cells.
    var width: Int

    /// Rows may end after it.
    var isSpace: Bool { text == " " }
}

extension Sequence<Glyph> {
    var totalWidth: Int { reduce(0) { $0 + $1.width } }
}

extension Unicode.Scalar {
    /// General category Cc.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// Soft hyphens, ZWNJ, ZWJ, variation selectors, skin tones and tags: terminals differ in what they make of them.
    fileprivate var isLeftOut: Bool {
        switch value {
        case 0xAD: true
        case 0..<0x180B: false
        case 0x200C, 0x200D: true
        case 0xE0020...0xE007F: true  // which flag it is
        default: properties.isVariationSelector || properties.isEmojiModifier
        }
    }
}
