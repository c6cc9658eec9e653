import ChatClient
import ChatUI
import ChatWire

// What the commands without a screen print to standard error.

extension Texts {
    func flagsOfTheScreen(_ flags: [String], command: String) -> String {
        let flags = flags.joined(separator: ", ")
        return choose("\(flags): не для chat-tui \(command)", "\(flags) does not go with chat-tui \(command)")
    }

    func outputFailed(_ number: Int32) -> String {
        let reason = systemError(number)
        return choose("не могу писать в стандартный вывод: \(reason)", "cannot write to standard output: \(reason)")
    }

    // MARK: - send

    func sentWithoutOutput(_ number: Int32) -> String {
        let reason = outputFailed(number)
        return choose("отправлено, но \(reason)", "sent, but \(reason)")
    }

    var receiverMissing: String { choose("укажите, кому: --to ID", "say to whom: --to ID") }
    var peerMissing: String { choose("укажите, с кем: --with ID", "say with whom: --with ID") }

    var textMissing: String {
        choose(
            "нет текста: chat-tui send … ТЕКСТ, или - и текст на стандартный ввод",
            "no text: chat-tui send … TEXT, or - and the text on standard input")
    }

    var badTimeout: String { choose("--timeout: секунды, больше 0", "--timeout takes seconds, more than 0") }
    var inputTooLong: String { choose("текст слишком длинный", "the text is too long") }

    func inputFailed(_ number: Int32) -> String {
        let reason = systemError(number)
        return choose("не читается стандартный ввод: \(reason)", "cannot read standard input: \(reason)")
    }

    func linesAfterQuit(_ count: Int) -> String {
        choose("после /quit остались неотправленные строки: \(count)", "lines after /quit that were not sent: \(count)")
    }

    var linesUnread: String {
        choose(
            "прервано: на стандартном вводе остались неотправленные строки",
            "interrupted: lines on standard input were not sent")
    }

    var interrupted: String { choose("прервано", "interrupted") }

    /// The message was sent or may have been.
    func mayHaveArrived(_ reason: String?) -> String {
        let reason = reason.map { " (\($0))" } ?? ""
        return choose(
            "сервер не подтвердил, что сообщение сохранено\(reason): оно могло и дойти",
            "the server did not confirm that it has the message\(reason): it may have arrived or not")
    }

    // MARK: - tail

    var badCursor: String { choose("--since: число, от 0", "--since takes a number, 0 or more") }

    var feedRestarted: String {
        choose(
            "этого места нет в ленте сервера (она короче или начата заново): что пропущено, не показать, "
                + "дальше идёт только новое",
            "the server's feed has no such place (it is shorter, or began anew): what was missed cannot be shown, "
                + "from here on comes what is new")
    }

    func skipped(_ cursors: ClosedRange<Int>) -> String {
        let count = counted(
            cursors.count, ("сообщение", "сообщения", "сообщений"), ("message", "messages"))
        return choose(
            "не получить или не прочесть \(count) с места \(cursors.lowerBound) в ленте: дальше без этого",
            "\(count) from place \(cursors.lowerBound) of the feed cannot be had or read: it goes on without")
    }

    var cannotResume: String {
        choose(
            "этот сервер не хранит места в ленте: пропущенное и --since недоступны, идёт только новое",
            "this server keeps no places: what was missed, and --since, are not to be had; only what is new comes")
    }

    var connectedAgain: String { choose("снова на связи", "connected again") }

    // MARK: - export

    /// Each server has its own history.
    func nothingStored(of server: ConnectionSettings.Server) -> String {
        switch server {
        case .local:
            choose(
                "на этом компьютере нет истории этой переписки через ваш собственный сервер; "
                    + "другой сервер укажите: --url URL",
                "this machine has no history of this conversation on your own server; name another one by --url URL")
        case .remote:
            choose(
                "на этом компьютере нет истории этой переписки через сервер \(UntrustedText(server.identity)); "
                    + "адрес нужен тот же, с которым переписывались",
                "this machine has no history of this conversation on the server \(UntrustedText(server.identity)); "
                    + "it takes the same address as the conversation")
        }
    }

    var storeIsNewer: String {
        choose(
            "локальная история от более новой версии chat-tui", "the local history was made by a newer chat-tui")
    }

    func historyUnreadable(_ failure: StoreFailure) -> String {
        let reason = storeFailure(failure)
        return choose("история не читается: \(reason)", "the history cannot be read: \(reason)")
    }
}
