import ChatWire

/// What keys and pastes do.
extension Model {
    mutating func take(_ input: Input, in environment: Environment) -> [Effect] {
        noteFocus(input)
        switch input {
        case .key(let key):
            jumpToTop = nil  // but for the key that begins it
            return press(key, in: environment)
        case .paste(let text):
            jumpToTop = nil
            return paste(text, in: environment)
        case .focus: return []
        case .wheel(let notches):
            jumpToTop = nil
            return turnWheel(notches, in: environment)
        case .click(let position):
            jumpToTop = nil
            return select(at: position, in: environment)
        }
    }

    private mutating func press(_ key: Key, in environment: Environment) -> [Effect] {
        let earlier = notice
        notice = nil
        noticeUntil = nil
        let action = keys.action(for: key)
        if let effects = chooseLink(key, action, in: environment) { return effects }
        if let action = searchAction(for: key) ?? action {
            if scrollHelp(action, in: environment) { return [] }
            if let effects = editQuery(action, in: environment) { return effects }
            if action == .interrupt { return interrupt(after: earlier, now: environment.instant) }
            return perform(action, in: environment)
        }
        if key == Key(.character(" ")), turnHelp(in: environment) { return [] }
        if case .character(let character) = key.code, key.modifiers.isDisjoint(with: [.control, .alt]) {
            return write(String(character), in: environment)
        }
        return []
    }

    private mutating func perform(_ action: Action, text: String = "", in environment: Environment) -> [Effect] {
        if let effects = actInInbox(action, text, in: environment) { return effects }
        switch action {
        case .send: return submit(in: environment)
        case .newLine: return insert("\n")
        case .edit(let command): editor.perform(command)
        case .complete: completeCommand()
        case .editExternally:
            forgetFocus()
            return [.editExternally(editor.text)]
        case .rowUp: moveRow(by: -1, in: environment)
        case .rowDown: moveRow(by: 1, in: environment)
        case .home, .end, .pageUp, .pageDown, .toTop, .toBottom: return scroll(action, in: environment)
        case .forward:
            if editor.isEmpty { return beginSearch(in: environment) }
            editor.perform(.forwardCharacter)
        case .search: return beginSearch(text, in: environment)
        case .searchOlder: return goToMatch(-1, in: environment)
        case .searchNewer: return goToMatch(1, in: environment)
        case .selectOlder: return select(-1, in: environment)
        case .selectNewer: return select(1, in: environment)
        case .copy: return copyMessage()
        case .links: showLinks(in: environment)
        case .reconnect: return [.reconnectNow]
        case .block: return setBlocked(true)
        case .unblock: return setBlocked(false)
        case .resend: return resend()
        case .discard: return discard()
        case .inbox: return openByCommand(text)
        case .nextUnread: return openNextUnread()
        case .conversation(let number): return openConversation(number)
        case .help: overlay = overlay == nil ? .help(top: 0) : nil
        case .escape: return escape()
        case .redraw: return [.redraw]
        case .suspend:
            forgetFocus()
            return [.suspend]
        case .deleteOrQuit:
            if editor.isEmpty { return [.quit] }
            editor.perform(.deleteCharacter)
        case .interrupt, .quit: return [.quit]
        }
        return []
    }

    private mutating func scroll(_ action: Action, in environment: Environment) -> [Effect] {
        switch action {
        case .home:
            if editor.isEmpty { return goToTop(in: environment) }
            editor.perform(.beginningOfLine)
        case .end: if endKeyGoesToBottom { goToBottom() } else { editor.perform(.endOfLine) }
        case .pageUp: return scrollPage(-1, in: environment)
        case .pageDown: return scrollPage(1, in: environment)
        case .toTop: return goToTop(in: environment)
        default: goToBottom()
        }
        return []
    }

    /// One thing at a time, the topmost first.
    private mutating func escape() -> [Effect] {
        if overlay != nil {
            overlay = nil
        } else if search != nil {
            search = nil
        } else if selected != nil {
            selected = nil
        } else if viewport != .following {
            goToBottom()
        } else if inbox != nil {
            return open(nil)
        }
        return []
    }

