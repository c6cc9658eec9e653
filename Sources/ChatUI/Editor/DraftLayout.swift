import ChatWire

/// The rows of the draft as they are shown, and the position of the cursor.
struct DraftLayout {
    private(set) var rows: [Row]
    /// Its row is an index in `rows`.
    private(set) var cursor: Position

    struct Row: Equatable {
        var glyphs: [Glyph]
        /// The possible positions of the cursor in this row, from left to right.
        var stops: [Stop]
    }

    struct Stop: Equatable {
        /// In grapheme clusters from the start of the text.
        var offset: Int
        /// It equals the width of the row if the cursor is after the last cell.
        var column: Int
    }

    /// - Parameter rowsAround: The least number of rows to lay out before and after the cursor's row, as far as the
    ///   text has them. Rows further away are not laid out, because a paste may have thousands of rows.
    init(_ editor: LineEditor, columns: Int, width: CharacterWidth, rowsAround: Int = .max) {
        let (before, after) = editor.halves
        let line = editor.text[before.startOfLastLine..<after.endOfFirstLine]
        let lineOffset = editor.cursor - before[line.startIndex...].count
        let chunks = Chunk.all(of: line, at: lineOffset)
        let place = chunks.lastIndex { $0.offset <= editor.cursor } ?? 0
        func rows(of chunk: Chunk) -> [Row] { chunk.rows(columns: columns, width: width) }
        var all = rows(of: chunks[place])
        var row = all.lastIndex { $0.stops.first.map { $0.offset <= editor.cursor } ?? false } ?? 0

        var (waiting, rest, offset) = (chunks[..<place], editor.text[..<line.startIndex], lineOffset)
        while row < rowsAround {
            if waiting.isEmpty {
                if rest.isEmpty { break }
                rest.removeLast()  // the line break
                let line = rest[rest.startOfLastLine...]
                offset -= line.count + 1
                waiting = Chunk.all(of: line, at: offset)[...]
                rest = rest[..<line.startIndex]
            }
            let above = rows(of: waiting.removeLast())
            all.insert(contentsOf: above, at: 0)
            row += above.count
        }
        (waiting, rest, offset) = (chunks[(place + 1)...], editor.text[line.endIndex...], lineOffset + line.count)
        while all.count - row <= rowsAround {
            if waiting.isEmpty {
                if rest.isEmpty { break }
                rest.removeFirst()  // the line break
                let line = rest[..<rest.endOfFirstLine]
                waiting = Chunk.all(of: line, at: offset + 1)[...]
                offset += line.count + 1
                rest = rest[line.endIndex...]
            }
            all += rows(of: waiting.removeFirst())
        }
        self.rows = all
        cursor = Position(row: row, column: all[row].stops.last { $0.offset <= editor.cursor }?.column ?? 0)
    }

    /// The nearest stop at or to the left of a column.
    func offset(row: Int, column: Int) -> Int {
        let stops = rows[row].stops
        return (stops.last { $0.column <= column } ?? stops.first)?.offset ?? 0
    }
}

/// A line of the text. A line of more than 1,000 clusters is divided into several chunks, each of which begins a row
/// and is laid out by itself.
private struct Chunk {
    let text: Substring
    /// In grapheme clusters from the start of the whole text.
    let offset: Int
    let endsLine: Bool

    private static let maxClusters = 1000

    static func all(of line: Substring, at offset: Int) -> [Chunk] {
        var (chunks, rest, offset): ([Chunk], Substring, Int) = ([], line, offset)
        while let end = rest.index(rest.startIndex, offsetBy: maxClusters, limitedBy: rest.endIndex),
            end < rest.endIndex
        {
            chunks.append(Chunk(text: rest[..<end], offset: offset, endsLine: false))
            (rest, offset) = (rest[end...], offset + maxClusters)
        }
        return chunks + [Chunk(text: rest, offset: offset, endsLine: true)]
    }

    func rows(columns: Int, width: CharacterWidth) -> [DraftLayout.Row] {
        let (glyphs, starts) = painted(width: width)
        var left = [0]  // the column of each glyph
        for glyph in glyphs { left.append(left[left.count - 1] + glyph.width) }

        var (rows, next): ([DraftLayout.Row], Int) = ([], 0)
        for range in wrap(glyphs, columns: columns) {
            var row = DraftLayout.Row(glyphs: Array(glyphs[range]), stops: [])
            let isLast = range.upperBound == glyphs.count
            while next < starts.count, starts[next] < range.upperBound || isLast {
                let column = left[starts[next]] - left[range.lowerBound]
                row.stops.append(DraftLayout.Stop(offset: offset + next, column: min(column, columns)))
                next += 1
            }
            rows.append(row)
        }
        return rows
    }

    /// The glyphs of the text, and for each cluster the index of its first glyph. At the end of a line, the number of
    /// glyphs follows.
    private func painted(width: CharacterWidth) -> (glyphs: [Glyph], starts: [Int]) {
        var glyphs: [Glyph] = []
        var starts: [Int] = []
        let isSafe = UntrustedText(String(text)).displayed().utf8.elementsEqual(text.utf8)
        for cluster in text {
            starts.append(glyphs.count)
            if isSafe {
                width.append(cluster, to: &glyphs)
            } else {
                // The replacement for an unsafe scalar can split a cluster, so each cluster is converted by itself.
                glyphs += width.glyphs(of: UntrustedText(String(cluster)).displayed())
            }
        }
        return (glyphs, endsLine ? starts + [glyphs.count] : starts)
    }
}

extension Substring {
    fileprivate var startOfLastLine: Index { lastIndex(of: "\n").map { index(after: $0) } ?? startIndex }
    fileprivate var endOfFirstLine: Index { firstIndex(of: "\n") ?? endIndex }
}
