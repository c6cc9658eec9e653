import ChatWire

/// The last row: the state of the connection, a remark on the last key, and the counter.
struct StatusLine {
    private(set) var row = CellRow()
    /// The remark, if the row has no room for it.
    private(set) var displacedRemark: Remark?

    struct Remark {
        var text: String
        var style: Style
        /// What the text may begin with that this program did not write: names, IDs, titles. It gets no capital letter.
        var foreign: [String] = []
        /// Whether the connection's state keeps its full text, even if the remark then needs rows of its own.
        var yields = false
        /// Whether it never stands in the row of the connection's state, because it is in another language.
        var standsAlone = false
    }

    init(_ model: Model, in environment: Environment) {
        let width = environment.width
        let columns = model.app.size.columns
        let counter = Counter(of: model)
        let remark = Self.remark(model, in: environment)
        let status = Self.connection(model.app, now: environment.instant)
        // The shortest state of the connection takes precedence over the details of the counter.
        let least = status.last.map { width.count($0) } ?? 0
        let hasRoom = columns - 4 - width.count(counter.text) >= least
        let counterGlyphs = width.glyphs(of: hasRoom ? counter.text : counter.shortText)
        let room = columns - 4 - counterGlyphs.totalWidth

        func fits(_ status: String) -> Bool { width.count(status) <= room }
        row.pad(to: 1)
        let beside = remark?.yields == true ? status.prefix(1) : status[...]
        if let remark, !remark.standsAlone, let shown = beside.first(where: { fits("\($0) · \(remark.text)") }) {
            row.append(width.glyphs(of: "\(shown) · "), .problem)
            row.append(width.glyphs(of: remark.text), remark.style)
        } else if let remark, !remark.standsAlone, status.isEmpty, fits(remark.text) {
            row.append(width.glyphs(of: remark.text), remark.style)
        } else {
            displacedRemark = remark.map { Remark(text: $0.text.asSentence(unlessOf: $0.foreign), style: $0.style) }
            let shown = status.first(where: fits) ?? status.last ?? ""
            row.append(width.glyphs(of: shown).elided(to: room), .problem)
        }
        row.pad(to: columns - 1 - counterGlyphs.totalWidth)
        row.append(counterGlyphs, counter.isOver ? .alert : .secondary)
    }

    private static func remark(_ model: Model, in environment: Environment) -> Remark? {
        if let notice = model.app.notice, [.offline, .offlineNotKept].contains(notice) {
            return offline(model.app, isKept: notice == .offline)
        }
        if case .inEnglish(let hint) = model.app.notice {
            let texts = Texts.inEnglish(hint)
            let text =
                texts.first { environment.width.count($0) <= model.app.size.columns - 2 } ?? texts[texts.count - 1]
            return Remark(text: text, style: .notice, standsAlone: true)
        }
        if let notice = model.app.notice {
            let text = UntrustedText(model.app.texts.notice(notice)).displayed()
            return Remark(text: text, style: .notice, foreign: notice.foreignBeginnings)
        }
        if model.app.overlay == .found, let finder = model.app.finder {
            let text = model.app.texts.state(of: finder, keys: model.app.keys)
            return Remark(text: UntrustedText(text).displayed(), style: .notice)
        }
        if let conversation = model.conversation, let search = conversation.search {
            let loadKey = conversation.loadKey(model.app.keys)
            let text = model.app.texts.state(of: search, loadKey: loadKey, keys: model.app.keys)
            return Remark(text: UntrustedText(text).displayed(), style: .notice)
        }
        if model.app.finder?.isVisiting == true, model.conversation?.selected == nil {
            return Remark(text: model.app.texts.backToResults(key: model.app.keys.name(of: .escape)), style: .notice)
        }
        let transcript = model.conversation?.state.transcript
        if let transcript, let index = model.conversation?.selected.flatMap({ transcript.index(of: $0) }) {
            let time = model.app.texts.exactTime(environment.localTime(transcript.line(at: index).time))
            let copies = model.app.texts.copies(
                key: model.app.keys.name(of: .conversation(.copy)),
                quotes: model.app.keys.name(of: .conversation(.quote)))
            return Remark(text: "\(time) · \(copies)", style: .notice)
        }
        if model.conversation == nil, let problem = model.app.inbox.problem, model.app.isOnline {
            return Remark(text: UntrustedText(model.app.texts.inboxUnavailable(problem)).displayed(), style: .notice)
        }
        if let told = model.app.loadingNoticeTime, told <= environment.instant {
            let texts = model.app.texts
            return Remark(text: model.conversation == nil ? texts.listLoading : texts.historyLoading, style: .notice)
        }
        return problem(model.app).map { Remark(text: UntrustedText($0).displayed(), style: .problem) }
    }

