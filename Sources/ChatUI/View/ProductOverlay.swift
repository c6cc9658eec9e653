/// The overlay of products. Each has one row.
struct ProductOverlay {
    private(set) var rows: [CellRow] = []

    init(_ list: ProductList, _ app: AppState, height: Int, in environment: Environment) {
        let (texts, width, columns) = (app.texts, environment.width, app.size.columns)
        let room = max(1, height - 2)
        // The list is scrolled no further than needed.
        let top = max(0, list.selected + 1 - room)
        rows = [Self.row(width.glyphs(of: texts.productsTitle).elided(to: columns - 2), .title)]
        for index in (0...list.products.count).dropFirst(top).prefix(room) {
            let isChosen = index == list.selected
            let isNone = index == list.products.count
            // The other numbers have no key.
            let number = isNone ? "0" : index < 9 ? "\(index + 1)" : " "
            let label = isNone ? texts.noProduct : list.products[index].label?.displayed() ?? ""
            let mark = "\(isChosen ? "▸" : " ") \(number)"
            var row = Self.row(width.glyphs(of: mark), isChosen ? .highlight : .secondary)
            row.pad(to: 7)
            row.append(width.glyphs(of: label).elided(to: columns - 8), isChosen ? .highlight : .plain)
            rows.append(row)
        }
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
