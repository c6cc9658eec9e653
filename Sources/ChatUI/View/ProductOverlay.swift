/// The overlay of products. Each has one row.
struct ProductOverlay {
    private(set) var rows: [CellRow] = []

    init(_ list: ProductList, _ app: AppState, height: Int, in environment: Environment) {
        let (texts, width, columns) = (app.texts, environment.width, app.size.columns)
        let labels = list.products.map { $0.label?.displayed() ?? "" } + [texts.noProduct]
        let body = labels.enumerated().map { index, label in
            let isChosen = index == list.selected
            let number = index == list.products.count ? 0 : index + 1
            var row = CellRow()
            row.pad(to: 1)
            row.append(width.glyphs(of: "\(isChosen ? "▸" : " ") \(number)"), isChosen ? .highlight : .secondary)
            row.pad(to: 7)
            row.append(width.glyphs(of: label).elided(to: columns - 8), isChosen ? .highlight : .plain)
            return row
        }
        let room = max(1, height - 2)
        // The list is scrolled no further than needed.
        let top = max(0, list.selected + 1 - room)
        rows = [Self.row(width.glyphs(of: texts.productsTitle).elided(to: columns - 2), .title)]
        rows += body[top...].prefix(room)
        rows += Array(repeating: .empty, count: max(0, height - 1 - rows.count))
        rows.append(Self.row(width.glyphs(of: texts.productsFooter).elided(to: columns - 2), .secondary))
        rows = Array(rows.prefix(height))
    }

    private static func row(_ glyphs: [Glyph], _ style: Style) -> CellRow {
        var row = CellRow()
        row.pad(to: 1)
        row.append(glyphs, style)
        return row
    }
}
