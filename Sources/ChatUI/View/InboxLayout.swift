import ChatWire

/// The rows of the inbox: two for each conversation, or one in a low window.
///
/// Rows are made only for visible conversations, so the cost does not depend on the length of the list.
struct InboxLayout {
    private let app: AppState
    private let environment: Environment
    /// The height of the window in rows.
    private let height: Int

    init(_ app: AppState, height: Int, in environment: Environment) {
        self.app = app
        self.height = height
        self.environment = environment
    }

    private var inbox: InboxList { app.inbox }
    private var isLow: Bool { height < 8 }
    /// The number of conversations that fit into the window.
    private var capacity: Int { max(1, isLow ? height : height / 2) }

    /// The conversations of a page. One remains visible, so that the reader finds their place.
    var page: Int { max(1, capacity - 1) }

    /// The conversations in sight.
    var visible: ArraySlice<UserID> { inbox.shown.dropFirst(top).prefix(capacity) }

    /// The index of the first visible conversation. It changes only to keep the selected one visible, and is 0 while the
    /// user is at the top of the list.
    var top: Int {
        guard inbox.isAwayFromTop else { return 0 }
        let top = max(0, min(inbox.top, inbox.shown.count - capacity))
        guard let selected = inbox.selectedIndex else { return top }
        return max(selected - capacity + 1, min(top, selected))
    }

    /// The conversations above or below the window.
    struct Hidden: Equatable {
        var count = 0
        /// How many of them are unread. The muted ones are not counted.
        var unread = 0
    }

    var above: Hidden { hidden(0..<top) }
    var below: Hidden { hidden(min(top + capacity, inbox.shown.count)..<inbox.shown.count) }

    private func hidden(_ range: Range<Int>) -> Hidden {
        Hidden(count: range.count, unread: inbox.shown[range].count { (inbox[$0]?.toldUnread ?? 0) > 0 })
    }

    /// The index of the conversation in a row of the window.
    func index(atRow row: Int) -> Int? {
        guard (0..<height).contains(row) else { return nil }
        let index = top + (isLow ? row : row / 2)
        return inbox.shown.indices.contains(index) ? index : nil
    }

    var visibleRows: [CellRow] {
        let inbox = inbox
        if inbox.shown.isEmpty { return emptyRows(inbox) }
        var rows: [CellRow] = []
        let top = top
        // If the height is odd, the last row shows the first row of one more conversation.
        for peer in inbox.shown.dropFirst(top).prefix(capacity + 1) where rows.count < height {
            guard let entry = inbox[peer] else { continue }
            let painter = InboxRow(
                entry, number: inbox.number(of: peer), isSelected: peer == inbox.selected, of: app, in: environment)
            rows += isLow ? [painter.single] : [painter.first, painter.second]
        }
        return Array(rows.prefix(height))
    }

    /// Says why the list is empty, and what to do.
    private func emptyRows(_ inbox: InboxList) -> [CellRow] {
        let text: String
        if let filter = inbox.filter {
            let shown = UntrustedText(filter.text).displayed()
            text = app.texts.noneFound(shown, key: app.keys.name(of: .escape))
        } else if !inbox.isLoaded || (!app.isOnline && !inbox.isComplete && inbox.count == 0) {
            // Nobody knows yet whether there are conversations.
            return []
        } else if app.isOnline, !inbox.isComplete, inbox.problem == nil {
            text = app.texts.loading
        } else {
            text = app.texts.empty(inbox.view.selection, keys: app.keys, hidesSome: inbox.hidesSome)
        }
        let columns = app.size.columns
        let rows = environment.width.rows(of: text, columns: columns - 2).prefix(height)
        let blank = Array(repeating: CellRow.empty, count: max(0, (height - rows.count) / 2))
        return blank + rows.map { .centred($0, columns: columns, .secondary) }
    }
}

/// Makes the rows of one conversation in the inbox.
private struct InboxRow {
    private let entry: InboxEntry
    /// Nil if the conversation has no number.
    private let number: Int?
    private let isSelected: Bool
    private let app: AppState
    private let environment: Environment

    /// The column where names begin, after the selection mark and the number.
    private static let indent = 4

    init(
        _ entry: InboxEntry, number: Int?, isSelected: Bool, of app: AppState, in environment: Environment
    ) {
        self.entry = entry
        self.number = number
        self.isSelected = isSelected
        self.app = app
        self.environment = environment
    }

