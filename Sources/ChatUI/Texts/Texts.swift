import ChatWire
import Formats

/// All texts of the program, in each language.
public struct Texts: Sendable {
    public let language: Language
    /// What messages about the connection and the history name.
    public var server = ServerLabel(address: "", token: .none)

    /// The most characters of a path in a message. Nil where there is room for any path.
    var pathLimit: Int?

    public init(_ language: Language) { self.language = language }

    /// The same texts, which name this server.
    public func naming(_ server: ServerLabel) -> Texts {
        var texts = self
        texts.server = server
        return texts
    }

    public func choose(_ russian: @autoclosure () -> String, _ english: @autoclosure () -> String) -> String {
        switch language {
        case .russian: russian()
        case .english: english()
        }
    }

    /// A number with its noun in the right form: `1 минуту, 2 минуты, 5 минут`; `1 minute, 2 minutes`.
    public func counted(
        _ number: Int, _ russian: (one: String, few: String, many: String), _ english: (one: String, other: String)
    ) -> String {
        switch language {
        case .russian:
            switch (number % 10, number % 100) {
            case (_, 11...14): "\(number) \(russian.many)"
            case (1, _): "\(number) \(russian.one)"
            case (2...4, _): "\(number) \(russian.few)"
            default: "\(number) \(russian.many)"
            }
        case .english: "\(number) \(number == 1 ? english.one : english.other)"
        }
    }
}

// MARK: - Header, title, scrollback

extension Texts {
    func product(_ title: String) -> String { choose("по товару \(productName(title))", "about \(productName(title))") }

    var offline: String { choose("нет связи", "offline") }
    /// Beside the name in the header, while nothing can be saved.
    var nothingKept: String { choose("без сохранения", "nothing is saved") }
    var keptAgain: String { choose("история снова сохраняется", "the history is being saved again") }
    var you: String { choose("вы", "you") }
    var newMessages: String { choose("новые сообщения", "new messages") }
    var loading: String { choose("загружаем…", "loading…") }
    var historyLoading: String { choose("История загружается…", "Loading the history…") }
    var listLoading: String { choose("Список бесед загружается…", "Loading the conversations…") }

    var openGap: String { choose("нет связи: могли прийти сообщения", "offline: messages may be missing") }
    var pastUnknown: String { choose("возможен пропуск сообщений", "messages may be missing here") }
    var dropped: String { choose("здесь ещё сообщения", "more messages here") }
    var hole: String { choose("часть сообщений не загружена", "some messages are not loaded") }

    func startConversation(with name: String) -> String {
        choose("Начните диалог с \(name)", "No messages yet. Write the first one")
    }

    /// How many messages are below, and the key that goes there.
    func below(_ count: Int, key: String) -> String {
        if count == 0 { return "↓ \(key)" }
        return "↓ \(new(count)) · \(key)"
    }

    /// Which new messages are above, and the key that goes there.
    func above(_ above: ScrollbackLayout.NewAbove, key: String) -> String {
        switch above {
        case .marker: "↑ \(newMessages) · \(key)"
        case .messages(let count): "↑ \(new(count)) · \(key)"
        }
    }

    private func new(_ count: Int) -> String { counted(count, ("новое", "новых", "новых"), ("new", "new")) }

    var unconfirmed: String {
        choose("нет подтверждения: возможно, дошло", "not confirmed: it may have arrived")
    }

    func refused(_ reason: String) -> String {
        reason.isEmpty ? choose("не отправлено", "not sent") : choose("не отправлено: \(reason)", "not sent: \(reason)")
    }

    var stale: String { choose("написано больше суток назад", "written more than a day ago") }

    /// The keys for a failed message.
    ///
    /// - Parameter edit: The key that takes the message back into the input line. Nil if there is none.
    func failedKeys(resend: String, discard: String, edit: String? = nil, isFirstTry: Bool) -> String {
        let again = isFirstTry ? "" : choose(" снова", " again")
        let change = edit.map { choose(", \($0) править", ", \($0) edit") } ?? ""
        return choose(
            "\(resend) отправить\(again), \(discard) удалить\(change)",
            "\(resend) send\(again), \(discard) delete\(change)")
    }
}

