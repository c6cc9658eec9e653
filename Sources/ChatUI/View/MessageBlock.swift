import ChatWire

/// The rows of one message in the scrollback. They depend on the message and the one before it, on nothing else.
struct MessageBlock {
    let id: String
    /// What precedes the text: date, line of new messages, name and time.
    private(set) var head: [CellRow] = []
    /// The text, and what became of it.
    private(set) var body: [CellRow] = []

    var rows: [CellRow] { head + body }
    var count: Int { head.count + body.count }

    /// Messages of one side within so many seconds of the clock stand under one name line.
    private static let namelessSpan: Int64 = 120

    init(_ index: Int, of model: Model, in environment: Environment) {
        let line = model.transcript.line(at: index, user: model.user)
        let previous = index > 0 ? model.transcript.line(at: index - 1, user: model.user) : nil
        let painter = MessagePainter(model: model, environment: environment)
        id = line.id

        if previous == nil, model.isLoadingOlder { head.append(painter.separator(model.texts.loading, rule: false)) }
        let startsDay = previous.map { !environment.isSameDay($0.time, line.time) } ?? true
        if startsDay { head.append(painter.daySeparator(line.time)) }
        let startsNew = line.id == model.firstNew
        if startsNew { head.append(painter.separator(model.texts.newMessages, style: .highlight)) }
        let continues = previous.map { Self.sharesName($0, line) } ?? false
        if startsDay || startsNew || !continues { head.append(painter.nameLine(line)) }
        body = line.isOwn ? painter.ownBody(line) : painter.peerBody(line)
    }

    private static func sharesName(_ previous: Transcript.Line, _ line: Transcript.Line) -> Bool {
        previous.isOwn == line.isOwn && previous.time.seconds / namelessSpan == line.time.seconds / namelessSpan
    }
}

extension Environment {
    fileprivate func isSameDay(_ one: Timestamp, _ other: Timestamp) -> Bool {
        localTime(one).dayNumber == localTime(other).dayNumber
    }
}

/// Makes the rows that a message block consists of.
private struct MessagePainter {
    let model: Model
    let environment: Environment

    private var columns: Int { model.size.columns }
    private var texts: Texts { model.texts }
    /// Text keeps a column from either edge, and long rows are hard to read.
    private var bodyColumns: Int { max(columns * 3 / 4, 30) - 2 }

    private func glyphs(_ text: String) -> [Glyph] { environment.width.glyphs(of: text) }

    func separator(_ text: String, rule: Bool = true, style: Style = .secondary) -> CellRow {
        .centred(glyphs(rule ? "── \(text) ──" : text), columns: columns, style)
    }

    func daySeparator(_ time: Timestamp) -> CellRow {
        separator(texts.day(environment.localTime(time), thisYear: environment.localTime(environment.now).year))
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
            row.append(glyphs(model.shownPeerName).elided(to: columns - 4 - time.totalWidth), .peerName)
        }
        row.pad(to: columns - 1 - time.totalWidth)
        row.append(time, .secondary)
        row.time = line.time
        return row
    }

    func peerBody(_ line: Transcript.Line) -> [CellRow] {
        textRows(line.text, columns: bodyColumns).map { glyphs in
            var row = CellRow()
            row.pad(to: 1)
            row.append(glyphs)
            return row
        }
    }

    /// A block at the right edge, with the message's state behind its last word.
    func ownBody(_ line: Transcript.Line) -> [CellRow] {
        let state = state(of: line)
        let mark = glyphs(" \(state.mark)")
        let text = textRows(line.text, columns: bodyColumns - mark.totalWidth)
        let last = text.count - 1
        let width = text.enumerated().map { $1.totalWidth + ($0 == last ? mark.totalWidth : 0) }.max() ?? 0
        return text.enumerated().map { index, glyphs in
            var row = CellRow()
            row.pad(to: columns - 1 - width)
            row.append(glyphs)
            if index == last { row.append(mark, state.style) }
            return row
        } + failureRows(line)
    }

    private func state(of line: Transcript.Line) -> (mark: String, style: Style) {
        switch line.status {
        case nil: ("✓", .secondary)
        case .waiting: ("…", .secondary)
        case .refused, .unconfirmed: ("✗", .alert)
        }
    }

    /// Why it failed, and the keys that do something about it, where they are about this message.
    private func failureRows(_ line: Transcript.Line) -> [CellRow] {
        let reason: String
        switch line.status {
        case nil, .waiting: return []
        case .refused(let why): reason = texts.refused(UntrustedText(why).displayed())
        case .unconfirmed: reason = texts.unconfirmed
        }
        var rows = wrapped(reason, columns: bodyColumns).map {
            CellRow.rightAligned($0, endingAt: columns - 1, .problem)
        }
        if line.id == model.transcript.firstFailed?.id {
            let keys = texts.failedKeys(
                resend: KeyBindings.name(of: .resend), discard: KeyBindings.name(of: .discard))
            rows += wrapped(keys, columns: bodyColumns).map {
                CellRow.rightAligned($0, endingAt: columns - 1, .secondary)
            }
        }
        return rows
    }

    private func textRows(_ text: UntrustedText, columns: Int) -> [[Glyph]] {
        text.displayed(lineBreaks: .kept).split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { wrapped($0, columns: columns) }
    }

    private func wrapped(_ text: some StringProtocol, columns: Int) -> [[Glyph]] {
        environment.width.rows(of: text, columns: columns)
    }
}