    private var columns: Int { app.size.columns }
    private func glyphs(_ text: String) -> [Glyph] { environment.width.glyphs(of: text) }

    /// The name, the number of unread messages, the product and the time.
    var first: CellRow {
        var row = named(marks: unread + states).row(after: beginning, of: app, in: environment)
        row.time = entry.lastMessage?.createdAt
        return row
    }

    /// The last message, or the draft.
    var second: CellRow {
        var row = CellRow()
        row.pad(to: Self.indent)
        appendText(to: &row, end: columns - 1)
        return row
    }

    /// A single row without the product.
    var single: CellRow {
        let (named, unread) = (named(marks: unread), unread)
        var row = beginning
        let room = columns - 3 - row.width - named.time.totalWidth
        let id = NamedRow.behindName(named.distinction, columns: columns, environment.width)
        let nameRoom = room / 2 - unread.totalWidth - id.totalWidth
        row.append(glyphs(named.name).elided(to: max(4, nameRoom)), named.nameStyle)
        row.append(id, .secondary)
        row.append(unread, named.marksStyle)
        row.pad(to: row.width + 2)
        appendText(to: &row, end: columns - 3 - named.time.totalWidth)
        row = named.end(row, columns: columns)
        row.time = entry.lastMessage?.createdAt
        return row
    }

    private func named(marks: [Glyph]) -> NamedRow {
        let parked = app.parked[entry.peer]
        let product = entry.product ?? parked?.chosenProduct ?? parked?.draft.product
        return NamedRow(
            name: app.displayName(of: entry), nameStyle: nameStyle,
            distinction: app.distinction(of: entry.peer, named: entry.peerName), marks: marks,
            marksStyle: entry.toldUnread > 0 ? .highlight : .secondary, product: product.flatMap(app.listings.label),
            time: time)
    }

    private var nameStyle: Style { isSelected ? .highlight : entry.toldUnread > 0 ? .peerName : .title }
    /// The time of the last message; where those who wait longest come first, since when the peer waits.
    private var time: [Glyph] {
        let waiting = app.inbox.view.isLongestWaitingFirst ? entry.waitingSince : nil
        return (waiting ?? entry.lastMessage?.createdAt).map { glyphs(app.texts.time($0, in: environment)) } ?? []
    }

    private var unread: [Glyph] {
        guard entry.unread > 0 else { return entry.has(.unread) ? glyphs(" (•)") : [] }
        return glyphs(entry.unread > 999 ? " (999+)" : " (\(entry.unread))")
    }

    /// Why the conversation calls nobody, or is not in the usual list, or brings nothing new.
    private var states: [Glyph] {
        let words = [
            entry.isBlocked ? app.texts.blocked : nil,
            entry.has(.muted) ? app.texts.muted : nil,
            entry.has(.archived) && app.inbox.view.selection != .archived ? app.texts.archived : nil,
        ].compactMap(\.self)
        return words.isEmpty ? [] : glyphs(words.map { " · " + $0 }.joined())
    }

    private var beginning: CellRow {
        var row = CellRow()
        row.append(glyphs(isSelected ? "▸" : " "), .highlight)
        row.append(glyphs(entry.has(.pinned) ? "▲" : " "), .secondary)
        if let number { row.append(glyphs("\(number)"), .secondary) }
        row.pad(to: Self.indent)
        return row
    }

    /// Appends a failed message, a draft or a waiting message, because they concern the user most; or else the last
    /// message.
    private func appendText(to row: inout CellRow, end: Int) {
        let parked = app.parked[entry.peer]
        func append(_ word: String, _ style: Style, _ text: UntrustedText) {
            if !word.isEmpty { row.append(glyphs(word + " ").elided(to: max(0, end - row.width)), style) }
            row.append(glyphs(text.displayed()).elided(to: max(0, end - row.width)))
        }
        if let failed = parked?.failed {
            append("✗ \(app.texts.refused("")):", .alert, failed.text)
        } else if let draft = parked?.draft, !draft.isEmpty {
            append(app.texts.draft, .notice, UntrustedText(draft.text))
        } else if let waiting = parked?.waiting(after: entry.lastMessage) {
            append("… \(app.texts.yourOwn)", .secondary, waiting.text)
        } else if let message = entry.lastMessage {
            let own = UntrustedText(Quotation.own(of: message.text.wire))
            append(
                message.sender == app.user ? app.texts.yourOwn : "", .secondary, own.isVisible ? own : message.text)
        }
    }
}
