import ChatWire
import ClientUpdates

// What the client's news say of failures: of messages, of the history and of the disk.

// MARK: - Messages and blocks

extension Texts {
    /// Why the server did not take a message. Safe to show.
    ///
    /// - Parameters:
    ///   - code: The server's error code, if there was one.
    ///   - message: The server's own text, for a code that this program does not know, and for one with several reasons.
    public func refusal(_ code: ErrorCode?, _ message: UntrustedText) -> String {
        switch code {
        case .notAuthorized: choose("нет авторизации", "not authorised")
        case .forbidden: choose("сервер это запрещает", "the server does not allow it")
        case .invalidMessage where message == ServerText.noSuchUser:
            choose("такого человека нет", "there is no such user")
        case .invalidMessage where message == ServerText.keptOut:
            choose(
                "база данных сервера не принимает такое сообщение",
                "the server's database does not accept such a message")
        case .invalidEvent, .invalidMessage:
            choose("сервер не принял такое сообщение", "the server does not accept such a message")
        case .messageTooLong: choose("слишком длинное", "too long")
        case .rateLimited: choose("слишком много сообщений сразу", "too many messages at once")
        case .idempotencyConflict:
            choose("под этим номером уже есть другое сообщение", "another message has the same number")
        case .storageFailed: choose("сервер не смог сохранить", "the server could not store it")
        default: serversOwn(message)
        }
    }

    /// Why a message did not go, or may not have arrived. Nil where it goes by itself. Safe to show.
    func whyUnsent(_ status: UnsentStatus) -> String? {
        switch status {
        case .waiting: nil
        case .refused(let code, let message): refused(refusal(code, message))
        case .unconfirmed: unconfirmed
        case .stale: refused(stale)
        case .notSaved(let failure): refused(storeFailure(failure))
        }
    }

    func notSaved(_ failure: StoreFailure) -> String {
        let reason = storeProblem(failure)
        return choose("Не отправлено: \(reason)", "Not sent: \(reason)")
    }

    func blockingFailed(_ failure: BlockingFailure) -> String {
        switch failure {
        case .offline:
            return choose("Нет связи: блокировать может только сервер", "Offline: only the server can block")
        case .notProvided: return choose("Этот сервер не умеет блокировать", "This server does not support blocking")
        case .refused(.rateLimited):
            return choose(
                "Блокировка не изменилась: заблокировано уже слишком много людей",
                "The block was not changed: too many people are blocked already")
        case .refused(let code):
            let reason = refusal(code, ServerText.processingFailed)
            return choose("Блокировка не изменилась: \(reason)", "The block was not changed: \(reason)")
        }
    }
}

// MARK: - The history

extension Texts {
    var serverRestored: String {
        choose(
            "Сервер начал ленту заново: последние сообщения могли на нём пропасть, собеседники их не увидят",
            "The server's feed was started again: it may have lost the latest messages, which nobody else will see")
    }

    func historyUnavailable(_ failure: HistoryFailure) -> String {
        switch failure {
        case .notProvided: return choose("Этот сервер не отдаёт историю", "This server does not provide history")
        case .onlyOldest(let count):
            return choose(
                "Сервер отдал только самые старые сообщения: \(count)",
                "The server sent only the oldest messages: \(count)")
        case .unreadableRows(let count):
            return choose(
                "Не удалось прочитать сообщений: \(count)", "Messages that could not be read: \(count)")
        case .refused, .malformed, .unanswered, .unreadable, .notStored:
            let reason = reason(failure)
            return choose("История не загрузилась: \(reason)", "Could not load the history: \(reason)")
        }
    }

    func inboxUnavailable(_ failure: HistoryFailure) -> String {
        switch failure {
        case .notProvided, .onlyOldest, .unreadableRows:
            return choose(
                "Этот сервер не отдаёт список бесед: показаны те, что есть на этом компьютере",
                "This server provides no list of conversations: these are the ones on this machine")
        case .refused, .malformed, .unanswered, .unreadable, .notStored:
            let reason = reason(failure)
            return choose(
                "Список бесед с сервера не загрузился: \(reason)",
                "Could not load the server's list of conversations: \(reason)")
        }
    }

    private func reason(_ failure: HistoryFailure) -> String {
        switch failure {
        case .refused(let status): answered(status: status)
        case .malformed: choose("ответ сервера не удалось прочитать", "the server's answer could not be read")
        case .unanswered(let end): unreachable(problem(end))
        case .unreadable(let failure): readingProblem(failure)
        case .notStored: choose("на этом компьютере её нет", "it is not on this machine")
        case .notProvided, .onlyOldest, .unreadableRows: ""
        }
    }
}

// MARK: - Leaving

extension Texts {
    /// Before the user leaves.
    public func leavingLoses(_ remains: Remains) -> String {
        let losses = losses(remains, ("сообщение", "сообщения", "сообщений"), ("message", "messages"))
        return choose(
            "при выходе пропадёт несохранённое: \(losses). Чтобы всё равно выйти, повторите",
            "quitting loses what is not saved: \(losses). Repeat to quit anyway")
    }

    /// When the user has left.
    public func notKept(_ remains: Remains) -> String {
        let losses = losses(
            remains,
            (
                "сообщение, не подтверждённое сервером", "сообщения, не подтверждённые сервером",
                "сообщений, не подтверждённых сервером"
            ), ("message not confirmed by the server", "messages not confirmed by the server"))
        return choose(
            "НЕ сохранено и само не уйдёт: \(losses)", "NOT saved, and will not be sent by itself: \(losses)")
    }

    private func losses(
        _ remains: Remains, _ russian: (one: String, few: String, many: String), _ english: (one: String, other: String)
    ) -> String {
        let messages = counted(remains.lostMessages, russian, english)
        let drafts = counted(
            remains.lostDrafts, ("черновик", "черновика", "черновиков"), ("draft", "drafts"))
        return [(messages, remains.lostMessages), (drafts, remains.lostDrafts)].filter { $0.1 > 0 }.map(\.0)
            .joined(separator: ", ")
    }
}
