import ChatWire
import ClientUpdates

/// The rows of one message in the scrollback. They depend only on the message and its neighbours.
struct MessageBlock {
    let id: Transcript.LineID
    /// The rows above the text: the date, the product, the line of new messages, the name and the time.
    private(set) var head: [CellRow] = []
    /// The text, and why it failed if it did.
    private(set) var body: [CellRow] = []
    /// The row below the text that reports a gap.
    private(set) var tail: [CellRow] = []

    var rows: [CellRow] { head + body + tail }
    var count: Int { head.count + body.count + tail.count }

    /// In seconds. Consecutive messages of one sender within such a span of the clock share a name line.
    private static let groupingSpan: Int64 = 120

    init(_ index: Int, of conversation: ConversationScreen, in app: AppState, _ environment: Environment) {
        let transcript = conversation.state.transcript
        let line = transcript.line(at: index)
        let previous = index > 0 ? transcript.line(at: index - 1) : nil
        let painter = MessagePainter(conversation: conversation, app: app, environment: environment)
        id = line.id

        if previous == nil, line.id.isStored(as: conversation.loadingBefore) { head.append(painter.loading) }
        let startsDay = previous.map { !environment.isSameDay($0.time, line.time) } ?? true
        if startsDay { head.append(painter.daySeparator(line.time)) }
        let product = conversation.state.productBeginning(at: index)?.label
        if let product { head.append(painter.productSeparator(product)) }
        let startsNew = line.id.isStored(as: conversation.new.first)
        if startsNew { head.append(painter.separator(app.texts.newMessages, style: .highlight)) }
        let continues =
            previous.map { Self.sharesName($0, line) && transcript.gap(after: index - 1) == nil } ?? false
        if startsDay || startsNew || product != nil || !continues { head.append(painter.nameLine(line)) }
        body = line.isOwn ? painter.ownBody(line) : painter.peerBody(line)
        if line.id == conversation.selected {
            let column = line.isOwn ? painter.columns - 1 : 0
            for row in body.indices { body[row].mark(column, "▌", .highlight) }
        }
        if let gap = transcript.gap(after: index) { tail = [painter.gapRow(gap, after: index)] }
    }

    private static func sharesName(_ previous: Transcript.Line, _ line: Transcript.Line) -> Bool {
        previous.isOwn == line.isOwn && previous.time.seconds / groupingSpan == line.time.seconds / groupingSpan
    }
}

extension Environment {
    fileprivate func isSameDay(_ one: Timestamp, _ other: Timestamp) -> Bool {
        localTime(one).dayNumber == localTime(other).dayNumber
    }
}

/// Makes the rows of a message block.
private struct MessagePainter {
    let conversation: ConversationScreen
    let app: AppState
    let environment: Environment

    /// A very wide window is not used whole: what the two people say would stand far apart.
    var columns: Int { min(app.size.columns, 100) }
    private var texts: Texts { app.texts }
    /// The text keeps one column free at either edge. It takes only three quarters of the width, because long rows are
    /// hard to read, and because its place shows whose it is.
    private var bodyColumns: Int { max(columns * 3 / 4, 30) - 2 }

    private func glyphs(_ text: String) -> [Glyph] { environment.width.glyphs(of: text) }

    func separator(_ text: String, style: Style = .secondary) -> CellRow {
        .centred(glyphs("── \(text) ──"), columns: columns, style)
    }

    var loading: CellRow { .centred(glyphs(texts.loading), columns: columns, .secondary) }

    func gapRow(_ gap: Transcript.Gap, after index: Int) -> CellRow {
        switch gap {
        case .open: return .centred(glyphs("— \(texts.openGap) —"), columns: columns, .problem)
        case .unknown: return .centred(glyphs("— \(texts.pastUnknown) —"), columns: columns, .problem)
        case .hole, .dropped:
            let stored = conversation.state.transcript.stored
            let isLoading = index + 1 < stored.count && conversation.loadingBefore == stored[index + 1].id
            if isLoading || conversation.loadingAfter == stored[index].id { return loading }
            return gap == .hole
                ? .centred(glyphs("— \(texts.hole) —"), columns: columns, .problem)
                : .centred(glyphs("— \(texts.dropped) —"), columns: columns, .secondary)
        }
    }

    func daySeparator(_ time: Timestamp) -> CellRow {
        separator(texts.day(environment.localTime(time), thisYear: environment.localTime(environment.now).year))
    }

    /// The product that the conversation gets to, elided inside its quotes.
    func productSeparator(_ product: UntrustedText) -> CellRow {
        let frame = environment.width.count("── \(texts.product("")) ──")
        let title = glyphs(product.displayed()).elided(to: max(4, columns - 2 - frame))
        return separator(texts.product(title.map(\.text).joined()))
    }