    /// The first time it only warns: it might have been meant for what ran here before.
    private mutating func interrupt(after earlier: Notice?, now: ContinuousClock.Instant) -> [Effect] {
        if case .pressAgainToQuit(_, let until) = earlier, now < until { return [.quit] }
        // It is the answer that was asked for.
        if case .leavingLoses = earlier { return [.quit] }
        notice = .pressAgainToQuit(key: keys.name(of: .interrupt), until: now.advanced(by: .seconds(2)))
        return []
    }
}

// MARK: - Editing

extension Model {
    /// Far more than any message may have; beyond it, each key would take noticeable time.
    public static let maxDraftBytes = 256 * 1024

    /// Into the query where one is typed, else into the draft.
    private mutating func write(_ text: String, in environment: Environment) -> [Effect] {
        if search?.isTyping == true {
            typeIntoQuery(text, in: environment)
            return []
        }
        // Whoever writes has read it, and wants to see what they write about.
        if case .help = overlay { overlay = nil }
        return insert(text)
    }

    private mutating func paste(_ text: String, in environment: Environment) -> [Effect] {
        if case .links = overlay { overlay = nil }
        let text = peer == nil ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
        let effects = write(text, in: environment)
        let lines = text.count(where: \.isNewline) + 1
        if notice == nil, search?.isTyping != true, text.count > 200 || lines > 3 {
            notice = .pasted(characters: text.count, lines: lines)
        }
        return effects
    }

    /// As a shell does it: as far as it is certain, and then the choices.
    private mutating func completeCommand() {
        let commands = SlashCommand.completions(of: editor.text)
        guard let first = commands.first else { return }
        let names = commands.map(\.name)
        let common = names.dropFirst().reduce(first.name[...]) { $0.commonPrefix(with: $1) }
        let completed = "/\(common)" + (commands.count == 1 && first.takesText ? " " : "")
        if completed != editor.text { editor.replaceAll(with: completed) }
        if commands.count > 1 { notice = .commands(names) }
    }

    /// What came back from another program takes the draft's place, however much it is: the counter tells.
    mutating func takeEdited(_ text: String) -> [Effect] {
        guard Self.takesEdited(text) else {
            notice = tooLarge(text)
            return []
        }
        var text = text.hasSuffix("\n") ? String(text.dropLast()) : text
        text.removeByteOrderMark()
        if text != editor.text { editor.replaceAll(with: text) }
        return reportDraft()
    }

    /// Editors put a line break at the end, which does not count.
    public static func takesEdited(_ text: String) -> Bool {
        text.utf8.count - (text.utf8.last == UInt8(ascii: "\n") ? 1 : 0) <= maxDraftBytes
    }

    private func tooLarge(_ rest: some StringProtocol) -> Notice {
        .pasteTooLarge(characters: rest.count, limit: Self.maxDraftBytes, message: limits.characters)
    }

    private mutating func insert(_ text: String) -> [Effect] {
        let whole = text
        let text = whole.prefix(bytes: Self.maxDraftBytes - editor.text.utf8.count)
        if text.utf8.count < whole.utf8.count { notice = tooLarge(whole.dropFirst(text.count)) }
        guard !text.isEmpty else { return [] }
        if text.count == 1, let character = text.first { editor.type(character) } else { editor.insert(text) }
        guard isOnline, peer != nil, case .message = Submission(draft: editor.text) else { return [] }
        return [.typing]
    }

    /// Tells the world of the draft, if it is another one than the last time.
    mutating func reportDraft() -> [Effect] {
        let (text, reported) = (editor.text.utf8, reportedDraft.utf8)
        guard peer != nil, text.count != reported.count || !text.elementsEqual(reported) else { return [] }
        reportedDraft = editor.text
        return [.draftChanged(editor.text)]
    }

    /// What the last window left. It does not push aside what was typed meanwhile, but Up recalls it.
    mutating func restoreDraft(_ text: String) {
        guard !LineEditor.cleaned(text).isEmpty, text != restoredDraft else { return }
        guard editor.isEmpty else {
            inputHistory.push(text)
            return
        }
        editor.insert(text)
        reportedDraft = editor.text
    }

