/// Breaks a line of glyphs into rows of at most `columns` cells: between words if possible, or inside a word that is
/// longer than a row.
///
/// The ranges cover all glyphs in order. Spaces at the end of a row belong to it even if they exceed it, so that the
/// next row begins with a word. There is always at least one row. `columns` is at least 2.
func wrap(_ glyphs: [Glyph], columns: Int) -> [Range<Int>] {
    var rows: [Range<Int>] = []
    var start = 0
    var wordStart = 0
    var width = 0
    for (index, glyph) in glyphs.enumerated() {
        if glyph.isSpace { wordStart = index + 1 }
        // The loop runs twice if the word itself is too long for the next row.
        while !glyph.isSpace, width + glyph.width > columns, index > start {
            let end = wordStart > start ? wordStart : index
            rows.append(start..<end)
            start = end
            width = glyphs[end..<index].totalWidth
        }
        width += glyph.width
    }
    rows.append(start..<glyphs.count)
    return rows
}

extension [Glyph] {
    /// The longest prefix that fits into `columns` cells.
    func prefix(fitting columns: Int) -> ArraySlice<Glyph> {
        var width = 0
        return prefix { glyph in
            width += glyph.width
            return width <= columns
        }
    }

    /// The glyphs, shortened to `columns` cells with an ellipsis if they do not fit.
    func elided(to columns: Int) -> [Glyph] {
        if totalWidth <= columns { return self }
        return columns > 0 ? prefix(fitting: columns - 1) + [Glyph(text: "…", width: 1)] : []
    }
}

extension CharacterWidth {
    /// The text in rows of at most `columns` cells, without the spaces at their ends.
    func rows(of text: some StringProtocol, columns: Int) -> [[Glyph]] {
        let glyphs = glyphs(of: text)
        return wrap(glyphs, columns: columns).map { range in
            let end = glyphs[range].lastIndex { !$0.isSpace }.map { $0 + 1 } ?? range.lowerBound
            return Array(glyphs[range.lowerBound..<end])
        }
    }
}
