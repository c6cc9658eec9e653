import ChatWire

/// The layout of the screen: header, rule, middle, rule and footer, from top to bottom.
///
/// `view` makes one frame for each paint. `update` makes one if a key depends on what is visible. A frame never
/// changes; after a change of the model, a new one is made.
struct Frame {
    let model: Model
    let environment: Environment
    /// The draft, a remark and the status line.
    let footer: Footer
    /// The rows of the screen between the two rules.
    let middle: Range<Int>
    /// The contents of the middle, unless an overlay covers it.
    let list: List

    enum List {
        case conversations(InboxLayout)
        case messages(ScrollbackLayout)
    }

    private static let headerRows = 1

    init(_ model: Model, in environment: Environment) {
        self.model = model
        self.environment = environment
        footer = Footer(model, in: environment)
        let top = Self.headerRows + 1
        // A small window may not have room for all parts.
        middle = top..<max(top + 1, model.app.size.rows - footer.rows.count - 1)
        list =
            if let conversation = model.conversation {
                .messages(ScrollbackLayout(conversation, in: model.app, height: middle.count, environment))
            } else {
                .conversations(InboxLayout(model.app, height: middle.count, in: environment))
            }
    }

    var upperRule: Int { middle.lowerBound - 1 }
    var lowerRule: Int { middle.upperBound }

    var header: CellRow { Header.row(model, in: environment) }
    var finder: FinderLayout { FinderLayout(model.app, height: middle.count, in: environment) }
    var help: Help { Help(model, height: middle.count, in: environment) }

    /// The rows in the middle, and the row of the screen that the first of them goes to.
    var content: (rows: [CellRow], top: Int) {
        switch (model.app.overlay, list) {
        case (.help(let top), _): return (Array(help.visibleRows(from: top).prefix(middle.count)), middle.lowerBound)
        case (.choices(let list), _):
            return (ChoiceLayout(list, model.app, height: middle.count, in: environment).rows, middle.lowerBound)
        case (.found, _): return (finder.visibleRows, middle.lowerBound)
        case (nil, .conversations(let layout)): return (layout.visibleRows, middle.lowerBound)
        case (nil, .messages(let layout)):
            let rows = layout.visibleRows
            // A short conversation is shown at the bottom.
            if !rows.isEmpty { return (rows, middle.upperBound - rows.count) }
            return (layout.emptyRows, middle.lowerBound + (middle.count - 1) / 2)
        }
    }

    /// What a row of the screen shows.
    enum Line {
        /// The index of a message in the transcript.
        case message(Int)
        /// The index of a conversation in `InboxList.shown`.
        case conversation(Int)
    }

    func line(at row: Int) -> Line? {
        switch list {
        case .conversations(let layout): layout.index(atRow: row - middle.lowerBound).map(Line.conversation)
        case .messages(let layout):
            layout.index(atRow: row - middle.upperBound + layout.visibleRows.count).map(Line.message)
        }
    }
}

// MARK: - The rules

extension Frame {
    /// The rule below the header. It shows the number of unread messages in other conversations, and the key to go
    /// there.
    var upperRuleRow: CellRow {
        let unread = model.unreadElsewhere
        let texts = model.app.texts
        let key = model.app.keys.name(of: .list(.nextUnread))
        switch list {
        case .conversations(let layout):
            let totals = unread > 0 ? [texts.unread(unread, key: key), "\(unread) · \(key)"] : [""]
            guard model.app.overlay == nil, layout.above.count > 0 else { return rule(with: totals[0], .highlight) }
            let hints = texts.moreAbove(layout.above, key: model.app.keys.name(of: .home))
            let least = environment.width.count(hints.last ?? "") + 5
            let total = totals.first { environment.width.count($0) + 4 + least <= model.app.size.columns }
            return rule(
                with: total ?? totals[0], .highlight, left: hints, layout.above.unread > 0 ? .highlight : .secondary)
        case .messages: return unread > 0 ? rule(with: texts.unreadElsewhere(unread, key: key), .highlight) : rule()
        }
    }

