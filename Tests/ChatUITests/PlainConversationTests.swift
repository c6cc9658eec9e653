import ChatUI
import ChatWire
import ClientUpdates
import Synchronization
import Testing

/// A conversation in lines. Tests feed it events.
private struct Plain {
    var conversation: PlainConversation
    var now = Timestamp.noon
    /// How far the wall clock was set ahead.
    var jump = Duration.zero
    private let ids = Numbers()

    /// Returns `own1, own2, …`.
    private final class Numbers: Sendable {
        private let last = Mutex(0)

        func next() -> String {
            last.withLock { last in
                last += 1
                return "own\(last)"
            }
        }
    }

    init(language: Language = .russian, hasReader: Bool = false, _ set: (inout Preferences) -> Void = { _ in }) {
        var preferences = Preferences()
        set(&preferences)
        conversation = PlainConversation(
            user: .me, peer: .seller, peerName: "Иван", language: language, preferences: preferences,
            server: .example, hasReader: hasReader)
    }

    static func online(_ set: (inout Preferences) -> Void = { _ in }) -> Plain {
        var plain = Plain(set)
        plain.feed(.connection(.online(limits: MessageLimits())), .history([.make("0", "раньше")], hasOlder: false))
        plain.feed(.caughtUp)
        return plain
    }

    /// The lines, and the other effects with a `!` before each.
    @discardableResult
    mutating func feed(_ events: Event...) -> [String] { events.flatMap { take(.event($0)) } }

    @discardableResult
    mutating func feed(_ news: Update...) -> [String] { news.flatMap { take(.event(.client($0))) } }

    @discardableResult
    mutating func write(_ lines: String...) -> [String] { lines.flatMap { take(.line($0)) } }

    private mutating func take(_ input: PlainConversation.Input) -> [String] {
        var environment = Environment.at(now, jump: jump)
        environment.newID = { [ids] in ClientMessageID(ids.next()) }
        return conversation.handle(input, in: environment).map { output in
            switch output {
            case .line(let line): line
            case .effect(let effect): "!\(effect)".replacing(", product: nil)", with: ")")
            }
        }
    }
}