    /// To the row above or below, and from the first or the last one into the input history.
    private mutating func moveRow(by distance: Int, in environment: Environment) {
        let layout = Frame(self, in: environment).footer.draft
        let row = layout.cursor.row + distance
        if layout.rows.indices.contains(row) {
            let column = editor.goalColumn ?? layout.cursor.column
            editor.move(to: layout.offset(row: row, column: column))
            editor.goalColumn = column
        } else if let recalled = inputHistory.step(by: distance, leaving: editor.text) {
            editor.replaceAll(with: recalled)
        }
    }
}

// MARK: - Sending

extension Model {
    /// What was written goes away only when it can be on its way; otherwise it stays and a notice says why.
    private mutating func submit(in environment: Environment) -> [Effect] {
        switch Submission(draft: editor.text) {
        case .nothing: return []
        case .command(let action, let text):
            editor.clear()
            return perform(action, text: text, in: environment)
        case .unknownCommand(let name):
            notice = .unknownCommand(
                name.count > 20 ? name.prefix(19) + "…" : name, nearest: SlashCommand.nearest(to: name),
                asText: peer != nil)
            return []
        case .wordyCommand(let name, let action):
            notice = .wordyCommand(name, isAboutConversation: action.isAboutConversation)
            return []
        case .message(let text): return send(text, in: environment)
        }
    }

    private mutating func send(_ text: String, in environment: Environment) -> [Effect] {
        guard isOnline else {
            notice = notKept == nil ? .offline : .offlineNotKept
            return []
        }
        switch limits.check(text) {
        case .tooManyCharacters(let count, let limit):
            notice = .tooManyCharacters(excess: count - limit, limit: limit)
            return []
        case .tooManyBytes(let count, let limit):
            notice = .tooManyBytes(excess: count - limit, limit: limit)
            return []
        case .empty, .containsNUL: return []  // the draft is neither
        case nil: break
        }
        let id = environment.newID()
        // It is shown when it is on disk.
        unsaved.append(
            Unsaved(id: id, text: UntrustedText(text), draft: editor.text, createdAt: environment.now))
        inputHistory.push(editor.text)
        editor.clear()
        overlay = nil
        search = nil
        selected = nil
        firstNew = nil
        isNewLineAwaited = false
        goToBottom()
        return [.send(id: id, text: text)]
    }

    /// What the keys for unsent messages act upon: the selected one, or else the oldest.
    var failed: Transcript.Pending? {
        let chosen = transcript.pending.first { .pending($0.id) == selected && $0.status != .waiting }
        return chosen ?? transcript.firstFailed
    }

    private var nothingFailed: Notice {
        transcript.pending.isEmpty && unsaved.isEmpty ? .nothingToResend : .sendsItself
    }

    private mutating func resend() -> [Effect] {
        guard let failed = failed else {
            notice = nothingFailed
            return []
        }
        guard isOnline else {
            notice = notKept == nil ? .offline : .offlineNotKept
            return []
        }
        goToBottom()
        if case .notSaved = failed.status { return [save(failed)] }
        transcript.setStatus(.waiting, of: failed.id)
        return [.resend(id: failed.id)]
    }

    private mutating func discard() -> [Effect] {
        guard let failed = failed else {
            notice = nothingFailed
            return []
        }
        transcript.removePending(failed.id)
        goToBottom()
        // What is not on disk is nowhere else.
        if case .notSaved = failed.status { return [] }
        return [.discard(id: failed.id)]
    }

    /// Once more the whole way of a message that the disk did not take.
    private mutating func save(_ failed: Transcript.Pending) -> Effect {
        transcript.removePending(failed.id)
        unsaved.append(
            Unsaved(
                id: failed.id, text: failed.text, draft: Submission.draft(of: failed.text.wire),
                createdAt: failed.createdAt))
        return .send(id: failed.id, text: failed.text.wire)
    }
}

extension String {
    /// The characters of its beginning that fit into so many bytes of UTF-8.
    fileprivate func prefix(bytes: Int) -> String {
        if utf8.count <= bytes { return self }
        var rest = max(0, bytes)
        return String(
            prefix { character in
                rest -= character.utf8.count
                return rest >= 0
            })
    }
}

extension Substring {
    fileprivate func commonPrefix(with other: String) -> Substring {
        prefix(zip(self, other).prefix { $0 == $1 }.count)
    }
}
