import ChatWire
import ClientUpdates

/// The effects of keys, pastes and the mouse.
extension Model {
    mutating func handle(_ input: Input, in environment: Environment) -> [Effect] {
        app.noteFocus(input)
        app.meant = app.formerlyUnderFinger.meant(now: environment.instant)
        if case .focus = input { return [] }
        // Any input ends a jump.
        conversation?.jumpToTop = nil
        conversation?.dateJump = nil
        switch input {
        case .key(let key): return press(key, in: environment)
        case .paste(let text): return paste(text, in: environment)
        case .wheel(let notches): return scrollByWheel(notches, in: environment)
        case .click(let position): return click(position, in: environment)
        case .focus: return []
        }
    }

    /// Dispatches a key to the overlay, then to the search and to the input line, and then to the actions that work
    /// everywhere. The first that handles it ends the dispatch.
    private mutating func press(_ key: Key, in environment: Environment) -> [Effect] {
        let earlier = app.notice
        (app.notice, app.noticeUntil) = (nil, nil)
        let bound = app.keys.action(for: key)
        if app.isWindowTooSmall, let bound, needsToBeSeen(bound) { return [] }
        switch app.overlay {
        case .choices(let list):
            if let effects = choose(from: list, key, bound, after: earlier, in: environment) { return effects }
        case .help(let top): if scrollHelp(from: top, key, bound, in: environment) { return [] }
        case .found: if let effects = chooseFound(bound, in: environment) { return effects }
        case nil: break
        }
        guard let action = conversation?.searchAction(for: bound, in: app) ?? bound else {
            guard let character = key.typed else { return [] }
            return write(String(character), in: environment)
        }
        switch inputLine {
        case .query: if let effects = conversation?.editQuery(action, in: &app, environment) { return effects }
        case .filter: if let effects = performInInbox(action, in: environment) { return effects }
        case .draft, .words: break
        }
        return perform(action, after: earlier, in: environment)
    }

    /// Whether an action may only be performed while the window shows what it is about. The others keep what is typed,
    /// or are about the program.
    private func needsToBeSeen(_ action: Action) -> Bool {
        switch action {
        case .send, .conversation, .list: true
        case .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .escape, .rowUp, .rowDown, .home, .end,
            .pageUp, .pageDown, .toTop, .toBottom, .forward, .selectOlder, .selectNewer, .program:
            false
        }
    }

    /// Performs an action. `performInInbox` handles those that mean something else in the list.
    ///
    /// - Parameters:
    ///   - text: What follows a command.
    ///   - earlier: What was told before a key. Some keys ask first, and act when they are pressed again.
    private mutating func perform(
        _ action: Action, text: String = "", after earlier: Notice? = nil, in environment: Environment
    ) -> [Effect] {
        if let effects = conversation?.perform(action, text: text, in: &app, environment) { return effects }
        switch action {
        case .send: return submit(after: earlier, in: environment)
        case .newLine: return insert("\n")
        case .edit(let command):
            app.editor.perform(command)
            conversation?.inputHistory.broughtBack(app.editor.text)
        case .complete: complete()
        case .editExternally:
            app.forgetFocus()
            return [.editExternally(app.editor.text)]
        case .deleteOrQuit:
            if app.editor.isEmpty { return [.quit] }
            app.editor.perform(.deleteCharacter)
        case .escape: return escape()
        case .conversation(.templates): showTemplates()
        case .conversation(.template): return useTemplate(text)
        case .list(let action): return perform(action, text: text)
        case .program(let action): return perform(action, after: earlier, now: environment.instant)
        case .rowUp, .rowDown, .home, .end, .pageUp, .pageDown, .toTop, .toBottom, .forward, .selectOlder, .selectNewer,
            .conversation:
            break  // the conversation or the list has handled it
        }
        return []
    }

    private mutating func perform(_ action: Action.AmongConversations, text: String) -> [Effect] {
        switch action {
        case .find: beginFinding(text)
        case .inbox: openByCommand(text)
        case .nextUnread: openNextUnread()
        case .numbered(let number): openConversation(number)
        case .show(let selection): show(selection)
        case .longestWaitingFirst: showLongestWaitingFirst()
        case .toggle(let flag): toggle(flag)
        }
    }

