import ChatWire

/// What the terminal shall show: the same for the same model and environment.
public func view(_ model: Model, in environment: Environment) -> Screen {
    var screen = Screen(size: model.size, title: windowTitle(model))
    if model.isWindowTooSmall {
        paintSizeProblem(model, in: environment, on: &screen)
        return screen
    }
    let footer = Footer(model, in: environment)
    let lowerRule = model.size.rows - footer.rows.count - 1
    screen.put(Header.row(model, in: environment), row: 0)
    screen.put(upperRuleRow(model, in: environment), row: 1)
    paintMiddle(model, in: environment, rows: 2..<lowerRule, on: &screen)
    screen.put(lowerRuleRow(model, in: environment), row: lowerRule)
    for (row, content) in footer.rows.enumerated() { screen.put(content, row: lowerRule + 1 + row) }
    screen.cursor = Position(row: lowerRule + 1 + footer.cursor.row, column: footer.cursor.column)
    return screen
}

extension Model {
    /// Rows between the two rules.
    func scrollbackHeight(in environment: Environment) -> Int {
        // Header and two rules.
        max(1, size.rows - 3 - Footer(self, in: environment).rows.count)
    }
}

/// `(3) Иван Петров · нет связи — chat-tui`
private func windowTitle(_ model: Model) -> String {
    let unread = model.newCount + model.unreadElsewhere
    let count = unread > 0 && model.preferences.countsInTitle ? "(\(unread)) " : ""
    let connection = model.isOnline ? "" : " · \(model.texts.offline)"
    return "\(count)\(model.shownPeerName)\(connection) — chat-tui"
}

private func rule(_ columns: Int) -> CellRow {
    var row = CellRow()
    row.append(repeatElement(Glyph(text: "─", width: 1), count: columns), .secondary)
    return row
}

private func paintMiddle(_ model: Model, in environment: Environment, rows: Range<Int>, on screen: inout Screen) {
    if case .help(let top) = model.overlay {
        let help = Help(model, height: rows.count, in: environment).visibleRows(from: top)
        for (row, content) in zip(rows, help) { screen.put(content, row: row) }
    } else if case .links(let list) = model.overlay {
        let content = LinkOverlay(list, model, height: rows.count, in: environment).rows
        for (row, content) in zip(rows, content) { screen.put(content, row: row) }
    } else if model.peer == nil {
        let content = InboxLayout(model, height: rows.count, in: environment).visibleRows
        for (row, content) in zip(rows, content) { screen.put(content, row: row) }
    } else if model.transcript.isEmpty {
        let problem = model.historyProblem.map { UntrustedText(model.texts.historyProblem($0)).displayed() }
        guard model.isHistoryKnown || problem != nil else { return }
        let text = problem ?? model.texts.startConversation(with: model.shownPeerName)
        let glyphs = environment.width.glyphs(of: text).elided(to: model.size.columns - 2)
        let row = rows.lowerBound + (rows.count - 1) / 2
        screen.put(.centred(glyphs, columns: model.size.columns, .secondary), row: row)
    } else {
        let content = ScrollbackLayout(model, height: rows.count, in: environment).visibleRows
        for (row, content) in zip(rows.suffix(content.count), content) { screen.put(content, row: row) }
    }
}

/// The rule below the header. While something is unread elsewhere, it says so, and how to get there.
private func upperRuleRow(_ model: Model, in environment: Environment) -> CellRow {
    guard model.unreadElsewhere > 0 else { return rule(model.size.columns) }
    let key = model.keys.name(of: .nextUnread)
    let text =
        model.peer == nil
        ? model.texts.unread(model.unreadElsewhere, key: key)
        : model.texts.unreadElsewhere(model.unreadElsewhere, key: key)
    return rule(model.size.columns, with: text, .highlight, in: environment)
}

/// The rule above the draft. While the end of the conversation is out of sight, it says so, and how to get there.
private func lowerRuleRow(_ model: Model, in environment: Environment) -> CellRow {
    let columns = model.size.columns
    if model.peer == nil, model.overlay == nil {
        let below = InboxLayout(model, in: environment).below
        if below > 0 {
            let text = model.texts.moreBelow(below, key: model.keys.name(of: .end))
            return rule(columns, with: text, .secondary, in: environment)
        }
    }
    if model.viewport == .following {
        guard model.peer != nil, !model.isNewLineSeen, !model.isWindowTooSmall,
            let count = ScrollbackLayout(model, in: environment).newAbove
        else { return rule(columns) }
        let text = model.texts.above(count, key: model.keys.name(of: .pageUp))
        return rule(columns, with: text, .highlight, in: environment)
    }
    let key = model.keys.name(of: model.endKeyGoesToBottom ? .end : .toBottom)
    let text = model.texts.below(model.newCount, key: key)
    return rule(columns, with: text, model.newCount > 0 ? .highlight : .secondary, in: environment)
}

/// A rule with a word near its right end, where there is room for it.
private func rule(_ columns: Int, with text: String, _ style: Style, in environment: Environment) -> CellRow {
    let hint = environment.width.glyphs(of: " \(text) ")
    guard hint.totalWidth + 2 <= columns else { return rule(columns) }
    var row = rule(columns - hint.totalWidth - 2)
    row.append(hint, style)
    row.append(repeatElement(Glyph(text: "─", width: 1), count: 2), .secondary)
    return row
}

private func paintSizeProblem(_ model: Model, in environment: Environment, on screen: inout Screen) {
    let rows = environment.width.rows(
        of: model.texts.tooSmall(Model.minimumSize), columns: max(2, model.size.columns))
    for (row, glyphs) in rows.prefix(model.size.rows).enumerated() {
        var content = CellRow()
        content.append(glyphs)
        screen.put(content, row: row)
    }
}