// MARK: - The peer

extension Texts {
    /// Beside the name in the header, while the user blocks the peer.
    var blocked: String { choose("заблокирован(а)", "blocked by you") }

    func blockUnchanged(_ isBlocked: Bool) -> String {
        isBlocked
            ? choose("Собеседник уже заблокирован · /unblock", "Already blocked · /unblock")
            : choose("Собеседник не заблокирован", "Not blocked")
    }

    func blocked(_ isBlocked: Bool) -> String {
        isBlocked
            ? choose(
                "Собеседник заблокирован, его сообщения придут после /unblock",
                "Blocked: their messages wait until /unblock")
            : choose("Блокировка снята", "Unblocked")
    }

    var typing: String { choose("печатает…", "typing…") }

    func presence(_ presence: Presence, in environment: Environment) -> String {
        if presence.isOnline { return choose("в сети", "online") }
        guard let lastSeen = presence.lastSeen else { return choose("не в сети", "offline") }
        let time = time(lastSeen, in: environment)
        return choose("был(а) \(time)", "last seen \(time)")
    }
}

// MARK: - Times

extension Texts {
    var justNow: String { choose("только что", "just now") }
    func minutesAgo(_ minutes: Int) -> String { choose("\(minutes) мин назад", "\(minutes) min ago") }
    func hoursAgo(_ hours: Int) -> String { choose("\(hours) ч назад", "\(hours) h ago") }

    /// With the year, unless it is this one.
    func dateAndTime(_ time: CivilTime, thisYear: Int) -> String {
        let year = time.year == thisYear ? "" : choose(".\(time.year)", " \(time.year)")
        let day =
            choose(
                "\(time.day.twoDigits).\(time.month.twoDigits)",
                "\(time.day) \(Self.englishMonths[time.month - 1].prefix(3))") + year
        return "\(day), \(time.hour.twoDigits):\(time.minute.twoDigits)"
    }

    /// A day with the year, unless it is this one.
    func day(_ time: CivilTime, thisYear: Int?) -> String {
        let months = language == .russian ? Self.russianMonths : Self.englishMonths
        let day = "\(time.day) \(months[time.month - 1])"
        return time.year == thisYear ? day : "\(day) \(time.year)"
    }

    static let russianMonths = [
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
        "декабря",
    ]
    static let englishMonths = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}

extension Int {
    var twoDigits: String { self < 10 ? "0\(self)" : "\(self)" }
}

// MARK: - Connection

extension Texts {
    var connecting: String { choose("Подключение...", "Connecting…") }
    /// The user asked for a connection, and there is one.
    var connectedAlready: String { choose("Связь есть", "Already connected") }
    var notConnected: String { choose("Не подключено", "Not connected") }
    func attempt(_ number: Int) -> String { choose("попытка \(number)", "attempt \(number)") }

    func nextAttempt(inSeconds seconds: Int) -> String {
        choose("следующая через", "next in") + " "
            + counted(seconds, ("секунду", "секунды", "секунд"), ("second", "seconds"))
    }

    private func shortNextAttempt(inSeconds seconds: Int) -> String { choose("через \(seconds) с", "in \(seconds) s") }

    /// The connection was lost, or could not be made. From the longest to the shortest text; the first that fits is shown.
    func waiting(afterAttempt attempt: Int, seconds: Int, key: String) -> [String] {
        let beginning = choose("Подключение...", "Reconnecting")
        let tried = beginning + choose(" ", ": ") + "\(self.attempt(attempt)), "
        let short = "\(beginning) \(shortNextAttempt(inSeconds: seconds))"
        return [
            tried + "\(nextAttempt(inSeconds: seconds)) · \(now(key: key))",
            tried + "\(shortNextAttempt(inSeconds: seconds)) · \(now(key: key))",
            "\(short) · \(key)", short, choose("Подключение...", "Reconnecting…"),
        ]
    }

