/// The overlay of links. Each link is shown in full, in as many rows as it needs, with its warnings.
struct LinkOverlay {
    private(set) var rows: [CellRow] = []

    init(_ list: LinkList, _ app: AppState, height: Int, in environment: Environment) {
        let texts = app.texts
        let width = environment.width
        let columns = app.size.columns
        var body: [CellRow] = []
        var chosen = 0..<0
        let indent = 7
        for (index, link) in list.links.enumerated() {
            let isChosen = index == list.selected
            let mark = isChosen ? "▸ \(index + 1)" : "  \(index + 1)"
            var block: [CellRow] = []
            for glyphs in width.rows(of: link.address, columns: columns - indent - 1) {
                let isFirst = block.isEmpty
                block.append(Self.row(glyphs, at: isFirst ? 0 : indent, isChosen ? .highlight : .plain))
            }
            for warning in link.warnings {
                for glyphs in width.rows(of: texts.warning(warning), columns: columns - indent - 1) {
                    block.append(Self.row(glyphs, at: indent, .problem))
                }
            }
            var first = Self.row(width.glyphs(of: mark), at: 1, isChosen ? .highlight : .secondary)
            first.pad(to: indent)
            first.append(block[0])
            block[0] = first
            if isChosen { chosen = body.count..<body.count + block.count }
            body += block
        }
        let room = max(1, height - 2)
        // The list is scrolled no further than needed.
        let top = min(max(0, chosen.upperBound - room), chosen.lowerBound)
        let shown = body[top...].prefix(room)
        rows = [Self.row(width.glyphs(of: texts.linksTitle), at: 1, .title)] + shown
        rows += Array(repeating: .empty, count: max(0, height - 1 - rows.count))
        let footer = app.preferences.opensLinks ? texts.linksFooter : texts.linksCopyFooter
        rows.append(Self.row(width.glyphs(of: footer).elided(to: columns - 2), at: 1, .secondary))
        rows = Array(rows.prefix(height))
    }

    private static func row(_ glyphs: [Glyph], at column: Int, _ style: Style) -> CellRow {
        var row = CellRow()
        row.pad(to: column)
        row.append(glyphs, style)
        return row
    }
}
