import ChatWire

/// The last row: what there is to say of the connection and of the last key, and the counter.
struct StatusLine {
    private(set) var row = CellRow()
    /// What found no room in the row.
    private(set) var displacedRemark: Remark?

    struct Remark {
        var text: String
        var style: Style
        /// What is said of the connection is not shortened for it.
        var yields = false
    }

    init(_ model: Model, in environment: Environment) {
        let width = environment.width
        let columns = model.size.columns
        let counter = model.peer == nil ? Counter(ofInbox: model) : Counter(model)
        let remark = Self.remark(model, in: environment)
        let status = Self.connection(model, now: environment.instant)
        // The least that is to be said of the connection comes before the counter's details.
        let least = status.last.map { width.count($0) } ?? 0
        let hasRoom = columns - 4 - width.count(counter.text) >= least
        let counterGlyphs = width.glyphs(of: hasRoom ? counter.text : counter.shortText)
        let room = columns - 4 - counterGlyphs.totalWidth

        func fits(_ status: String) -> Bool { width.count(status) <= room }
        row.pad(to: 1)
        let beside = remark?.yields == true ? status.prefix(1) : status[...]
        if let remark, let shown = beside.first(where: { fits("\($0) · \(remark.text)") }) {
            row.append(width.glyphs(of: "\(shown) · "), .problem)
            row.append(width.glyphs(of: remark.text), remark.style)
        } else if let remark, status.isEmpty, fits(remark.text) {
            row.append(width.glyphs(of: remark.text), remark.style)
        } else {
            displacedRemark = remark.map { Remark(text: $0.text.asSentence, style: $0.style) }
            let shown = status.first(where: fits) ?? status.last ?? ""
            row.append(width.glyphs(of: shown).elided(to: room), .problem)
        }
        row.pad(to: columns - 1 - counterGlyphs.totalWidth)
        row.append(counterGlyphs, counter.isOver ? .alert : .secondary)
    }

    private static func remark(_ model: Model, in environment: Environment) -> Remark? {
        if let notice = model.notice, [.offline, .offlineNotKept].contains(notice) {
            return offline(model, isKept: notice == .offline)
        }
        if let notice = model.notice {
            return Remark(text: UntrustedText(model.texts.notice(notice)).displayed(), style: .notice)
        }
        if let search = model.search {
            return Remark(
                text: UntrustedText(model.texts.state(of: search, loadKey: model.loadKey, keys: model.keys))
                    .displayed(), style: .notice)
        }
        if let index = model.selected.flatMap({ model.transcript.index(of: $0) }) {
            let time = model.texts.exactTime(environment.localTime(model.transcript.line(at: index).time))
            return Remark(text: "\(time) · \(model.texts.copies(key: model.keys.name(of: .copy)))", style: .notice)
        }
        if model.peer == nil, let problem = model.inbox?.problem, model.isOnline {
            return Remark(text: UntrustedText(model.texts.inboxProblem(problem)).displayed(), style: .notice)
        }
        if let told = model.loadingTold, told <= environment.instant {
            let texts = model.texts
            return Remark(text: model.peer == nil ? texts.listLoading : texts.historyLoading, style: .notice)
        }
        return problem(model).map { Remark(text: UntrustedText($0).displayed(), style: .problem) }
    }

    private static func problem(_ model: Model) -> String? {
        switch model.connection {
        case .stopped(let problem), .waiting(_, _, let problem?): problem
        case .connecting, .waiting, .online: nil
        }
    }

    /// Enter was pressed: why there is no connection, and the key for the next attempt, are what the user needs then.
    private static func offline(_ model: Model, isKept: Bool) -> Remark {
        var isStopped = false
        if case .stopped = model.connection { isStopped = true }
        let text = model.texts.notSentOffline(problem: problem(model), isKept: isKept)
        return Remark(text: UntrustedText(text).displayed(), style: .notice, yields: isStopped)
    }

    /// What to say of the connection, from all of it to the least. Nothing when it stands.
    private static func connection(_ model: Model, now: ContinuousClock.Instant) -> [String] {
        let texts = model.texts
        switch model.connection {
        case .online: return []
        case .stopped:
            let again = texts.now(key: model.keys.name(of: .reconnect))
            return ["\(texts.notConnected) · \(again)", texts.notConnected]
        case .connecting(let attempt):
            let first = [texts.connecting]
            return attempt > 1 ? ["\(texts.connecting) \(texts.attempt(attempt))"] + first : first
        case .waiting(let attempt, let retryAt, _):
            let seconds = Countdown.seconds(until: retryAt, now: now)
            let key = model.keys.name(of: .reconnect)
            let tried = "\(texts.connecting) \(texts.attempt(attempt)), "
            return [
                tried + "\(texts.nextAttempt(inSeconds: seconds)) · \(texts.now(key: key))",
                tried + "\(texts.shortNextAttempt(inSeconds: seconds)) · \(texts.now(key: key))",
                "\(texts.connecting) \(texts.shortNextAttempt(inSeconds: seconds)) · \(key)",
                "\(texts.connecting) \(texts.shortNextAttempt(inSeconds: seconds))",
                texts.connecting,
            ]
        }
    }
}

/// How long the draft is, and how long it may be.
struct Counter {
    let text: String
    /// Without naming the limit in bytes.
    let shortText: String
    /// Enter would refuse the draft.
    let isOver: Bool

    /// How many conversations there are, and how many of them the filter finds.
    init(ofInbox model: Model) {
        let total = model.inbox?.count ?? 0
        text = model.texts.conversations(
            found: model.inbox?.filter.map { _ in model.inbox?.shown.count ?? 0 }, of: total)
        shortText = text
        isOver = false
    }

    init(_ model: Model) {
        let limits = model.limits
        shortText = "\(model.editor.text.count)/\(limits.characters)"
        // As typed it is counted, but what is sent has no white space at its ends.
        switch limits.check(MessageLimits.trimmed(model.editor.text)) {
        case .tooManyBytes:
            text = "\(shortText) · \(model.texts.overBytes(limits.bytes))"
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
