import ChatWire
import TextSearch

/// Finds messages that match a query, and the matches in a displayed line.
struct TextMatcher {
    private let query: Query

    private enum Query {
        case text(TextQuery)
        case words(WordQuery)
    }

    /// Nil for a query that would match everything.
    init?(_ query: String) {
        guard let query = TextQuery(query) else { return nil }
        self.query = .text(query)
    }

    init(_ words: WordQuery) { query = .words(words) }

    func matches(_ text: UntrustedText) -> Bool {
        switch query {
        case .text(let query): query.matches(text)
        case .words(let query): query.matches(text)
        }
    }

    /// The ranges of glyphs in which the query occurs, or that are words that it looks for.
    func ranges(in line: [Glyph], width: CharacterWidth) -> [Range<Int>] {
        switch query {
        case .text(let query): Self.ranges(of: query, in: line, width: width)
        case .words(let query): query.ranges(in: line.map(\.text))
        }
    }

    private static func ranges(of query: TextQuery, in line: [Glyph], width: CharacterWidth) -> [Range<Int>] {
        let folded = line.map { TextQuery.folded($0.text) }
        let found = ranges(of: width.glyphs(of: TextQuery.folded(query.text)).map(\.text), in: folded)
        return found.isEmpty ? query.words?.ranges(in: line.map(\.text)) ?? [] : found
    }

    private static func ranges(of wanted: [String], in line: [String]) -> [Range<Int>] {
        guard !wanted.isEmpty, line.count >= wanted.count else { return [] }
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
}