    func now(key: String) -> String { choose("\(key) — сейчас", "\(key): now") }
}

// MARK: - Input

extension Texts {
    var placeholder: String { choose("Введите сообщение...", "Type a message…") }
    func overBytes(_ limit: Int) -> String { choose("больше \(bytes(limit))", "over \(bytes(limit))") }

    private func bytes(_ count: Int) -> String {
        count % 1024 == 0 ? choose("\(count / 1024) КиБ", "\(count / 1024) KiB") : choose("\(count) Б", "\(count) B")
    }

    func tooSmall(_ size: Size) -> String {
        choose(
            "Нужно окно не меньше \(size.columns)×\(size.rows)",
            "The window needs at least \(size.columns)×\(size.rows)")
    }

    func characters(_ count: Int) -> String {
        counted(count, ("символ", "символа", "символов"), ("character", "characters"))
    }

    private func tooManyBytes(_ excess: String, limit: String) -> String {
        choose("На \(excess) длиннее, чем можно (\(limit))", "\(excess) over the limit of \(limit)")
    }

    /// The message exceeds both limits.
    private func tooLong(_ characters: Int, _ bytes: Int, _ limits: MessageLimits) -> String {
        let excess = counted(bytes, ("байт", "байта", "байт"), ("byte", "bytes"))
        let limit = self.bytes(limits.bytes)
        return choose(
            "На \(self.characters(characters)) и \(excess) длиннее, чем можно (\(limits.characters) и \(limit))",
            "\(self.characters(characters)) and \(excess) over the limits of \(limits.characters) and \(limit)")
    }