    private mutating func perform(
        _ action: Action.OfProgram, after earlier: Notice?, now: ContinuousClock.Instant
    ) -> [Effect] {
        switch action {
        case .reconnect:
            if app.isOnline { app.notice = .connectedAlready }
            return [.reconnectNow]
        case .help: if app.isHelpShown { app.closeOverlay() } else { app.overlay = .help(top: 0) }
        case .redraw: return [.redraw]
        case .suspend:
            app.forgetFocus()
            return [.suspend]
        case .interrupt: return interrupt(after: earlier, now: now)
        case .quit: return [.quit]
        }
        return []
    }

    /// Closes or leaves one thing at a time, the topmost first.
    private mutating func escape() -> [Effect] {
        if app.overlay != nil {
            app.closeOverlay()
        } else if conversation?.search != nil {
            conversation?.search = nil
        } else if conversation?.selected != nil {
            conversation?.selected = nil
        } else if app.finder?.isVisiting == true {
            showResults()
        } else if let conversation, conversation.viewport != .following {
            self.conversation?.goToBottom()
        } else if app.escapeOpensList, conversation != nil {
            return open(nil)
        }
        return []
    }

    /// The first Ctrl-C only warns, because it may have been meant for the program that ran here before.
    private mutating func interrupt(after earlier: Notice?, now: ContinuousClock.Instant) -> [Effect] {
        if case .pressAgainToQuit(_, let until) = earlier, now < until { return [.quit] }
        // This is the confirmation that the notice asked for.
        if case .leavingLoses = earlier { return [.quit] }
        app.notice = .pressAgainToQuit(
            key: app.keys.name(of: .program(.interrupt)), until: now.advanced(by: .seconds(2)))
        return []
    }

    /// Performs the command in the input line, or sends the message.
    private mutating func submit(after earlier: Notice?, in environment: Environment) -> [Effect] {
        switch Submission(draft: app.editor.text) {
        case .nothing: return []
        case .command(.conversation(.template), let text): return useTemplate(text)
        case .command(let action, let text):
            let typed = app.editor.text
            let waiting: Draft = conversation?.inputHistory.backToDraft() ?? ""
            app.editor.replaceAll(with: waiting)
            let effects =
                (inputLine == .filter ? performInInbox(action, text: text, in: environment) : nil)
                ?? perform(action, text: text, in: environment)
            // A mistake in what follows the command can be mended.
            if case .misused = app.notice, waiting.isEmpty, app.editor.isEmpty {
                app.editor.replaceAll(with: typed)
            }
            return effects
        case .unknownCommand(let name, let nearest):
            app.notice = .unknownCommand(
                name.count > 20 ? name.prefix(19) + "…" : name, nearest: nearest, asText: conversation != nil)
            return []
        case .commandTakesNoText(let name, let action):
            app.notice = .commandTakesNoText(name, isAboutConversation: action.isAboutConversation)
            return []
        case .message(let text):
            guard mayBeSent(text, after: earlier) else { return [] }
            return conversation?.send(text, in: &app, environment) ?? []
        }
    }
}

// MARK: - The mouse

extension Model {
    /// Scrolls the help or the conversation by three rows per notch. In the list it moves the selection.
    private mutating func scrollByWheel(_ notches: Int, in environment: Environment) -> [Effect] {
        switch app.overlay {
        case .help(let top):
            scrollHelp(from: top, notches: notches, in: environment)
            return []
        case .choices(var list):
            let chosen = list.chosen
            list.move(by: notches)
            app.overlay = .choices(list)
            // A warning of a link does not hold for another one.
            if list.chosen != chosen { app.notice = nil }
            return []
        case .found: return moveInFound(by: notches, in: environment)
        case nil: break
        }
        if app.isWindowTooSmall { return [] }
        if conversation == nil { app.inbox.moveSelection(by: notches) }
        return conversation?.scrollByWheel(notches, in: app, environment) ?? []
    }

    /// Selects the message or the conversation that was clicked.
    private mutating func click(_ position: Position, in environment: Environment) -> [Effect] {
        if app.overlay == .found { return clickFound(row: position.row, in: environment) }
        guard app.overlay == nil, !app.isWindowTooSmall else { return [] }
        switch Frame(self, in: environment).line(at: position.row) {
        case .message(let index): conversation?.toggleSelection(of: index)
        case .conversation(let index): return selectConversation(at: index)
        case nil: break
        }
        return []
    }
}

extension Key {
    /// The character that the key types. Nil for other keys.
    var typed: Character? {
        guard case .character(let character) = code, modifiers.isDisjoint(with: [.control, .alt]) else { return nil }
        return character
    }
}
