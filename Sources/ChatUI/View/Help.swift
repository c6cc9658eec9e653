import ChatWire

/// The help overlay: all keys and commands, from the tables that the dispatch uses, and the meanings of the marks.
struct Help {
    private let rows: [CellRow]
    /// The number of rows for the help, without the footer.
    private let height: Int
    private let footer: CellRow
    /// The footer at the end of the help.
    private let lastFooter: CellRow

    /// - Parameter height: The number of rows of the overlay.
    init(_ model: Model, height: Int, in environment: Environment) {
        let texts = model.app.texts
        let width = environment.width
        let columns = model.app.size.columns
        let place = Place(model)
        let keys = model.app.keys.all.filter { !$0.keys.isEmpty }.compactMap { binding in
            let help =
                switch place {
                case .inbox: texts.helpInInbox(for: binding.action)
                case .finder: texts.helpInFinder(for: binding.action)
                case .conversation: texts.help(for: binding.action, hasList: model.app.escapeOpensList)
                }
            return help.map { (binding.keys.map(\.name).joined(separator: ", "), $0) }
        }
        let commands = SlashCommand.all.compactMap { command in
            let help =
                switch place {
                case .inbox: texts.helpInInbox(for: command)
                case .finder: nil as String?
                case .conversation: texts.help(for: command.action)
                }
            return help.map { ("/\(command.name)", $0) }
        }
        let indent = (keys + commands).map { width.count($0.0) }.max() ?? 0

        var rows = [Self.row(width.glyphs(of: texts.helpTitle), .title)]
        if place == .inbox {
            rows += Self.rows((keys: "…", text: texts.filterHelp), indent: indent, columns: columns, width: width)
        }
        for entry in keys { rows += Self.rows(entry, indent: indent, columns: columns, width: width) }
        if !commands.isEmpty { rows += [.empty, Self.row(width.glyphs(of: texts.commandsTitle), .title)] }
        for entry in commands { rows += Self.rows(entry, indent: indent, columns: columns, width: width) }
        rows += [.empty, Self.row(width.glyphs(of: texts.marksTitle), .title)]
        for mark in Self.marks(model, place) { rows += Self.rows(mark, columns: columns, width: width) }
        if place != .conversation {
            rows += [.empty]
            rows += width.rows(
                of: texts.helpInConversation(key: model.app.keys.name(of: .program(.help))), columns: columns - 2
            )
            .map { Self.row($0, .secondary) }
        }
        if let notKept = model.app.notKept {
            let text = UntrustedText(texts.helpNothingKept(notKept)).displayed()
            rows += width.rows(of: text, columns: columns - 2).map { Self.row($0, .notice) }
        }
        self.rows = rows
        self.height = max(1, height - 1)
        let footers = [texts.helpFooters, texts.lastHelpFooters].map { texts in
            let footers = texts.map { width.glyphs(of: $0) }
            let shown = footers.first { $0.totalWidth <= columns - 2 } ?? footers.last ?? []
            return Self.row(shown.elided(to: columns - 2), .secondary)
        }
        (footer, lastFooter) = (footers[0], footers[1])
    }

    /// Where the user is. Only the keys that work there are shown.
    private enum Place {
        case inbox, finder, conversation

        init(_ model: Model) {
            if model.app.finder?.isVisiting == false {
                self = .finder
            } else {
                self = model.conversation == nil ? .inbox : .conversation
            }
        }
    }

    private typealias Mark = (sign: String, style: Style, text: String)

    /// The marks beside names and messages, each in its own style.
    private static func marks(_ model: Model, _ place: Place) -> [Mark] {
        let texts = model.app.texts
        var marks: [Mark] = [
            ("●", .online, texts.helpOnline)
        ]
        if place == .finder { return marks }
        marks.append(("…", .secondary, texts.helpWaiting))
        if place == .inbox {
            marks.append(("✗", .alert, texts.helpFailedInInbox))
            marks.append(("▲", .secondary, texts.helpPinned))
            marks.append(("(•)", .highlight, texts.helpMarkedUnread))
            return marks
        }
        marks.append(("✓", .secondary, texts.helpStored))
        if model.preferences.showsReceipts {
            marks.append(("✓✓", .secondary, texts.helpDelivered))
            marks.append(("✓✓", .read, texts.helpRead(isColored: model.preferences.marksReadByColor)))
        }
        let (resend, discard) = (
            model.app.keys.name(of: .conversation(.resend)), model.app.keys.name(of: .conversation(.discard))
        )
        let edit = model.app.keys.name(of: .conversation(.takeBack))
        marks.append(("✗", .alert, texts.helpFailed(resend: resend, discard: discard, edit: edit)))
        return marks
    }

    private static func rows(_ mark: Mark, columns: Int, width: CharacterWidth) -> [CellRow] {
        let column = 6
        return width.rows(of: mark.text, columns: columns - column - 1).enumerated().map { index, glyphs in
            var row = index == 0 ? row(width.glyphs(of: mark.sign), mark.style) : CellRow()
            row.pad(to: column)
            row.append(glyphs)
            return row
        }
    }

    /// The largest index of the first visible row.
    var maxTop: Int { max(0, rows.count - height) }

    /// The rows of a page. One row remains visible, so that the reader finds their place.
    var page: Int { max(1, height - 1) }

    func visibleRows(from top: Int) -> [CellRow] {
        let shown = Array(rows[min(top, maxTop)...].prefix(height))
        return shown + Array(repeating: .empty, count: height - shown.count)
            + [top < maxTop ? footer : lastFooter]
    }

    /// Keys and their descriptions side by side, or one below the other if the window is narrow.
    private static func rows(
        _ entry: (keys: String, text: String), indent: Int, columns: Int, width: CharacterWidth
    ) -> [CellRow] {
        let keys = row(width.glyphs(of: entry.keys), .highlight)
        let isWide = columns - indent >= 45
        let column = isWide ? indent + 4 : 4
        var rows = isWide ? [] : [keys]
        for glyphs in width.rows(of: entry.text, columns: columns - column - 1) {
            var row = isWide && rows.isEmpty ? keys : CellRow()
            row.pad(to: column)
            row.append(glyphs)
            rows.append(row)
        }
        return rows
    }

    private static func row(_ glyphs: [Glyph], _ style: Style) -> CellRow {
        var row = CellRow()
        row.pad(to: 1)
        row.append(glyphs, style)
        return row
    }
}