@Suite("The conversation in lines")
struct PlainConversationTests {
    @Test func historyThenNews() {
        var plain = Plain()
        #expect(plain.conversation.opening == "-- Собеседник: Иван. Вы — me. /help — команды.")
        let history: [Message] = [
            .make("1", "Здравствуйте", at: .noon.advanced(by: .seconds(-86_400))), .make("2", "Привет", own: true),
        ]
        #expect(
            plain.feed(.read(upTo: "2"), .ownRead(upTo: "1"), .history(history, hasOlder: true)) == [
                "-- 19 ноября", "12:00 Иван: Здравствуйте", "-- 20 ноября", "12:00 вы: Привет (прочитано)",
            ])
        // The server's newer messages that are not on disk, and then a new message.
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(
            plain.feed(.history(history + [.make("3", "Жду")], hasOlder: true)) == [
                "-- Новые сообщения", "12:00 Иван: Жду",
            ])
        #expect(plain.feed(.caughtUp, .received(.make("3", "Жду")), .received(.make("4"))) == ["12:00 Иван: текст"])
    }

    @Test func whatIsNotKeptIsTold() {
        var plain = Plain.online()
        #expect(
            plain.feed(.storeFailed(.diskFull))
                == ["-- История не сохраняется: нет места на диске (/home/anna/chat); освободите место"]
        )
        plain.write("раз")
        plain.feed(.outgoing(id: "own1", .unsent(.notSaved(.failed("диск полон")))))
        #expect(plain.conversation.messagesOnlyInMemory == 1)
        #expect(plain.feed(.storeRecovered) == ["-- История снова сохраняется"])
        plain.write("/discard")
        #expect(plain.conversation.messagesOnlyInMemory == 0)
    }

    @Test func problemsOfTheDiskAreSentences() {
        var plain = Plain.online()
        #expect(
            plain.feed(.disk(.folderIsOpen(path: "/a")), .disk(.newer)) == [
                "-- В папку /a могут заглянуть и другие, но прочитать историю они не могут",
                "-- История не сохраняется: её записала более новая версия chat-tui (/home/anna/chat); "
                    + "обновите chat-tui",
            ])
    }

    @Test func onlyTheEndOfALongHistory() {
        var plain = Plain()
        let lines = plain.feed(.history((1...200).map { .make("\($0)", "№\($0)") }, hasOlder: true))
        #expect(lines.count == 21 && lines[1] == "12:00 Иван: №181" && lines.last == "12:00 Иван: №200")
    }

    @Test func allThatIsNew() {
        var plain = Plain()
        plain.feed(.ownRead(upTo: "100"))
        let lines = plain.feed(.history((1...200).map { .make("\($0)", "№\($0)") }, hasOlder: true))
        #expect(lines[1] == "-- Новые сообщения" && lines[2] == "12:00 Иван: №101" && lines.count == 102)
    }

    @Test func aMessageCannotPassForALineOfTheProgram() {
        var plain = Plain.online()
        #expect(
            plain.feed(.received(.make("1", "да\n-- на связи\r\n12:00 вы: \u{1B}[2J"))) == [
                "12:00 Иван: да\n    -- на связи\n    12:00 вы: ␛[2J"
            ])
    }

    /// It is said that messages may be missing and that a message may not have arrived, if nobody knows.
    @Test func whatNobodyTells() {
        var plain = Plain.online()
        plain.write("Заберу")
        plain.feed(.outgoing(id: "own1", .unsent(.waiting)))
        let lost = plain.feed(.connection(.waiting(attempt: 2, retryAt: .noon, after: .lost)))
        #expect(lost == ["-- Нет связи, пробуем снова…", "-- Сервер ещё не подтвердил: 1 сообщение"])
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(plain.feed(.received(.make("1", "Жду"))) == ["12:00 Иван: Жду"])
        #expect(
            plain.feed(.historyUnavailable(.notProvided), .pastUnknown, .received(.make("2", "Где вы?"))) == [
                "-- Этот сервер не отдаёт историю", "-- Возможен пропуск сообщений", "12:00 Иван: Где вы?",
            ])
    }

    @Test func onlyTheOldest() {
        var plain = Plain()
        plain.feed(.connection(.online(limits: MessageLimits())))
        let lines = plain.feed(
            .oldest((1...1000).map { .make("\($0)", "№\($0)") }), .historyUnavailable(.onlyOldest(1000)), .pastUnknown,
            .received(.make("1002", "Жду")))
        #expect(
            lines.suffix(4) == [
                "12:00 Иван: №1000", "-- Сервер отдал только самые старые сообщения: 1000",
                "-- Возможен пропуск сообщений",
                "12:00 Иван: Жду",
            ])
    }

    /// Without a report of the history, the conversation is not called empty.
    @Test func noInvitationWithoutAHistory() {
        var plain = Plain()
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(plain.feed(.historyUnavailable(.notProvided), .pastUnknown) == ["-- Этот сервер не отдаёт историю"])
    }

    @Test func connectionInWordsOnce() {
        var plain = Plain()
        #expect(plain.feed(.connection(.connecting(attempt: 1))) == ["-- Подключение..."])
        let waiting = Update.connection(.waiting(attempt: 2, retryAt: .noon, after: .unreachable(.noRoute)))
        #expect(
            plain.feed(waiting, .connection(.connecting(attempt: 2)), waiting) == [
                "-- Нет связи (сервер chat.example:443 недоступен: к нему нет маршрута; проверьте сеть и VPN), "
                    + "пробуем снова…"
            ])
        #expect(plain.feed(.connection(.online(limits: MessageLimits()))) == ["-- На связи"])
        #expect(plain.feed(.caughtUp) == ["-- Начните диалог с Иван"])
        #expect(
            plain.feed(.connection(.stopped(after: .closed(code: 4500)))) == [
                "-- Не подключено: сервер chat.example:443 не принял токен: укажите новый. /reconnect — повторить"
            ])
        #expect(plain.write("/reconnect") == ["!reconnectNow"])
    }

    @Test func peerInWordsOncePerChange() {
        var plain = Plain.online()
        #expect(plain.feed(.presence(isOnline: true, lastSeen: nil)) == ["-- Иван в сети"])
        #expect(plain.feed(.presence(isOnline: true, lastSeen: nil)) == [])
        #expect(plain.feed(.typing, .typing) == ["-- Иван печатает…"])
        plain.now = plain.now.advanced(by: .seconds(6))
        #expect(plain.feed(.tick, .client(.typing)) == ["-- Иван печатает…"])
        #expect(
            plain.feed(.presence(isOnline: false, lastSeen: .noon)) == ["-- Иван не в сети, был(а) 20.11, 12:00"])
    }

    @Test(arguments: [3600, -3600]) func typingLastsAsLongThoughSomebodySetsTheClock(_ jump: Int) {
        var plain = Plain.online()
        #expect(plain.feed(.typing) == ["-- Иван печатает…"])
        plain.jump = .seconds(jump)
        plain.now = .noon.advanced(by: .seconds(jump + 4))
        #expect(plain.feed(.tick, .client(.typing)) == [])
        plain.now = .noon.advanced(by: .seconds(jump + 9))
        #expect(plain.feed(.tick, .client(.typing)) == ["-- Иван печатает…"])
    }

    @Test func aHistoryThatTakesLongIsSaidToBeOnItsWayOnce() {
        var plain = Plain()
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(plain.conversation.nextTick != nil)
        plain.now = plain.now.advanced(by: .milliseconds(999))
        #expect(plain.feed(.tick) == [])
        plain.now = plain.now.advanced(by: .milliseconds(1))
        #expect(plain.feed(.tick) == ["-- История загружается…"])
        #expect(plain.conversation.nextTick == nil)
        plain.feed(.caughtUp, .connection(.connecting(attempt: 2)), .connection(.online(limits: MessageLimits())))
        plain.feed(.caughtUp)
        plain.now = plain.now.advanced(by: .seconds(2))
        #expect(plain.feed(.tick) == [])
    }

    @Test func sentDeliveredRead() {
        var plain = Plain.online()
        #expect(plain.write("Отлично") == [#"!send(id: "own1", text: "Отлично")"#])
        #expect(!plain.conversation.isSettled)
        #expect(plain.feed(.outgoing(id: "own1", .unsent(.waiting))) == [])
        #expect(
            plain.feed(.outgoing(id: "own1", .stored(.make("1", "Отлично", own: true)))) == [
                "12:00 вы: Отлично (отправлено)"
            ])
        #expect(plain.conversation.isSettled && !plain.conversation.hasFailed)
        #expect(plain.feed(.delivered(upTo: "1"), .delivered(upTo: "1")) == ["-- доставлено: «Отлично»"])
        #expect(plain.feed(.read(upTo: "1")) == ["-- прочитано: «Отлично»"])
    }

    @Test func refusedThenResentOrDeleted() {
        var plain = Plain.online()
        plain.write("раз", "два")
        plain.feed(.outgoing(id: "own1", .unsent(.waiting)), .outgoing(id: "own2", .unsent(.waiting)))
        #expect(
            plain.feed(.outgoing(id: "own1", .unsent(.refused(nil, message: "много")))) == [
                "12:00 вы: раз (не отправлено: много; /resend отправить снова, /discard удалить)"
            ])
        #expect(plain.write("/resend") == [#"!resend(id: "own1")"#])
        plain.feed(.outgoing(id: "own1", .unsent(.unconfirmed)))
        #expect(plain.write("/discard") == [#"!discard(id: "own1")"#, "-- Удалено: «раз»"])
        #expect(plain.write("/discard") == ["-- Ещё отправляется: уйдёт само, как только будет связь"])
    }

    @Test func offlineIsKeptAndNotSent() {
        var plain = Plain.online()
        plain.feed(.connection(.waiting(attempt: 2, retryAt: .noon, after: .lost)))
        #expect(
            plain.write("раз") == [
                "-- Нет связи, не отправлено: «раз». /resend отправит, /discard удалит", #"!draftChanged("раз")"#,
            ])
        #expect(plain.write("два").last == #"!draftChanged("раз\nдва")"#)
        #expect(plain.write("/resend") == ["-- Нет связи, отправить нельзя"])
        #expect(
            plain.feed(.connection(.online(limits: MessageLimits()))) == [
                "-- На связи",
                "-- Ещё не отправлено: «раз» и ещё 1 строка. /resend отправит каждую строку отдельно, /discard удалит",
            ])
        // Sending clears the saved draft, so the rest is saved again.
        #expect(
            plain.write("/resend") == [#"!send(id: "own1", text: "раз")"#, #"!send(id: "own2", text: "два")"#])
        #expect(plain.write("/resend") == ["-- Ещё отправляется: уйдёт само, как только будет связь"])
    }

    /// A message that was waiting on disk is sent automatically; the draft waits for the user's decision.
    @Test func whatTheLastWindowLeft() {
        var plain = Plain(language: .english)
        #expect(
            plain.feed(.unsent(.make("a", "one", at: .noon), .waiting)) == [
                "12:00 you: one (waiting to be sent)"
            ])
        #expect(
            plain.feed(.unsent(.make("b", "two", at: .noon), .stale)) == [
                "12:00 you: two (not sent: written more than a day ago; /resend send, /discard delete)"
            ])
        #expect(plain.feed(.draft("three")) == ["-- Not sent yet: “three”. /resend sends it, /discard deletes it"])
        #expect(!plain.conversation.hasFailed && !plain.conversation.isSettled)
    }

    @Test func whatIsRefusedStaysKept() {
        var plain = Plain.online()
        plain.feed(.connection(.waiting(attempt: 2, retryAt: .noon, after: .lost)))
        plain.write("раз", "слишком длинно", "два")
        plain.feed(.connection(.online(limits: MessageLimits(characters: 5, bytes: 4096))))
        #expect(
            plain.write("/resend") == [
                #"!send(id: "own1", text: "раз")"#,
                "-- не отправлено: на 9 символов длиннее, чем можно (5)",
                #"!send(id: "own2", text: "два")"#,
                #"!draftChanged("слишком длинно")"#,
                "-- Ещё не отправлено: «слишком длинно». /resend отправит, /discard удалит",
            ])
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(plain.write("/resend") == [#"!send(id: "own3", text: "слишком длинно")"#])
    }

    /// Sending a message does not lose the unsent lines, although it clears the saved draft.
    @Test func whatIsKeptOutlivesAMessageThatGoes() {
        var plain = Plain.online()
        plain.write("раз")
        plain.feed(.outgoing(id: "own1", .unsent(.notSaved(.failed("диск полон")))))
        plain.feed(.connection(.waiting(attempt: 2, retryAt: .noon, after: .lost)))
        plain.write("два")
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(plain.write("/resend") == [#"!send(id: "own1", text: "раз")"#, #"!draftChanged("два")"#])
        #expect(plain.write("три") == [#"!send(id: "own2", text: "три")"#, #"!draftChanged("два")"#])
    }

    @Test func linesThatTheLastWindowKeptAreMessagesAgain() {
        var last = Plain()
        last.write(" /quit", "два")
        let draft = " /quit\nдва"
        #expect(last.write("три").last == "!\(Effect.draftChanged(Draft(draft + "\nтри")))")

        var plain = Plain.online()
        #expect(
            plain.feed(.draft(Draft(draft + "\n\n  три "))) == [
                "-- Ещё не отправлено: «/quit» и ещё 2 строки. /resend отправит каждую строку отдельно, /discard удалит"
            ])
        #expect(
            plain.write("/resend") == [
                #"!send(id: "own1", text: "/quit")"#, #"!send(id: "own2", text: "два")"#,
                #"!send(id: "own3", text: "три")"#,
            ])
        #expect(plain.write("/resend") == ["-- Ещё отправляется: уйдёт само, как только будет связь"])
    }

    /// If the disk answers late, its draft may be the unsent lines of this run. They are not shown again.
    @Test func itsOwnDraftIsNotShownAgain() {
        var plain = Plain()
        plain.write("раз", " /два")
        #expect(plain.feed(.draft("раз\n/два")) == [])
        plain.feed(.connection(.online(limits: MessageLimits())))
        #expect(
            plain.write("/resend") == [#"!send(id: "own1", text: "раз")"#, #"!send(id: "own2", text: "/два")"#])
    }

    @Test func whatTheSettingsLeaveOut() {
        var plain = Plain.online {
            $0.showsPresence = false
            $0.showsTyping = false
            $0.showsReceipts = false
        }
        #expect(plain.feed(.presence(isOnline: true, lastSeen: nil), .typing) == [])
        #expect(plain.conversation.nextTick == nil)
        plain.write("раз")
        plain.feed(.outgoing(id: "own1", .stored(.make("1", "раз", own: true))))
        #expect(plain.feed(.delivered(upTo: "1"), .read(upTo: "1")) == [])

        var next = Plain { $0.showsReceipts = false }
        #expect(
            next.feed(.read(upTo: "1"), .history([.make("1", "раз", own: true)], hasOlder: false)).last
                == "12:00 вы: раз (отправлено)")
    }

    @Test func commandsAndTextsThatBeginWithASlash() {
        var plain = Plain.online()
        #expect(plain.write(" /quit") == [#"!send(id: "own1", text: "/quit")"#])
        #expect(plain.write("/quit") == ["!quit"])
        #expect(plain.write("/nosuch") == ["-- Нет команды /nosuch. Чтобы отправить текстом: пробел перед /"])
        #expect(plain.write("/search что") == ["-- /search работает только на экране, без --plain"])
        #expect(plain.write("", "  ") == [])
        #expect(plain.write("/help").count == 8)
    }

    /// A template waits as a line that was not sent does, so that nothing goes to anybody without another Enter.
    @Test func templates() {
        var plain = Plain.online {
            $0.templates = [
                Template(name: "адрес", text: "ул. Мира, 5\nЗвоните"),
                Template(name: "привет", text: "Привет, {name}!"),
                Template(name: "товар", text: "«{product}» ваш"),
            ]
        }
        #expect(
            plain.write("/t") == [
                "-- адрес: ул. Мира, 5 Звоните", "-- привет: Привет, {name}!", "-- товар: «{product}» ваш",
            ])
        #expect(plain.write("/t превет") == ["-- Нет шаблона «превет»; похожие: привет"])
        #expect(
            plain.write("/t привет") == [
                "-- Шаблон «привет», не отправлено:", "--   Привет, Иван!",
                "!\(Effect.draftChanged("Привет, Иван!"))", "-- /resend отправит, /discard удалит",
            ])
        #expect(plain.write("/resend").first == "!send(id: \"own1\", text: \"Привет, Иван!\")")
        // Several go together, and the program says which.
        plain.write("/t привет")
        #expect(
            plain.write("/t ghbdtn").last
                == "-- Ещё не отправлено 2 сообщения: «Привет, Иван!», «Привет, Иван!». /resend отправит все, /discard удалит все"
        )
        plain.write("/discard")
        #expect(
            plain.write("/t адрес").prefix(3).map(\.self) == [
                "-- Шаблон «адрес», не отправлено:", "--   ул. Мира, 5", "--   Звоните",
            ])
        #expect(plain.write("/resend").first == "!send(id: \"own2\", text: \"ул. Мира, 5\\nЗвоните\")")
        #expect(
            plain.write("/t товар") == [
                "-- Шаблон «товар», не отправлено:", "--   «{product}» ваш",
                "-- Неизвестно: {product}. Напишите это сообщение сами",
            ])
        #expect(plain.conversation.hasFailed)
    }

    @Test func blocking() {
        var plain = Plain.online()
        #expect(plain.feed(.blocked(false)) == [])
        #expect(plain.write("/unblock") == ["-- Собеседник не заблокирован"])
        #expect(plain.write("/block") == ["!setBlocked(true)"])
        #expect(plain.feed(.blocked(true)).count == 1)
        #expect(plain.feed(.blocked(true)) == [])
        #expect(plain.write("/block") == ["-- Собеседник уже заблокирован · /unblock"])
        #expect(plain.conversation.isDone && !plain.conversation.hasFailed)
        #expect(plain.write("/unblock") == ["!setBlocked(false)"])
        #expect(plain.feed(.blockingFailed(.notProvided)).count == 1)
        plain.feed(.connection(.connecting(attempt: 1)))
        #expect(plain.write("/block").count == 1)
    }

    /// The command is done only when the server answers it. The server's report at the start is not the answer, and
    /// nothing else is done in the meantime.
    @Test(arguments: [true, false]) func anAnswerToAnEarlierQuestionIsNoAnswer(_ isBlocked: Bool) {
        var plain = Plain.online()
        #expect(plain.conversation.isDone)
        plain.write(isBlocked ? "/block" : "/unblock")
        #expect(!plain.conversation.isDone && plain.conversation.isSettled)
        #expect(plain.feed(.blocked(!isBlocked)) == [])
        #expect(!plain.conversation.isDone)
        #expect(plain.feed(.blocked(isBlocked)).count == 1)
        #expect(plain.conversation.isDone && !plain.conversation.hasFailed)
    }

    @Test func whatWasNotDoneIsAFailure() {
        for line in ["/nosuch", "/search x", "/quit now and then"] {
            var plain = Plain.online()
            plain.write(line)
            #expect(plain.conversation.hasFailed, "\(line)")
        }
        var plain = Plain.online()
        plain.write("/block")
        plain.feed(.blockingFailed(.offline))
        #expect(plain.conversation.hasFailed && plain.conversation.isDone)
    }

    @Test func tooLong() {
        var plain = Plain.online()
        #expect(
            plain.write(String(repeating: "я", count: 512)) == [
                "-- не отправлено: на 12 символов длиннее, чем можно (500)"
            ])
        #expect(plain.conversation.hasFailed)
    }

    /// The client stores the mark for the user, even if the peer must not learn of it.
    @Test(arguments: [true, false]) func readIsToldWhereSomebodyReads(tellsRead: Bool) {
        var plain = Plain(hasReader: true) { $0.tellsRead = tellsRead }
        let lines = plain.feed(.history([.make("1"), .make("2")], hasOlder: false))
        #expect(lines.last == #"!markRead(upTo: "2")"#)
        #expect(plain.feed(.received(.make("3", own: true))).count == 1)
        #expect(Plain.online().conversation.isOnline)
    }

    @Test func memoryIsBounded() {
        var plain = Plain.online()
        for number in 1...10_000 {
            #expect(plain.feed(.received(.make("\(number)"))).count == 1)
        }
        #expect(plain.feed(.received(.make("10000"))) == [])
    }
}

