import ChatWire
import ClientUpdates

/// The rows of the search in all conversations: two for each message that was found.
struct FinderLayout {
    private let app: AppState
    private let environment: Environment
    /// The height of the window in rows.
    private let height: Int

    init(_ app: AppState, height: Int, in environment: Environment) {
        self.app = app
        self.height = height
        self.environment = environment
    }

    private static let rowsOfMessage = 2

    private var finder: Finder { app.finder ?? Finder(from: .list) }
    private var capacity: Int { max(1, height / Self.rowsOfMessage) }

    /// The messages of a page. One remains visible, so that the reader finds their place.
    var page: Int { max(1, capacity - 1) }

    /// The index of the first visible message. It only changes to keep the selected one visible.
    var top: Int {
        let top = max(0, min(finder.top, finder.found.count - capacity))
        return max(finder.selected - capacity + 1, min(top, finder.selected))
    }

    /// The number of messages below the window, as far as they are here.
    var below: Int { max(0, finder.found.count - top - capacity) }

    /// The index of the message in a row of the window.
    func index(atRow row: Int) -> Int? {
        guard (0..<height).contains(row) else { return nil }
        let index = top + row / Self.rowsOfMessage
        return finder.found.indices.contains(index) ? index : nil
    }

    var visibleRows: [CellRow] {
        let finder = finder
        guard !finder.found.isEmpty else { return emptyRows(finder) }
        let matcher = finder.words.map { TextMatcher($0) }
        // If the height is odd, the last row shows the first row of one more message.
        let rows = finder.found.indices.dropFirst(top).prefix(capacity + 1).flatMap { index in
            let row = FoundRow(
                finder.found[index], isSelected: index == finder.selected, matcher, of: app, in: environment)
            return [row.first, row.second]
        }
        return Array(rows.prefix(height))
    }

    /// Says what to do, or that nothing was found.
    private func emptyRows(_ finder: Finder) -> [CellRow] {
        let text: String
        if finder.words == nil {
            text = app.texts.finderHelp
        } else if finder.isLoading {
            text = app.texts.loading
        } else if let problem = finder.problem {
            text = app.texts.historyUnavailable(.unreadable(problem))
        } else {
            text = app.texts.notFound(finder.query.text, loadKey: nil)
        }
        let columns = app.size.columns
        let rows = environment.width.rows(of: UntrustedText(text).displayed(), columns: columns - 2).prefix(height)
        let blank = Array(repeating: CellRow.empty, count: max(0, (height - rows.count) / 2))
        return blank + rows.map { .centred($0, columns: columns, .secondary) }
    }
}

/// Makes the rows of one message that was found.
private struct FoundRow {
    private let found: FoundMessage
    private let isSelected: Bool
    private let matcher: TextMatcher?
    private let app: AppState
    private let environment: Environment

    private static let indent = 2

    init(
        _ found: FoundMessage, isSelected: Bool, _ matcher: TextMatcher?, of app: AppState, in environment: Environment
    ) {
        self.found = found
        self.isSelected = isSelected
        self.matcher = matcher
        self.app = app
        self.environment = environment
    }

    private var columns: Int { app.size.columns }
    private func glyphs(_ text: String) -> [Glyph] { environment.width.glyphs(of: text) }

    /// The name, the product and the time.
    var first: CellRow {
        var row = CellRow()
        row.append(glyphs(isSelected ? "▸" : " "), .highlight)
        row.pad(to: Self.indent)
        let given = app.parked[found.peer]?.givenName
        let named = NamedRow(
            name: OverridableText(override: given, fromServer: found.peerName).displayed(or: found.peer),
            nameStyle: isSelected ? .highlight : .title,
            distinction: app.distinction(of: found.peer, named: found.peerName), product: found.product?.title,
            time: glyphs(app.texts.time(found.message.createdAt, in: environment)))
        row = named.row(after: row, of: app, in: environment)
        row.time = found.message.createdAt
        return row
    }

    /// The text around the first match, with all matches highlighted.
    var second: CellRow {
        var row = CellRow()
        row.pad(to: Self.indent)
        if found.message.sender == app.user { row.append(glyphs(app.texts.yourOwn + " "), .secondary) }
        let room = columns - 1 - row.width
        let text = glyphs(found.message.text.displayed())
        let marks = matcher?.ranges(in: text, width: environment.width) ?? []
        let start = start(of: text, firstMark: marks.first, room: room)
        if start > 0 { row.append(glyphs("…"), .secondary) }
        let end = Array(text[start...]).elided(to: columns - 1 - row.width)
        // The last glyph may stand for what was left out.
        let shown = start + end.count
        var next = start
        for mark in marks.map({ $0.clamped(to: start..<shown) }) where !mark.isEmpty {
            row.append(end[(next - start)..<(mark.lowerBound - start)])
            row.append(end[(mark.lowerBound - start)..<(mark.upperBound - start)], .match)
            next = mark.upperBound
        }
        row.append(end[(next - start)...])
        return row
    }

    /// The index of the first shown glyph. A match far from the beginning has a third of the row before it, from the
    /// beginning of a word on.
    private func start(of text: [Glyph], firstMark: Range<Int>?, room: Int) -> Int {
        guard let mark = firstMark, text[..<mark.upperBound].totalWidth > room - 1 else { return 0 }
        var (start, width) = (mark.lowerBound, 0)
        while start > 0, width < room / 3 {
            start -= 1
            width += text[start].width
        }
        let word = text[start..<mark.lowerBound].firstIndex { $0.isSpace }.map { $0 + 1 }
        return word ?? start
    }
}
