import ChatWire

/// A row of the screen in the making: cells from the left edge on, perhaps fewer than the screen has.
struct CellRow: Sendable {
    private(set) var cells: [Cell] = []
    /// The moment that the row tells in relative words, so that it reads differently as time passes.
    var time: Timestamp?

    /// Columns taken so far.
    var width: Int { cells.count }

    mutating func append(_ glyphs: some Sequence<Glyph>, _ style: Style = .plain) {
        for glyph in glyphs {
            cells.append(Cell(text: glyph.text, width: glyph.width, style: style))
            if glyph.width == 2 { cells.append(Cell(text: "", width: 0, style: style)) }
        }
    }

    mutating func append(_ row: CellRow) { cells += row.cells }

    /// Puts one glyph into a column, whatever was there; what is wider than a column is not.
    mutating func mark(_ column: Int, _ glyph: String, _ style: Style) {
        pad(to: column + 1)
        if cells[column].width == 1, cells[column].text == " " {
            cells[column] = Cell(text: glyph, width: 1, style: style)
        }
    }

    /// Blanks up to the column, which is where the next glyph goes.
    mutating func pad(to column: Int) {
        if column > width { cells += Array(repeating: .blank, count: column - width) }
    }

    /// The glyphs so that they end just before the column.
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
    /// Puts a row onto the screen. What does not fit is left out; a wide character is never halved.
    mutating func put(_ content: CellRow, row: Int) {
        for (column, cell) in content.cells.enumerated() where column + max(1, cell.width) <= size.columns {
            self[row, column] = cell
        }
    }
}

/// The styles of the interface, by what they mean.
extension Style {
    static let peerName = Style(.cyan, .bold)
    static let ownName = Style(.normal, .bold)
    static let online = Style(.green, .bold)
    static let problem = Style(.red)
    static let alert = Style(.red, .bold)
    static let notice = Style(.yellow)
    static let highlight = Style(.yellow, .bold)
    static let secondary = Style(.normal, .dim)
    /// A match of the search, and the one that one is at.
    static let match = Style(.normal, .reverse)
    static let currentMatch = Style(.yellow, [.reverse, .bold])
    static let title = Style(.normal, .bold)
    /// Bold, and not dim as the marks of what is not read: without colours it must differ too.
    static let read = Style(.cyan, .bold)
}
