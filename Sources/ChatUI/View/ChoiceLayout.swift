import ChatWire

/// The rows of a list that the user chooses from: its title, as many choices as fit, and its keys.
struct ChoiceLayout {
    private let list: Choices
    private let app: AppState
    private let environment: Environment
    /// The height of the window in rows.
    private let height: Int
    /// The columns of the templates' names.
    private let nameColumns: Int

    init(_ list: Choices, _ app: AppState, height: Int, in environment: Environment) {
        self.list = list
        self.app = app
        self.environment = environment
        self.height = height
        let names = list.all.map { environment.width.count($0.templateName) }
        nameColumns = min(names.max() ?? 0, app.size.columns / 3)
    }

    private var columns: Int { app.size.columns }
    private func glyphs(_ text: String) -> [Glyph] { environment.width.glyphs(of: text) }

    var rows: [CellRow] {
        let nothing = app.texts.notFound(UntrustedText(list.query.text).displayed(), loadKey: nil)
        let body = list.shown.isEmpty ? [row(glyphs(nothing).elided(to: columns - 2), .secondary)] : body
        var rows = [row(glyphs(app.texts.title(of: list.kind)).elided(to: columns - 2), .title)]
        rows += body
        rows += Array(repeating: .empty, count: max(0, height - 1 - rows.count))
        let footers = app.texts.footers(
            of: list.kind, opensLinks: app.preferences.opensLinks, isSearching: !list.query.isEmpty
        ).map(glyphs)
        let footer = footers.first { $0.totalWidth <= columns - 2 } ?? footers.last ?? []
        rows.append(row(footer.elided(to: columns - 2), .secondary))
        return Array(rows.prefix(height))
    }

    private var room: Int { max(1, height - 2) }

    /// The choices of a page. One remains visible, so that the reader finds their place.
    var page: Int { max(1, room - 1) }

    private var body: [CellRow] {
        // The list is scrolled no further than needed. What is above the choice is laid out only as far as it may show.
        var body = block(of: list.selected)
        var top = 0
        var above = list.selected
        while above > 0, body.count < room {
            above -= 1
            let rows = block(of: above)
            top = max(0, body.count + rows.count - room)
            body = rows + body
        }
        var below = list.selected + 1
        while below < list.shown.count, body.count - top < room {
            body += block(of: below)
            below += 1
        }
        return Array(body[top...].prefix(room))
    }

    /// The rows of one choice.
    private func block(of index: Int) -> [CellRow] {
        let isChosen = index == list.selected
        let number = list.number(of: index).map { "\($0)" } ?? " "
        var first = row(glyphs("\(isChosen ? "▸" : " ") \(number)"), isChosen ? .highlight : .secondary)
        let style: Style = isChosen ? .highlight : .plain
        switch list.shown[index] {
        case .address(let link):
            first.pad(to: Self.indent)
            let room = columns - Self.indent - 1
            let address = environment.width.rows(of: link.address, columns: room)
            first.append(address.first ?? [], style)
            let warnings = link.warnings.flatMap {
                environment.width.rows(of: app.texts.warning($0), columns: room)
            }
            return [first] + address.dropFirst().map { row($0, style, at: Self.indent) }
                + warnings.map { row($0, .problem, at: Self.indent) }
        case .template(let template):
            first.pad(to: 6)
            first.append(glyphs(list.shown[index].templateName).elided(to: nameColumns), style)
            first.pad(to: 6 + nameColumns + 2)
            let text = glyphs(UntrustedText(template.text).displayed())
            first.append(text.elided(to: max(0, columns - 1 - first.width)), .secondary)
            return [first]
        case .product(let product):
            first.pad(to: Self.indent)
            let label = product.map { $0.label?.displayed() ?? "" } ?? app.texts.noProduct
            first.append(glyphs(label).elided(to: columns - Self.indent - 1), style)
            return [first]
        }
    }

    private static let indent = 7

    private func row(_ glyphs: [Glyph], _ style: Style, at column: Int = 1) -> CellRow {
        var row = CellRow()
        row.pad(to: column)
        row.append(glyphs, style)
        return row
    }
}

extension Choices.Choice {
    /// Empty for anything but a template. It is safe to show.
    fileprivate var templateName: String {
        if case .template(let template) = self { UntrustedText(template.name).displayed() } else { "" }
    }
}
