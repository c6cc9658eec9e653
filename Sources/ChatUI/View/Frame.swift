import ChatWire

/// Where everything is on the screen: header, rule, middle, rule and footer, from the first row to the last.
///
/// `view` makes one frame for each paint. `update` makes one where a key depends on what is in sight. A frame never
/// changes: after a change of the model, a new one is made.
struct Frame {
    let model: Model
    let environment: Environment
    /// The draft, a remark and the status line.
    let footer: Footer
    /// The rows of the screen between the two rules.
    let middle: Range<Int>
    /// The messages in the middle, as they are where nothing lies over them.
    let scrollback: ScrollbackLayout
    /// The conversations in the middle, likewise.
    let inbox: InboxLayout

    private static let headerRows = 1

    init(_ model: Model, in environment: Environment) {
        self.model = model
        self.environment = environment
        footer = Footer(model, in: environment)
        let top = Self.headerRows + 1
        // A window may be too small for all of it.
        let bottom = max(top + 1, model.size.rows - footer.rows.count - 1)
        middle = top..<bottom
        scrollback = ScrollbackLayout(model, height: middle.count, in: environment)
        inbox = InboxLayout(model, height: middle.count, in: environment)
    }

    var upperRule: Int { middle.lowerBound - 1 }
    var lowerRule: Int { middle.upperBound }

    /// What is in the middle, and the row of the screen that it begins in.
    var content: (rows: [CellRow], top: Int) {
        switch model.overlay {
        case .help(let top): return (Array(help.visibleRows(from: top).prefix(middle.count)), middle.lowerBound)
        case .links(let list):
            return (LinkOverlay(list, model, height: middle.count, in: environment).rows, middle.lowerBound)
        case nil: break
        }
        if model.peer == nil { return (inbox.visibleRows, middle.lowerBound) }
        if model.transcript.isEmpty { return (emptyConversation, middle.lowerBound + (middle.count - 1) / 2) }
        let rows = scrollback.visibleRows
        return (rows, middle.upperBound - rows.count)
    }

    var help: Help { Help(model, height: middle.count, in: environment) }

    var header: CellRow { Header.row(model, in: environment) }

    /// What to say where no message is.
    private var emptyConversation: [CellRow] {
        let problem = model.historyProblem.map { UntrustedText(model.texts.historyProblem($0)).displayed() }
        guard model.isHistoryKnown || problem != nil else { return [] }
        let text = problem ?? model.texts.startConversation(with: model.shownPeerName)
        let columns = model.size.columns
        return [.centred(environment.width.glyphs(of: text).elided(to: columns - 2), columns: columns, .secondary)]
    }

    /// The message in a row of the screen.
    func message(at row: Int) -> Int? {
        // A short conversation stands at the bottom.
        scrollback.index(atRow: row - middle.upperBound + scrollback.visibleRows.count)
    }

    /// The conversation in a row of the screen.
    func conversation(at row: Int) -> Int? { inbox.index(atRow: row - middle.lowerBound) }
}

// MARK: - The rules

extension Frame {
    /// The rule below the header. While something is unread elsewhere, it says so, and how to get there.
    var upperRuleRow: CellRow {
        let unread = model.unreadElsewhere
        guard unread > 0 else { return rule() }
        let key = model.keys.name(of: .nextUnread)
        let texts = model.texts
        let text = model.peer == nil ? texts.unread(unread, key: key) : texts.unreadElsewhere(unread, key: key)
        return rule(with: text, .highlight)
    }

    /// The rule above the draft. While the end of the conversation is out of sight, it says so, and how to get there.
    var lowerRuleRow: CellRow {
        if model.peer == nil {
            guard model.overlay == nil, inbox.below > 0 else { return rule() }
            return rule(with: model.texts.moreBelow(inbox.below, key: model.keys.name(of: .end)), .secondary)
        }
        if model.viewport == .following {
            guard !model.isNewLineSeen, let count = scrollback.newAbove else { return rule() }
            return rule(with: model.texts.above(count, key: model.keys.name(of: .pageUp)), .highlight)
        }
        let key = model.keys.name(of: model.endKeyGoesToBottom ? .end : .toBottom)
        return rule(with: model.texts.below(model.newCount, key: key), model.newCount > 0 ? .highlight : .secondary)
    }

    private func rule(columns: Int? = nil) -> CellRow {
        var row = CellRow()
        row.append(repeatElement(Glyph(text: "─", width: 1), count: columns ?? model.size.columns), .secondary)
        return row
    }

    /// A rule with a word near its right end, where there is room for it.
    private func rule(with text: String, _ style: Style) -> CellRow {
        let columns = model.size.columns
        let hint = environment.width.glyphs(of: " \(text) ")
        guard hint.totalWidth + 2 <= columns else { return rule() }
        var row = rule(columns: columns - hint.totalWidth - 2)
        row.append(hint, style)
        row.append(rule(columns: 2))
        return row
    }
}
