import ChatWire

/// Renders a model. The result depends only on the model and the environment.
public func view(_ model: Model, in environment: Environment) -> Screen {
    var screen = Screen(size: model.app.size, title: windowTitle(model))
    if model.app.isWindowTooSmall {
        paintSizeProblem(model, in: environment, on: &screen)
        return screen
    }
    let frame = Frame(model, in: environment)
    screen.put(frame.header, row: 0)
    screen.put(frame.upperRuleRow, row: frame.upperRule)
    let content = frame.content
    for (row, cells) in content.rows.enumerated() { screen.put(cells, row: content.top + row) }
    screen.put(frame.lowerRuleRow, row: frame.lowerRule)
    let footer = frame.footer
    let top = frame.lowerRule + 1
    for (row, cells) in footer.rows.enumerated() { screen.put(cells, row: top + row) }
    screen.cursor = Position(row: top + footer.cursor.row, column: footer.cursor.column)
    return screen
}

/// Such as `(3) Иван Петров · нет связи — chat-tui`.
private func windowTitle(_ model: Model) -> String {
    let unread = (model.openFlags.contains(.muted) ? 0 : model.conversation?.new.count ?? 0) + model.unreadElsewhere
    let count = unread > 0 && model.preferences.countsInTitle ? "(\(unread)) " : ""
    let connection = model.app.isOnline ? "" : " · \(model.app.texts.offline)"
    return "\(count)\(model.title)\(connection) — chat-tui"
}

private func paintSizeProblem(_ model: Model, in environment: Environment, on screen: inout Screen) {
    let rows = environment.width.rows(
        of: model.app.texts.tooSmall(AppState.minimumSize), columns: max(2, model.app.size.columns))
    for (row, glyphs) in rows.prefix(model.app.size.rows).enumerated() {
        var content = CellRow()
        content.append(glyphs)
        screen.put(content, row: row)
    }
}
