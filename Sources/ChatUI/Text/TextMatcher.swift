import ChatWire

/// Finds a text in others, whatever the case of the letters is, and `ё` for `е`.
struct TextMatcher {
    private let bytes: [UInt8]
    private let query: String

    /// Nil for a query that would find everything.
    init?(_ query: String) {
        self.query = MessageLimits.trimmed(query)
        bytes = Array(Self.folded(self.query).utf8)
        if bytes.isEmpty { return nil }
    }

    func matches(_ text: UntrustedText) -> Bool {
        var folded = Self.folded(text.displayed())
        return folded.withUTF8 { text in
            guard text.count >= bytes.count else { return false }
            return (0...text.count - bytes.count).contains { start in
                text[start] == bytes[0] && text[start..<start + bytes.count].elementsEqual(bytes)
            }
        }
    }

    /// Where a line that holds matches shows them.
    func ranges(in line: [Glyph], width: CharacterWidth) -> [Range<Int>] {
        let wanted = width.glyphs(of: query).map { Self.folded($0.text) }
        guard !wanted.isEmpty, line.count >= wanted.count else { return [] }
        let line = line.map { Self.folded($0.text) }
        var ranges: [Range<Int>] = []
        var start = 0
        while start + wanted.count <= line.count {
            if line[start..<start + wanted.count].elementsEqual(wanted) {
                ranges.append(start..<start + wanted.count)
                start += wanted.count
            } else {
                start += 1
            }
        }
        return ranges
    }

    private static func folded(_ text: String) -> String {
        let lower = text.lowercased()
        guard lower.utf8.contains(0xD1) else { return lower }  // the first byte of ё
        return String(String.UnicodeScalarView(lower.unicodeScalars.map { $0 == "ё" ? "е" : $0 }))
    }
}