    func nameLine(_ line: Transcript.Line) -> CellRow {
        let time = glyphs(texts.time(line.time, in: environment))
        var row = CellRow()
        if line.isOwn {
            let you = glyphs(texts.you)
            row.pad(to: columns - 1 - you.totalWidth - 2 - time.totalWidth)
            row.append(you, .ownName)
        } else {
            row.pad(to: 1)
            row.append(glyphs(conversation.state.peerDisplayName).elided(to: columns - 4 - time.totalWidth), .peerName)
        }
        row.pad(to: columns - 1 - time.totalWidth)
        row.append(time, .secondary)
        row.time = line.time
        return row
    }

    func peerBody(_ line: Transcript.Line) -> [CellRow] {
        textRows(line, columns: bodyColumns).map { text in
            var row = CellRow()
            row.pad(to: 1)
            row.append(text)
            return row
        }
    }

    /// The text at the right edge, with the mark of its state after the last word.
    func ownBody(_ line: Transcript.Line) -> [CellRow] {
        let state = state(of: line)
        let mark = glyphs(" \(state.mark)")
        let text = textRows(line, columns: bodyColumns - mark.totalWidth)
        let last = text.count - 1
        let width = text.enumerated().map { $1.width + ($0 == last ? mark.totalWidth : 0) }.max() ?? 0
        return text.enumerated().map { index, content in
            var row = CellRow()
            row.pad(to: columns - 1 - width)
            row.append(content)
            if index == last { row.append(mark, state.style) }
            return row
        } + failureRows(line)
    }

    private func state(of line: Transcript.Line) -> (mark: String, style: Style) {
        switch line.state {
        case .unsent(.waiting): ("…", .secondary)
        case .unsent: ("✗", .alert)
        case .delivered where !app.preferences.showsReceipts, .read where !app.preferences.showsReceipts, .stored:
            ("✓", .secondary)
        case .delivered: ("✓✓", .secondary)
        case .read: ("✓✓", .read)
        }
    }

    /// Why the message failed. The keys are added if they would act on this message.
    private func failureRows(_ line: Transcript.Line) -> [CellRow] {
        guard case .unsent(let status) = line.state, let reason = texts.whyUnsent(status) else { return [] }
        var rows = wrapped(reason.asSentence, columns: bodyColumns).map {
            CellRow.rightAligned($0, endingAt: columns - 1, .problem)
        }
        if let failed = conversation.failed, line.id == .pending(failed.id) {
            let keys = texts.failedKeys(
                resend: app.keys.name(of: .conversation(.resend)), discard: app.keys.name(of: .conversation(.discard)),
                edit: app.keys.name(of: .conversation(.takeBack)),
                isFirstTry: status.wasNeverSent)
            rows += wrapped(keys, columns: bodyColumns).map {
                CellRow.rightAligned($0, endingAt: columns - 1, .secondary)
            }
        }
        return rows
    }

    /// The text in rows, with the matches of the search highlighted.
    private func textRows(_ line: Transcript.Line, columns: Int) -> [CellRow] {
        let wanted = conversation.search?.matcher ?? conversation.found.map { TextMatcher($0.words) }
        let matcher = wanted.flatMap { $0.matches(line.text) ? $0 : nil }
        let current = conversation.search?.current ?? conversation.found?.id
        let style = line.id.isStored(as: current) ? Style.currentMatch : .match
        let text = line.text.displayed(lineBreaks: .kept)
        let quoted = Quotation.lineCount(of: text)
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .flatMap { index, text in
                // A bar and not only the style marks a quotation, for terminals without colours.
                let bar = index < quoted ? Self.quotationBar : ""
                let glyphs = environment.width.glyphs(of: index < quoted ? Quotation.content(of: text) : String(text))
                let marks = matcher?.ranges(in: glyphs, width: environment.width) ?? []
                return wrap(glyphs, columns: columns - bar.count).map {
                    row($0, of: glyphs, after: bar, marks: marks, style)
                }
            }
    }

    private static let quotationBar = "│ "

    /// A row without the spaces at its end.
    private func row(
        _ range: Range<Int>, of glyphs: [Glyph], after bar: String, marks: [Range<Int>], _ style: Style
    ) -> CellRow {
        let end = glyphs[range].lastIndex { !$0.isSpace }.map { $0 + 1 } ?? range.lowerBound
        var row = CellRow()
        let plain = bar.isEmpty ? Style.plain : .secondary
        row.append(environment.width.glyphs(of: bar), plain)
        var next = range.lowerBound
        for mark in marks.map({ $0.clamped(to: range.lowerBound..<end) }) where !mark.isEmpty {
            row.append(glyphs[next..<mark.lowerBound], plain)
            row.append(glyphs[mark], style)
            next = mark.upperBound
        }
        row.append(glyphs[next..<end], plain)
        return row
    }

    private func wrapped(_ text: some StringProtocol, columns: Int) -> [[Glyph]] {
        environment.width.rows(of: text, columns: columns)
    }
}

extension UnsentStatus {
    var wasNeverSent: Bool {
        switch self {
        case .stale, .notSaved: true
        case .waiting, .refused, .unconfirmed: false
        }
    }
}
