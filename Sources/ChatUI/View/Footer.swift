import ChatWire

/// What is below the scrollback: the draft, a remark where it needs rows of its own, and the line with the counter.
struct Footer {
    private(set) var rows: [CellRow] = []
    /// Counted from the footer's first row.
    private(set) var cursor: Position
    /// The rows of the draft around the cursor: all that are shown, and the ones next to it.
    let draft: DraftLayout

    private static let maxRemarkRows = 2

    init(_ model: Model, in environment: Environment) {
        let width = environment.width
        let columns = model.app.size.columns
        let maxRows = min(5, max(1, model.app.size.rows / 3))
        // Text keeps a column from either edge. The cursor behind a full row stands in the right one.
        let textColumns = columns - 2
        draft = DraftLayout(model.app.editor, columns: textColumns, width: width, rowsAround: maxRows)
        let top = max(0, draft.cursor.row - maxRows + 1)
        cursor = Position(row: draft.cursor.row - top, column: 1 + draft.cursor.column)
        for row in draft.rows[top...].prefix(maxRows) {
            rows.append(Self.indented(row.glyphs.prefix(fitting: textColumns)))
        }
        if let search = model.conversation?.search, search.isTyping {
            let prompt = model.app.texts.searchPrompt
            (rows, cursor) = Self.query(search.query, prompt: prompt, columns: columns, width: width)
        } else if model.app.editor.isEmpty {
            rows = [Self.indented(width.glyphs(of: Self.placeholder(model)).elided(to: textColumns), .secondary)]
        }

        let line = StatusLine(model, in: environment)
        if let remark = line.displacedRemark {
            var remarkRows = width.rows(of: remark.text, columns: textColumns)
            if remarkRows.count > Self.maxRemarkRows {
                let rest = remarkRows[(Self.maxRemarkRows - 1)...].joined(separator: [Glyph(text: " ", width: 1)])
                remarkRows[(Self.maxRemarkRows - 1)...] = [Array(rest).elided(to: textColumns)]
            }
            rows += remarkRows.map { Self.indented($0, remark.style) }
        }
        rows.append(line.row)
    }

    private static func placeholder(_ model: Model) -> String {
        model.inputLine == .filter ? model.app.texts.inboxPlaceholder : model.app.texts.placeholder
    }

    /// One row, of which the part around the cursor is shown.
    private static func query(
        _ query: LineEditor, prompt: String, columns: Int, width: CharacterWidth
    ) -> ([CellRow], Position) {
        var row = indented(width.glyphs(of: prompt + " "), .secondary)
        let room = columns - 1 - row.width
        let glyphs = width.glyphs(of: UntrustedText(query.text).displayed())
        let before = width.glyphs(of: UntrustedText(String(query.text.prefix(query.cursor))).displayed())
        var hidden = 0
        while before.dropFirst(hidden).totalWidth > room - 1, hidden < before.count { hidden += 1 }
        let column = row.width + before.dropFirst(hidden).totalWidth
        row.append(Array(glyphs.dropFirst(hidden)).prefix(fitting: room))
        return ([row], Position(row: 0, column: min(column, columns - 1)))
    }

    private static func indented(_ glyphs: some Sequence<Glyph>, _ style: Style = .plain) -> CellRow {
        var row = CellRow()
        row.pad(to: 1)
        row.append(glyphs, style)
        return row
    }
}
