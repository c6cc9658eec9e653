/// The effects of keys and commands in a conversation.
extension ConversationScreen {
    /// Performs an action in the conversation. Nil if the action does not depend on the conversation.
    mutating func perform(
        _ action: Action, text: String, in app: inout AppState, _ environment: Environment
    ) -> [Effect]? {
        switch action {
        case .rowUp: moveRow(by: -1, in: &app, environment)
        case .rowDown: moveRow(by: 1, in: &app, environment)
        case .home:
            if app.editor.isEmpty { return goToTop(in: app, environment) }
            app.editor.perform(.beginningOfLine)
        case .end: if app.endKeyGoesToBottom { goToBottom() } else { app.editor.perform(.endOfLine) }
        case .pageUp: return scrollPage(-1, in: app, environment)
        case .pageDown: return scrollPage(1, in: app, environment)
        case .toTop: return goToTop(in: app, environment)
        case .toBottom: goToBottom()
        case .forward:
            if app.editor.isEmpty { return beginSearch(in: &app, environment) }
            app.editor.perform(.forwardCharacter)
        case .selectOlder: return select(-1, in: &app, environment)
        case .selectNewer: return select(1, in: &app, environment)
        case .conversation(let action): return perform(action, text: text, in: &app, environment)
        case .send, .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .escape, .list, .program: return nil
        }
        return []
    }

    private mutating func perform(
        _ action: Action.InConversation, text: String, in app: inout AppState, _ environment: Environment
    ) -> [Effect]? {
        switch action {
        case .search: return beginSearch(text, in: &app, environment)
        case .searchOlder: return goToMatch(-1, in: &app, environment)
        case .searchNewer: return goToMatch(1, in: &app, environment)
        case .date: return goToDate(text, in: &app, environment)
        case .copy: return copyMessage(in: &app)
        case .quote: quote(in: &app)
        case .links: showLinks(in: &app, environment)
        case .product: chooseProduct(text, in: &app)
        case .resend: return resend(in: &app)
        case .takeBack: return takeBack(in: &app)
        case .discard: return discard(in: &app)
        case .block: return setBlocked(true, in: &app)
        case .unblock: return setBlocked(false, in: &app)
        case .templates, .template: return nil
        }
        return []
    }

    /// Moves the cursor to the row above or below. From the first or last row it goes to the input history.
    private mutating func moveRow(by distance: Int, in app: inout AppState, _ environment: Environment) {
        let layout = Frame(Model(app: app, conversation: self), in: environment).footer.draft
        let row = layout.cursor.row + distance
        if layout.rows.indices.contains(row) {
            let column = app.editor.goalColumn ?? layout.cursor.column
            app.editor.move(to: layout.offset(row: row, column: column))
            app.editor.goalColumn = column
        } else if let recalled = inputHistory.step(
            by: distance, leaving: app.editor.draft, sent: app.sent.recallable(after: state.transcript))
        {
            app.editor.replaceAll(with: recalled)
        }
    }
}
