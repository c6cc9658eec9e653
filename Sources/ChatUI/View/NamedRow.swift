import ChatWire

/// The row of a conversation in the list and of a message that was found: the name, the product and the time.
struct NamedRow {
    /// It is safe to show.
    var name: String
    var nameStyle: Style
    /// The id, if the name may be taken for somebody else's.
    var distinction: String?
    /// What stands right behind the name.
    var marks: [Glyph] = []
    var marksStyle = Style.secondary
    var product: UntrustedText?
    var time: [Glyph]

    /// Continues a row that has its own beginning.
    func row(after beginning: CellRow, of app: AppState, in environment: Environment) -> CellRow {
        let (columns, width) = (app.size.columns, environment.width)
        let (name, id) = (width.glyphs(of: name), Self.behindName(distinction, columns: columns, width))
        var row = beginning
        // The product gets what the name and the time leave; a very long name gets at least half of the row.
        let room = columns - 3 - row.width - time.totalWidth - marks.totalWidth - id.totalWidth
        let product = product(room: room - min(name.totalWidth, room / 2) - 2, app.texts, width)
        row.append(name.elided(to: room - (product.isEmpty ? 0 : product.totalWidth + 2)), nameStyle)
        row.append(id, .secondary)
        row.append(marks, marksStyle)
        if !product.isEmpty {
            row.pad(to: row.width + 2)
            row.append(product, .secondary)
        }
        return end(row, columns: columns)
    }

    /// The id of somebody whose name another one has, too. It takes at most half of a row of `columns`.
    static func behindName(_ distinction: String?, columns: Int, _ width: CharacterWidth) -> [Glyph] {
        distinction.map { width.glyphs(of: " · \($0)").elided(to: columns / 2) } ?? []
    }

    /// Puts the time at the right end of a row.
    func end(_ row: CellRow, columns: Int) -> CellRow {
        var row = row
        row.pad(to: columns - 1 - time.totalWidth)
        row.append(time, .secondary)
        return row
    }

    private func product(room: Int, _ texts: Texts, _ width: CharacterWidth) -> [Glyph] {
        guard let title = product?.displayed(), !title.isEmpty, room >= 6 else { return [] }
        return width.glyphs(of: texts.quoted(width.glyphs(of: title).elided(to: room - 2).map(\.text).joined()))
    }
}
