// The texts of the help overlay.

extension Texts {
    var helpTitle: String { choose("Клавиши", "Keys") }
    var commandsTitle: String { choose("Команды", "Commands") }
    var marksTitle: String { choose("Знаки", "Symbols") }
    /// From the longest to the shortest; the first that fits is shown.
    var helpFooters: [String] {
        [
            choose(
                "Esc — закрыть, пробел и PgUp/PgDn — листать, End — команды и знаки",
                "Esc closes, Space and PgUp/PgDn scroll, End: commands and symbols"),
            choose(
                "Esc — закрыть, PgUp/PgDn — листать, End — команды и знаки",
                "Esc closes, PgUp/PgDn scroll, End: commands and symbols"),
            choose("Esc — закрыть, PgUp/PgDn — листать", "Esc closes, PgUp/PgDn scroll"),
        ]
    }

    /// The same for the end of the help.
    var lastHelpFooters: [String] {
        [
            choose("Esc или пробел — закрыть, PgUp — листать назад", "Esc or Space closes, PgUp scrolls back"),
            choose("Esc — закрыть, PgUp — назад", "Esc closes, PgUp: back"),
        ]
    }

    /// What a key or a command does. Nil for keys that need no explanation.
    ///
    /// - Parameter hasList: Whether Esc goes to the list of conversations.
    func help(for action: Action, hasList: Bool = true) -> String? {
        switch action {
        case .send: choose("отправить", "send")
        case .newLine: choose("новая строка", "new line")
        case .rowUp: choose("строкой выше, затем ваши прошлые сообщения", "line up, then your previous messages")
        case .rowDown: choose("строкой ниже, затем более новые", "line down, then newer ones")
        case .pageUp: choose("листать вверх", "page up")
        case .pageDown: choose("листать вниз", "page down")
        case .home:
            choose("начало строки; без текста — начало беседы", "start of the line; with no text, of the conversation")
        case .end: choose("конец строки, затем конец беседы", "end of the line, then of the conversation")
        case .toTop: choose("в начало беседы", "to the start of the conversation")
        case .toBottom: choose("в конец беседы", "to the end of the conversation")
        case .complete:
            choose("дописать команду или шаблон, товар, ID, день", "complete a command, template, product, ID or day")
        case .editExternally: choose("писать в редакторе $EDITOR или vi", "write in the editor $EDITOR or vi")
        case .forward: choose("без текста — поиск в этой беседе", "with no text: search this conversation")
        case .selectOlder: choose("выбрать сообщение выше", "select the message above")
        case .selectNewer: choose("выбрать сообщение ниже", "select the message below")
        case .deleteOrQuit: choose("удалить символ; без текста — выход", "delete a character; with no text, quit")
        case .escape:
            choose("закрыть, закончить поиск; в конец беседы", "close, end the search; to the end")
                + (hasList ? choose("; к списку бесед", "; to the list of conversations") : "")
        case .edit(let command): help(for: command)
        case .conversation(let action): help(for: action)
        case .list(let action): help(for: action)
        case .program(let action): help(for: action)
        }
    }

    private func help(for action: Action.InConversation) -> String? {
        switch action {
        case .search: choose("поиск; ↑ и ↓ — выше и ниже", "search; ↑ and ↓: match above and below")
        case .date: choose("к сообщениям этого дня: 12.11, вчера", "to the messages of that day: 12 Nov, yesterday")
        case .searchOlder, .searchNewer: nil
        case .copy: choose("копировать выбранное или последнее", "copy the selected or last message")
        case .quote: choose("цитировать выбранное или последнее", "quote the selected or last message")
        case .links: choose("ссылки на экране", "the links on the screen")
        case .templates: choose("вставить шаблон", "insert a template")
        case .template:
            choose("имя — вставить шаблон; без имени — список", "NAME: insert a template; without it, list them")
        case .product:
            choose(
                "название или номер — о каком товаре следующие сообщения; без них — список",
                "TITLE or NUMBER: what product the next messages are about; without it, list them")
        case .block:
            choose(
                "заблокировать: сообщения собеседника придут после /unblock",
                "block: their messages wait until /unblock")
        case .unblock: choose("снять блокировку", "unblock")
        case .resend: choose("отправить неотправленное снова", "resend the unsent message")
        case .takeBack:
            choose("вернуть неотправленное в строку ввода", "take the unsent message back into the input line")
        case .discard: choose("удалить неотправленное", "delete the unsent message")
        }
    }