    private static func problem(_ app: AppState) -> String? {
        switch app.connection {
        case .stopped(let end): app.texts.unreachable(app.texts.problem(end))
        case .waiting(_, _, let end): app.texts.problem(end)
        case .connecting, .online: nil
        }
    }

    /// The user pressed Enter without a connection: they need the reason, and the key for the next attempt.
    private static func offline(_ app: AppState, isKept: Bool) -> Remark {
        var isStopped = false
        if case .stopped = app.connection { isStopped = true }
        let text = app.texts.notSentOffline(problem: problem(app), isKept: isKept)
        return Remark(text: UntrustedText(text).displayed(), style: .notice, yields: isStopped)
    }

    /// The texts for the state of the connection, from the longest to the shortest. Empty if there is a connection.
    private static func connection(_ app: AppState, now: ContinuousClock.Instant) -> [String] {
        let texts = app.texts
        switch app.connection {
        case .online: return []
        case .stopped:
            let again = texts.now(key: app.keys.name(of: .program(.reconnect)))
            return ["\(texts.notConnected) · \(again)", texts.notConnected]
        case .connecting(let attempt):
            let first = [texts.connecting]
            return attempt > 1 ? ["\(texts.connecting) \(texts.attempt(attempt))"] + first : first
        case .waiting(let attempt, let retryAt, _):
            let seconds = Countdown.seconds(until: retryAt, now: now)
            let key = app.keys.name(of: .program(.reconnect))
            return texts.waiting(afterAttempt: attempt, seconds: seconds, key: key)
        }
    }
}

/// The length of the draft and its limit, or the number of conversations.
struct Counter {
    let text: String
    /// The text without the limit in bytes.
    let shortText: String
    /// Whether Enter would refuse the draft.
    let isOver: Bool

    init(of model: Model) {
        if model.app.overlay == .found, let finder = model.app.finder {
            self.init(of: finder, model.app.texts)
        } else if model.conversation == nil {
            self.init(ofInbox: model.app)
        } else {
            self.init(model.app)
        }
    }

    /// How many messages a search in all conversations has found.
    private init(of finder: Finder, _ texts: Texts) {
        let isKnown = finder.words != nil && !finder.isLoading
        text = !isKnown ? "" : texts.foundMessages(finder.found.count, hasMore: finder.next != nil)
        shortText = text
        isOver = false
    }

    /// The number of conversations, and how many of them the filter finds.
    init(ofInbox app: AppState) {
        let inbox = app.inbox
        let isPart = inbox.filter != nil || [.unanswered, .unread].contains(inbox.view.selection)
        text = app.texts.conversations(found: isPart ? inbox.shown.count : nil, of: inbox.count)
        shortText = text
        isOver = false
    }

    init(_ app: AppState) {
        let limits = app.limits
        // White space at either end is not sent, so it does not count.
        let sent = MessageLimits.trimmed(app.editor.text)
        shortText = "\(sent.count)/\(limits.characters)"
        switch limits.check(sent) {
        case .tooManyBytes:
            text = "\(shortText) · \(app.texts.overBytes(limits.bytes))"
            isOver = true
        case .tooManyCharacters:
            text = shortText
            isOver = true
        case .empty, .containsNUL, nil:
            text = shortText
            isOver = false
        }
    }
}
