import ChatWire

// The texts of the conversation as lines, without a screen.

extension Texts {
    /// Such as `вы → bob`.
    func toPeer(_ name: String) -> String { "\(you) → \(name)" }

    // MARK: - The conversation in lines

    func opening(with name: String, product: String?, you user: String) -> String {
        let about = product.map { choose(", товар ", " about ") + productName($0) } ?? ""
        return choose(
            "Собеседник: \(name)\(about). Вы — \(user). /help — команды.",
            "Conversation with \(name)\(about). You are \(user). /help lists the commands.")
    }

    func peerIsCalled(_ name: String) -> String { choose("Имя собеседника: \(name)", "Their name: \(name)") }

    var nowOnline: String { choose("на связи", "connected") }

    public func connectionLost(_ problem: String?) -> String {
        let reason = problem.map { " (\($0))" } ?? ""
        return choose("нет связи\(reason), пробуем снова…", "offline\(reason), trying again…")
    }

    func notConnected(_ problem: String) -> String {
        choose("Не подключено: \(problem). /reconnect — повторить", "Not connected: \(problem). /reconnect tries again")
    }

    func waiting(_ count: Int) -> String {
        choose("Сервер ещё не подтвердил: ", "Not confirmed by the server yet: ")
            + counted(count, ("сообщение", "сообщения", "сообщений"), ("message", "messages"))
    }

    var stateWaiting: String { choose("ждёт отправки", "waiting to be sent") }
    var stateSent: String { choose("отправлено", "sent") }
    var stateDelivered: String { choose("доставлено", "delivered") }
    var stateRead: String { choose("прочитано", "read") }

    func isThere(_ name: String, _ isOnline: Bool, lastSeen: String?) -> String {
        if isOnline { return choose("\(name) в сети", "\(name) is online") }
        let time = lastSeen.map { choose(", был(а) \($0)", ", last seen \($0)") } ?? ""
        return choose("\(name) не в сети\(time)", "\(name) is offline\(time)")
    }

    func isTyping(_ name: String) -> String { "\(name) \(typing)" }

    func failedCommands(isFirstTry: Bool) -> String {
        failedKeys(resend: "/resend", discard: "/discard", isFirstTry: isFirstTry)
    }

    public func notSent(_ reason: String?) -> String {
        let reason = reason.map { ": \($0)" } ?? ""
        return choose("не отправлено\(reason)", "not sent\(reason)")
    }

    public var notUTF8: String { choose("текст не в UTF-8", "the text is not UTF-8") }

    /// A line was typed without a connection.
    func kept(_ text: String) -> String {
        choose(
            "Нет связи, не отправлено: \(quoted(text)). /resend отправит, /discard удалит",
            "Offline, not sent: \(quoted(text)). /resend sends it, /discard deletes it")
    }

    /// `others` is the number of further lines, each of which is a message.
    func keptBefore(_ text: String, others: Int) -> String {
        guard others > 0 else {
            return choose(
                "Ещё не отправлено: \(quoted(text)). /resend отправит, /discard удалит",
                "Not sent yet: \(quoted(text)). /resend sends it, /discard deletes it")
        }
        let more = counted(others, ("строка", "строки", "строк"), ("more line", "more lines"))
        return choose(
            "Ещё не отправлено: \(quoted(text)) и ещё \(more). /resend отправит каждую строку отдельно, /discard удалит",
            "Not sent yet: \(quoted(text)) and \(more). /resend sends each line separately, /discard deletes them")
    }

    var stillOffline: String { choose("Нет связи, отправить нельзя", "Offline, nothing can be sent") }
    func discarded(_ text: String) -> String { choose("Удалено: ", "Deleted: ") + quoted(text) }
    func upTo(_ state: String, _ text: String) -> String { "\(state): \(quoted(text))" }
    var holdsNUL: String { choose("в тексте есть нулевой символ", "the text contains a null character") }
    var emptyMessage: String { choose("пустое сообщение", "an empty message") }

    func onlyOnScreen(_ name: String) -> String {
        choose("/\(name) работает только на экране, без --plain", "/\(name) works only on the screen, without --plain")
    }

    var plainHelp: [String] {
        [
            choose(
                "Каждая строка — сообщение. Чтобы отправить строку с / в начале, поставьте перед ней пробел.",
                "Each line is a message. To send one that begins with /, put a space before it."),
            choose("/resend — отправить неотправленное", "/resend: send what was not sent"),
            choose("/discard — удалить неотправленное", "/discard: delete what was not sent"),
            choose("/t — список шаблонов, /t ИМЯ — подготовить шаблон", "/t: list the templates, /t NAME: prepare one"),
            choose(
                "/product — товары беседы; /product НОМЕР — о каком следующие сообщения",
                "/product: the products; /product NUMBER: what the next messages are about"),
            choose("/reconnect — подключиться сейчас", "/reconnect: connect now"),
            choose("/block, /unblock — заблокировать, разблокировать", "/block, /unblock: block or unblock them"),
            choose("/quit или Ctrl-D — выход", "/quit or Ctrl-D: quit"),
        ]
    }
}
