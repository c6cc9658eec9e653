import ChatWire

/// A row of the screen while it is being laid out: cells from the left edge, perhaps fewer than the screen has columns.
struct CellRow: Sendable {
    private(set) var cells: [Cell] = []
    /// The time that the row shows in relative words, such as "5 minutes ago". The row changes as time passes.
    var time: Timestamp?

    /// The width so far, in columns.
    var width: Int { cells.count }

    mutating func append(_ glyphs: some Sequence<Glyph>, _ style: Style = .plain) {
        for glyph in glyphs {
            cells.append(Cell(text: glyph.text, width: glyph.width, style: style))
            if glyph.width == 2 { cells.append(Cell(text: "", width: 0, style: style)) }
        }
    }

    mutating func append(_ row: CellRow) { cells += row.cells }

    /// Puts a glyph of one column into a blank cell. A cell that shows something remains as it is.
    mutating func mark(_ column: Int, _ glyph: String, _ style: Style) {
        pad(to: column + 1)
        if cells[column].width == 1, cells[column].text == " " {
            cells[column] = Cell(text: glyph, width: 1, style: style)
        }
    }

    /// Appends blanks up to the column, where the next glyph goes.
    mutating func pad(to column: Int) {
        if column > width { cells += Array(repeating: .blank, count: column - width) }
    }

    /// A row whose glyphs end just before the column.
    static func rightAligned(_ glyphs: [Glyph], endingAt column: Int, _ style: Style = .plain) -> CellRow {
        var row = CellRow()
        row.pad(to: column - glyphs.totalWidth)
        row.append(glyphs, style)
        return row
    }

    static func centred(_ glyphs: [Glyph], columns: Int, _ style: Style = .plain) -> CellRow {
        var row = CellRow()
        row.pad(to: (columns - glyphs.totalWidth) / 2)
        row.append(glyphs, style)
        return row
    }

    static let empty = CellRow()
}

extension Screen {
    /// Puts a row on the screen. Cells beyond the right edge are left out; a wide character is never cut in half.
    mutating func put(_ content: CellRow, row: Int) {
        for (column, cell) in content.cells.enumerated() where column + max(1, cell.width) <= size.columns {
            self[row, column] = cell
        }
    }
}

/// The styles of the interface, by their meaning.
extension Style {
    static let peerName = Style(.cyan, .bold)
    static let ownName = Style(.normal, .bold)
    static let online = Style(.green, .bold)
    static let problem = Style(.red)
    static let alert = Style(.red, .bold)
    static let notice = Style(.yellow)
    static let highlight = Style(.yellow, .bold)
    static let secondary = Style(.normal, .dim)
    /// A match of the search, and the current match.
    static let match = Style(.normal, .reverse)
    static let currentMatch = Style(.yellow, [.reverse, .bold])
    static let title = Style(.normal, .bold)
    /// Bold, and not dim like the mark of an unread message, so that the two differ without colours.
    static let read = Style(.cyan, .bold)
}
