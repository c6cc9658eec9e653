import ChatWire

/// The part below the scrollback: the draft, a remark that needs its own rows, and the status line.
struct Footer {
    private(set) var rows: [CellRow] = []
    /// Its row is counted from the footer's first row.
    private(set) var cursor: Position
    /// The rows of the draft around the cursor: the visible ones and their neighbours.
    let draft: DraftLayout

    /// In a narrow window a problem with its address and what to try takes a row more.
    private static func maxRemarkRows(columns: Int) -> Int { columns < 60 ? 3 : 2 }

    init(_ model: Model, in environment: Environment) {
        let width = environment.width
        let columns = model.app.size.columns
        // What covers the conversation needs the room more than a long draft.
        let maxRows = model.app.overlay == nil ? min(5, max(1, model.app.size.rows / 3)) : 1
        // The text keeps one column free at either edge. The cursor after a full row uses the right one.
        let textColumns = columns - 2
        draft = DraftLayout(model.app.editor, columns: textColumns, width: width, rowsAround: maxRows)
        let top = max(0, draft.cursor.row - maxRows + 1)
        cursor = Position(row: draft.cursor.row - top, column: 1 + draft.cursor.column)
        let quoted = Self.quotedLength(of: model)
        for row in draft.rows[top...].prefix(maxRows) {
            let isQuoted = row.stops.first.map { $0.offset < quoted } ?? false
            rows.append(Self.indented(row.glyphs.prefix(fitting: textColumns), isQuoted ? .secondary : .plain))
        }
        if case .choices(let list) = model.app.overlay, !list.query.isEmpty {
            let prompt = model.app.texts.searchPrompt
            (rows, cursor) = Self.query(list.query, prompt: prompt, columns: columns, width: width)
        } else if model.app.overlay == .found, let finder = model.app.finder {
            let prompt = model.app.texts.finderPrompt
            (rows, cursor) = Self.query(finder.query, prompt: prompt, columns: columns, width: width)
        } else if let search = model.conversation?.search, search.isTyping {
            let prompt = model.app.texts.searchPrompt
            (rows, cursor) = Self.query(search.query, prompt: prompt, columns: columns, width: width)
        } else if model.app.editor.isEmpty {
            rows = [Self.indented(width.glyphs(of: Self.placeholder(model)).elided(to: textColumns), .secondary)]
        }

        // The header, two rules, one row of the middle and the status line are always there.
        let room = max(1, min(Self.maxRemarkRows(columns: columns), model.app.size.rows - 5 - rows.count))
        let line = Self.statusLine(model, in: environment, remarkRows: room)
        if let remark = line.displacedRemark {
            var remarkRows = width.rows(of: remark.text, columns: textColumns)
            let last = room - 1
            if remarkRows.count > room {
                let rest = remarkRows[last...].joined(separator: [Glyph(text: " ", width: 1)])
                remarkRows[last...] = [Array(rest).elided(to: textColumns)]
            }
            rows += remarkRows.map { Self.indented($0, remark.style) }
        }
        rows.append(line.row)
    }

    /// The status line. If its remark has more rows than there is room for, its paths are shortened.
    private static func statusLine(_ model: Model, in environment: Environment, remarkRows: Int) -> StatusLine {
        var line = StatusLine(model, in: environment)
        for limit in [60, 40, 24, 16, 8] {
            guard let remark = line.displacedRemark,
                environment.width.rows(of: remark.text, columns: model.app.size.columns - 2).count > remarkRows
            else { break }
            var model = model
            model.app.texts.pathLimit = limit
            line = StatusLine(model, in: environment)
        }
        return line
    }

    /// The number of clusters at the beginning of the draft that are a quotation.
    private static func quotedLength(of model: Model) -> Int {
        let text = model.app.editor.text
        guard model.conversation != nil, text.hasPrefix(Quotation.mark) else { return 0 }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(Quotation.lineCount(of: text))
        return lines.reduce(0) { $0 + $1.count + 1 }
    }

    private static func placeholder(_ model: Model) -> String {
        model.inputLine == .filter ? model.app.texts.inboxPlaceholder : model.app.texts.placeholder
    }

    /// The query in one row, scrolled so that the cursor is visible.
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