    private func help(for action: Action.AmongConversations) -> String? {
        switch action {
        case .find: choose("поиск во всех беседах на этом компьютере", "search all conversations on this machine")
        case .inbox:
            choose(
                "ID [товар] — открыть беседу; без ID — список",
                "ID [product]: open a conversation; without ID, the list")
        case .nextUnread:
            choose("следующая непрочитанная беседа", "the next unread conversation")
        case .numbered(1):
            choose("беседа с номером 1, и так до 9", "the conversation with number 1, and so on to 9")
        case .numbered: nil
        case .show(.usual): nil
        case .show(.unanswered): choose("список: только без ответа", "the list: only unanswered ones")
        case .show(.unread): choose("список: только непрочитанные", "the list: only unread ones")
        case .show(.archived): choose("список: архив", "the list: the archive")
        case .longestWaitingFirst:
            choose("список: сначала те, кто ждёт дольше", "the list: those who wait longest first")
        case .toggle(.muted): choose("без звука и счёта, или снова со звуком", "mute, or unmute")
        case .toggle(.archived): choose("в архив; в архиве — вернуть", "archive; in the archive: bring back")
        case .toggle(.pinned): choose("закрепить вверху списка, или открепить", "pin to the top of the list, or unpin")
        case .toggle(.unread): choose("отметить непрочитанной, или снять отметку", "mark as unread, or remove the mark")
        }
    }

    private func help(for action: Action.OfProgram) -> String? {
        switch action {
        case .help: choose("эта справка", "this help")
        case .reconnect: choose("подключиться сейчас", "connect now")
        case .redraw: choose("перерисовать экран", "redraw the screen")
        case .suspend: choose("приостановить", "suspend")
        case .interrupt: choose("дважды — выход", "twice: quit")
        case .quit: choose("выход", "quit")
        }
    }

    /// What a key does in the list of conversations, where some keys have another meaning. Nil as for `help(for:hasList:)`.
    func helpInInbox(for action: Action) -> String? {
        switch action {
        case .send: choose("открыть беседу", "open the conversation")
        case .rowUp, .selectOlder: choose("беседа выше", "the conversation above")
        case .rowDown, .selectNewer: choose("беседа ниже", "the conversation below")
        case .home, .toTop: choose("к первой беседе", "to the first conversation")
        case .end, .toBottom: choose("к последней беседе", "to the last conversation")
        case .escape:
            choose("закрыть; показать все беседы в обычном порядке", "close; show all conversations in the usual order")
        case .complete: choose("дописать команду", "complete a command")
        case .forward:
            choose("без текста — поиск во всех беседах", "with no text: search all conversations")
        case .newLine, .editExternally, .conversation: nil
        case .edit, .deleteOrQuit, .pageUp, .pageDown, .list, .program: help(for: action)
        }
    }

    /// What a command does there. Nil if it works only in a conversation.
    func helpInInbox(for command: SlashCommand) -> String? {
        switch command.action {
        case .conversation(.search): help(for: Action.list(.find))
        case .conversation: nil
        case .list, .program, .send, .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .rowUp, .rowDown,
            .home,
            .end, .pageUp, .pageDown, .toTop, .toBottom, .forward, .selectOlder, .selectNewer, .escape:
            help(for: command.action)
        }
    }