extension PlainConversationTests {
    @Test("the product is said where it changes, and chosen by its number or a part of its title")
    func products() {
        var plain = Plain.online()
        #expect(plain.write("/product") == ["-- В этой беседе товары ещё не назывались"])
        func receive(_ id: MessageID, _ product: Product?) -> [String] {
            var message = Message.make(id, "да")
            message.product = product
            return plain.feed(.received(message))
        }
        let sofa = Product(id: "1", title: "Диван")
        #expect(receive("a", sofa).dropLast() == ["-- По товару «Диван»"])
        #expect(receive("b", nil).count == 1 && receive("c", Product(id: "1")).count == 1)
        #expect(receive("d", Product(id: "2")).dropLast() == ["-- По товару ID 2"])
        #expect(
            plain.write("/product") == [
                "-- 1. ID 2", "-- 2. «Диван»", "-- 0. не называть товар — выбрано",
                "-- Выбрать для следующих сообщений: /product НОМЕР",
            ])
        #expect(plain.write("/product диван") == ["-- Следующие сообщения — по товару «Диван»"])
        let sent = plain.conversation.handle(.line("беру"), in: .at(plain.now))
        let products = sent.compactMap { output -> Product? in
            guard case .effect(.send(_, "беру", let product)) = output else { return nil }
            return product
        }
        #expect(products == [sofa])
        #expect(plain.write("/product 7").first?.hasPrefix("-- Нет товара «7»") == true)
        #expect(plain.write("/product 0") == ["-- Следующие сообщения не называют товар"])
    }
}

@Suite("A message as a line of text")
struct MessageLineTests {
    @Test func wholeDateAndOneLine() {
        let line = MessageLine(user: .me, language: .russian) { _ in 3600 }
        #expect(line.text(of: .make("1", "да\nнет\u{1B}[2J")) == "2024-11-20 13:00:00 seller: да ⏎ нет␛[2J")
        #expect(line.text(of: .make("1", own: true)) == "2024-11-20 13:00:00 вы → seller: текст")
    }
}