    /// The rule above the draft. It shows how much is below the visible part, and the key to go there.
    var lowerRuleRow: CellRow {
        let (texts, keys) = (model.app.texts, model.app.keys)
        if model.app.overlay == .found {
            let below = finder.below
            guard below > 0 else { return rule() }
            return rule(with: texts.moreBelow(.init(count: below), key: keys.name(of: .pageDown))[0], .secondary)
        }
        switch list {
        case .conversations(let layout):
            guard model.app.overlay == nil, layout.below.count > 0 else { return rule() }
            let hints = texts.moreBelow(layout.below, key: keys.name(of: .end))
            let shown = hints.first { environment.width.count($0) + 4 <= model.app.size.columns } ?? ""
            return rule(with: shown, layout.below.unread > 0 ? .highlight : .secondary)
        case .messages(let layout) where layout.conversation.viewport == .following:
            guard !layout.conversation.new.isMarkerSeen, let above = layout.newAbove else { return rule(nextProduct) }
            return rule(nextProduct, with: texts.above(above, key: keys.name(of: .pageUp)), .highlight)
        case .messages(let layout):
            let key = keys.name(of: model.app.endKeyGoesToBottom ? .end : .toBottom)
            let count = layout.conversation.new.count
            return rule(nextProduct, with: texts.below(count, key: key), count > 0 ? .highlight : .secondary)
        }
    }

    /// What the next message is about, if the conversation has got to another product meanwhile. It stands at the left,
    /// above the input line.
    private var nextProduct: CellRow? {
        let draft = model.app.editor.draft.product
        guard let product = model.conversation?.state.nextProduct(of: draft)?.label else { return nil }
        let (texts, width) = (model.app.texts, environment.width)
        let room = model.app.size.columns / 2 - width.count(" \(texts.nextProduct("")) ") - 2
        guard room >= 4 else { return nil }
        let title = width.glyphs(of: product.displayed()).elided(to: room).map(\.text).joined()
        var row = rule(columns: 2)
        row.append(width.glyphs(of: " \(texts.nextProduct(title)) "), .notice)
        return row
    }

    private func rule(_ beginning: CellRow?) -> CellRow {
        guard var row = beginning else { return rule() }
        row.append(rule(columns: max(0, model.app.size.columns - row.width)))
        return row
    }

    /// A rule with a text near its right end; the beginning is left out if there is no room for both.
    private func rule(_ beginning: CellRow?, with text: String, _ style: Style) -> CellRow {
        let columns = model.app.size.columns
        let hint = environment.width.glyphs(of: " \(text) ")
        guard var row = beginning, row.width + hint.totalWidth + 4 <= columns else { return rule(with: text, style) }
        row.append(rule(columns: columns - row.width - hint.totalWidth - 2))
        row.append(hint, style)
        row.append(rule(columns: 2))
        return row
    }

    private func rule(columns: Int? = nil) -> CellRow {
        var row = CellRow()
        row.append(repeatElement(Glyph(text: "─", width: 1), count: columns ?? model.app.size.columns), .secondary)
        return row
    }

    /// A rule with a text near its right end, and another one near its left end, if there is room.
    ///
    /// - Parameter hints: The text for the left end, from the longest form to the shortest.
    private func rule(
        with text: String, _ style: Style, left hints: [String] = [], _ hintStyle: Style = .secondary
    ) -> CellRow {
        let columns = model.app.size.columns
        let hint = text.isEmpty ? [] : environment.width.glyphs(of: " \(text) ")
        guard hint.totalWidth + 2 <= columns else { return rule() }
        let room = columns - hint.totalWidth - 2
        var row = CellRow()
        if let left = hints.map({ environment.width.glyphs(of: " \($0) ") }).first(where: { $0.totalWidth + 3 <= room })
        {
            row.append(rule(columns: 2))
            row.append(left, hintStyle)
        }
        row.append(rule(columns: room - row.width))
        row.append(hint, style)
        row.append(rule(columns: 2))
        return row
    }
}
