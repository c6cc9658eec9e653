import ChatWire

/// The overlay of templates: the name of each, and the beginning of its text.
struct TemplateOverlay {
    private(set) var rows: [CellRow] = []

    init(_ list: TemplateList, _ app: AppState, height: Int, in environment: Environment) {
        let texts = app.texts
        let width = environment.width
        let columns = app.size.columns
        let names = list.templates.map { width.glyphs(of: UntrustedText($0.name).displayed()) }
        let longest = min(names.map(\.totalWidth).max() ?? 0, columns / 3)
        // The list is scrolled no further than needed.
        let room = max(1, height - 2)
        let top = max(0, list.selected - room + 1)
        rows = [Self.row(width.glyphs(of: texts.templatesTitle), .title)]
        for index in list.templates.indices.dropFirst(top).prefix(room) {
            let isChosen = index == list.selected
            let mark = "\(isChosen ? "▸" : " ") \(index < 9 ? "\(index + 1)" : " ")"
            var row = Self.row(width.glyphs(of: mark), isChosen ? .highlight : .secondary)
            row.pad(to: 6)
            row.append(names[index].elided(to: longest), isChosen ? .highlight : .plain)
            row.pad(to: 6 + longest + 2)
            let text = width.glyphs(of: UntrustedText(list.templates[index].text).displayed())
            row.append(text.elided(to: max(0, columns - 1 - row.width)), .secondary)
            rows.append(row)
        }
        rows += Array(repeating: .empty, count: max(0, height - 1 - rows.count))
        let footer = texts.templatesFooters.first { width.count($0) <= columns - 2 } ?? ""
        rows.append(Self.row(width.glyphs(of: footer), .secondary))
        rows = Array(rows.prefix(height))
    }

    private static func row(_ glyphs: [Glyph], _ style: Style) -> CellRow {
        var row = CellRow()
        row.pad(to: 1)
        row.append(glyphs, style)
        return row
    }
}
