import ChatWire

/// The rows of the draft as they are painted, and where the cursor is in them.
struct DraftLayout {
    private(set) var rows: [Row] = []
    private(set) var cursor = Position(row: 0, column: 0)

    struct Row {
        var glyphs: [Glyph]
        /// Where the cursor can stand in this row, from left to right.
        var stops: [Stop]
    }

    struct Stop {
        /// In grapheme clusters from the start of the text.
        var offset: Int
        /// May be as much as the row is wide: behind its last cell.
        var column: Int
    }

    init(_ editor: LineEditor, columns: Int, width: CharacterWidth) {
        var offset = 0
        for line in editor.text.split(separator: "\n", omittingEmptySubsequences: false) {
            append(line, from: &offset, columns: columns, width: width)
            offset += 1  // the line break
        }
        for (row, content) in rows.enumerated() {
            guard let stop = content.stops.last(where: { $0.offset <= editor.cursor }) else { continue }
            cursor = Position(row: row, column: stop.column)
        }
    }

    /// The stop nearest to a column, at or left of it.
    func offset(row: Int, column: Int) -> Int {
        let stops = rows[row].stops
        return (stops.last { $0.column <= column } ?? stops.first)?.offset ?? 0
    }

    private mutating func append(_ line: Substring, from offset: inout Int, columns: Int, width: CharacterWidth) {
        let (glyphs, starts) = Self.painted(line, width: width)
        var left = [0]  // what each glyph has to its left
        for glyph in glyphs { left.append(left[left.count - 1] + glyph.width) }

        var next = 0
        for range in wrap(glyphs, columns: columns) {
            var row = Row(glyphs: Array(glyphs[range]), stops: [])
            let isLast = range.upperBound == glyphs.count
            while next < starts.count, starts[next] < range.upperBound || isLast {
                let column = left[starts[next]] - left[range.lowerBound]
                row.stops.append(Stop(offset: offset + next, column: min(column, columns)))
                next += 1
            }
            rows.append(row)
        }
        offset += starts.count - 1
    }

    /// The line as it is painted, and the glyph that each of its clusters begins with. Behind the last cluster is the
    /// end of the glyphs.
    private static func painted(_ line: Substring, width: CharacterWidth) -> (glyphs: [Glyph], starts: [Int]) {
        var glyphs: [Glyph] = []
        var starts: [Int] = []
        let isSafe = UntrustedText(String(line)).displayed().utf8.elementsEqual(line.utf8)
        for cluster in line {
            starts.append(glyphs.count)
            if isSafe {
                width.append(cluster, to: &glyphs)
            } else {
                // What is put in place of something unsafe can make a cluster fall apart, so each is shown by itself.
                glyphs += width.glyphs(of: UntrustedText(String(cluster)).displayed())
            }
        }
        return (glyphs, starts + [glyphs.count])
    }
}