    /// What a key does in the search in all conversations. Nil if it does nothing there, or needs no explanation.
    func helpInFinder(for action: Action) -> String? {
        switch action {
        case .send: choose("открыть сообщение в беседе", "open the message in its conversation")
        case .rowUp, .selectOlder: choose("сообщение выше", "the message above")
        case .rowDown, .selectNewer: choose("сообщение ниже", "the message below")
        case .toTop: choose("к первому сообщению", "to the first message")
        case .toBottom: choose("к последнему сообщению", "to the last message")
        case .home: choose("начало строки", "start of the line")
        case .end: choose("конец строки", "end of the line")
        case .escape, .list(.find): choose("закончить поиск", "end the search")
        case .deleteOrQuit: choose("удалить символ", "delete a character")
        case .newLine, .complete, .editExternally, .forward, .conversation, .list(.toggle): nil
        case .edit, .pageUp, .pageDown, .list, .program: help(for: action)
        }
    }

    /// The help of the list and of the search shows only what works there.
    func helpInConversation(key: String) -> String {
        choose("В беседе \(key) покажет её клавиши и команды", "In a conversation, \(key) shows its keys and commands")
    }
    var helpFailedInInbox: String {
        choose("не отправлено: откройте беседу", "not sent: open the conversation")
    }

    var filterHelp: String {
        choose("ввод текста — поиск по имени, последнему товару, ID", "type to search by name, last product or ID")
    }

    var helpPinned: String { choose("беседа закреплена вверху списка", "pinned to the top of the list") }
    var helpMarkedUnread: String { choose("беседа отмечена непрочитанной", "marked as unread") }
    var helpOnline: String { choose("связь с сервером есть", "connected to the server") }
    var helpWaiting: String { choose("ждёт связи, отправится само", "waiting for a connection, sent automatically") }
    var helpStored: String { choose("сохранено на сервере", "stored on the server") }
    var helpDelivered: String { choose("доставлено", "delivered") }

    func helpRead(isColored: Bool) -> String {
        isColored
            ? choose("прочитано: знак цветной", "read: shown in colour")
            : choose("прочитано: знак подчёркнут", "read: underlined")
    }

    func helpFailed(resend: String, discard: String, edit: String) -> String {
        choose(
            "не отправлено: \(resend) — повторить, \(discard) — удалить, \(edit) — править",
            "not sent: \(resend) resends, \(discard) deletes, \(edit) edits")
    }

    func helpNothingKept(_ cause: AppState.NotKept) -> String {
        let reason =
            switch cause {
            case .failing(let failure): storeFailed(failure).asSentence
            case .forGood(let problem): disk(problem).asSentence
            }
        return choose(
            "\(nothingKept) — новое не пишется на диск и при выходе пропадёт. \(reason)",
            "\(nothingKept): anything new is not written to disk, and is lost when you quit. \(reason)")
    }

    /// What an action does, by its name in the settings.
    public func help(forActionNamed name: String) -> String? {
        KeyBindings.standard.all.first { $0.name == name }.flatMap { help(for: $0.action) }
    }

    private func help(for command: LineEditor.Command) -> String? {
        switch command {
        case .backwardCharacter, .forwardCharacter, .backwardDelete, .deleteCharacter: nil
        case .backwardWord: choose("на слово назад", "back a word")
        case .forwardWord: choose("на слово вперёд", "forward a word")
        case .beginningOfLine: choose("в начало строки", "to the start of the line")
        case .endOfLine: choose("в конец строки", "to the end of the line")
        case .transposeCharacters: choose("поменять два символа местами", "swap two characters")
        case .killLine: choose("вырезать до конца строки", "cut to the end of the line")
        case .backwardKillLine: choose("вырезать до начала строки", "cut to the start of the line")
        case .killAll: choose("вырезать весь текст", "cut the whole text")
        case .killWord: choose("вырезать слово после курсора", "cut the word after the cursor")
        case .backwardKillWord: choose("вырезать слово перед курсором", "cut the word before the cursor")
        case .wordRubout: choose("вырезать назад до пробела", "cut back to a space")
        case .yank: choose("вставить вырезанное", "paste what was cut")
        case .yankPop: choose("заменить вставленное вырезанным ранее", "replace the pasted text with an earlier cut")
        case .undo: choose("отменить", "undo")
        case .redo: choose("вернуть отменённое", "redo")
        }
    }
}