    func notice(_ notice: Notice) -> String {
        switch notice {
        case .offline: notSentOffline(problem: nil, isKept: true)
        case .offlineNotKept: notSentOffline(problem: nil, isKept: false)
        case .tooManyCharacters(let excess, let limit):
            choose(
                "На \(characters(excess)) длиннее, чем можно (\(limit))",
                "\(characters(excess)) over the limit of \(limit)")
        case .tooManyBytes(let excess, let limit):
            tooManyBytes(counted(excess, ("байт", "байта", "байт"), ("byte", "bytes")), limit: bytes(limit))
        case .pasteTooLarge(let characters, let limit, let message):
            choose("Не поместилось: ", "Did not fit: ") + self.characters(characters)
                + choose(
                    "; строка вмещает \(bytes(limit)), сообщение — \(self.characters(message))",
                    "; the line holds \(bytes(limit)), a message \(self.characters(message))")
        case .tooLong(let characters, let bytes, let limits): tooLong(characters, bytes, limits)
        case .unknownCommand(let name, let nearest, let asText): unknownCommand(name, nearest, asText: asText)
        case .commandTakesNoText(let name, let isAboutConversation):
            isAboutConversation
                ? choose(
                    "После /\(name) ничего не пишут: команда относится к открытой или выбранной беседе",
                    "Nothing goes after /\(name): it applies to the open or selected conversation")
                : choose("После /\(name) ничего не пишут", "Nothing goes after /\(name)")
        case .pressAgainToQuit(let key, _):
            choose("Ещё раз \(key) — выход", "\(key) again to quit")
        case .nothingFailed(let use): nothingFailed(use)
        case .resendsAutomatically:
            choose(
                "Ещё отправляется: уйдёт само, как только будет связь",
                "Still being sent: it will go by itself once there is a connection")
        case .notSaved(let failure): notSaved(failure)
        case .emptyDay(let day, let instead, let year, let missing):
            emptyDay(day, instead, thisYear: year, missing: missing)
        case .olderOnlyOnServer:
            choose("Более ранние — только на сервере", "Earlier messages are only on the server")
        case .historyUnavailable(let failure): historyUnavailable(failure)
        case .serverRestored: serverRestored
        case .copied(let outcome, let count): copied(outcome, characters: count)
        case .nothingToCopy: choose("Копировать нечего", "Nothing to copy")
        case .nothingToQuote: choose("Цитировать нечего", "Nothing to quote")
        case .productChosen(let product, let isForDraft):
            productChosen(product?.displayed(), isForDraft: isForDraft)
        case .noProducts: noProducts
        case .suspiciousLink: suspiciousLink
        case .inEnglish(let hint): Self.lineInEnglish(hint)
        case .noLinks: choose("На экране нет ссылок", "No links on the screen")
        case .pasted(let count, let lines):
            choose("Вставлено: ", "Pasted: ") + characters(count)
                + (lines > 1 ? ", " + counted(lines, ("строка", "строки", "строк"), ("line", "lines")) : "")
        case .commands(let names): names.map { "/\($0)" }.joined(separator: " ")
        case .completions(let values): values.joined(separator: ", ")
        case .noTemplates: noTemplates
        case .unknownTemplate(let name, let nearest): unknownTemplate(name, nearest: nearest)
        case .fillIn(let missing): fillIn(missing)
        case .placeholderLeft(let placeholder): placeholderLeft(placeholder)
        case .notFound(let query, let loadKey): notFound(query, loadKey: loadKey)
        case .noOlderMatch(let loadKey): noOlderMatch(loadKey: loadKey)
        case .noNewerMatch: choose("Ниже совпадений нет", "No match below")
        case .misused(let misuse): misused(misuse)
        case .onlyInConversation: choose("Сначала откройте беседу", "Open a conversation first")
        case .alreadyUnread(let name): alreadyUnread(name)
        case .connectedAlready: connectedAlready
        case .noUnread: choose("Непрочитанных бесед нет", "No unread conversations elsewhere")
        case .noConversation(let number):
            choose("Беседы с номером \(number) нет", "There is no conversation \(number)")
        case .flagged(let flag, let isSet, let isMuted, let name, let isFirst):
            flagged(flag, isSet, isMuted: isMuted, name: name) + (isFirst && isSet ? onThisMachineOnly : "")
        case .blocked(let isBlocked): blocked(isBlocked)
        case .blockingFailed(let failure): blockingFailed(failure)
        case .blockUnchanged(let isBlocked): blockUnchanged(isBlocked)
        case .leavingLoses(let remains): leavingLoses(remains).asSentence
        case .disk(let problem): disk(problem).asSentence
        case .storeFailed(let failure): storeFailed(failure).asSentence
        case .otherProgram(let news): program(news).asSentence
        }
    }

    /// - Parameter isKept: Whether the text in the input line is saved on disk.
    func notSentOffline(problem: String?, isKept: Bool) -> String {
        let text =
            isKept
            ? choose("текст сохранён", "the text is kept")
            : choose("текст остался в строке", "the text stays in the input line")
        // The reason comes last, because a narrow window may cut off the end.
        if let problem { return choose("Отправить нельзя, \(text): \(problem)", "Cannot send (\(text)): \(problem)") }
        return choose("Нет связи: отправить нельзя, \(text)", "Offline: cannot send (\(text))")
    }

    private func unknownCommand(_ name: String, _ nearest: String?, asText: Bool) -> String {
        let hint = nearest.map { choose(". Может быть, /\($0)?", "; did you mean /\($0)?") } ?? ""
        let sentence = choose("Нет команды \(name)", "No command \(name)") + hint
        guard asText else { return sentence }
        return sentence + (hint.isEmpty ? ". " : " ")
            + (name.hasPrefix("/")
                ? choose("Чтобы отправить текстом: пробел перед /", "To send as text, put a space before /")
                : choose("Чтобы отправить текстом: пробел в начале", "To send as text, put a space in front"))
    }
}
