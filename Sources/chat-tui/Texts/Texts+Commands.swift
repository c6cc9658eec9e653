import ChatClient
import ChatUI
import ChatWire

// What the commands without a screen print to standard error.

extension Texts {
    func flagsOfTheScreen(_ flags: [String], command: String) -> String {
        let flags = flags.joined(separator: ", ")
        return choose("chat-tui \(command) не принимает \(flags)", "chat-tui \(command) does not accept \(flags)")
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
            "нет текста: chat-tui send … ТЕКСТ, или - и текст из стандартного ввода",
            "no text: chat-tui send … TEXT, or - and the text from standard input")
    }

    /// There was no answer within the time that the user gave.
    func noAnswer(within seconds: Double) -> String {
        let server = UntrustedText(server.address)
        let time = seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
        return choose(
            "сервер \(server) не ответил за \(time) с: проверьте \(urlPlace), сеть и брандмауэр или увеличьте --timeout",
            "\(server) did not answer within \(time) s: check \(urlPlace), your network and firewalls, or raise --timeout"
        )
    }

    var badTimeout: String {
        choose("--timeout: число секунд больше 0", "--timeout must be a number of seconds above 0")
    }
    var inputTooLong: String { choose("текст слишком длинный", "the text is too long") }

    func inputFailed(_ number: Int32) -> String {
        let reason = systemError(number)
        return choose("не удалось прочитать стандартный ввод: \(reason)", "cannot read standard input: \(reason)")
    }

    func linesAfterQuit(_ count: Int) -> String {
        choose("после /quit остались неотправленные строки: \(count)", "lines after /quit were not sent: \(count)")
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
            "сервер не подтвердил, что сообщение сохранено\(reason): возможно, оно дошло",
            "the server did not confirm that it stored the message\(reason): it may have arrived")
    }

    // MARK: - search

    var wordsMissing: String {
        choose("что искать? chat-tui search … СЛОВА", "what to search for? chat-tui search … WORDS")
    }
    func noHistory(_ settings: ConnectionSettings) -> String {
        let (user, folder) = (settings.user.displayed, UntrustedText(settings.dataFolder))
        return switch settings.server {
        case .local:
            choose(
                "в \(folder) нет истории пользователя \(user) с локального сервера: "
                    + "проверьте --user, --url и --data-dir",
                "\(folder) has no history of \(user) from the local server: check --user, --url and --data-dir")
        case .remote:
            choose(
                "в \(folder) нет истории пользователя \(user) с сервера \(UntrustedText(settings.server.identity)): "
                    + "укажите тот же --url, что и при переписке, проверьте --user и --data-dir",
                "\(folder) has no history of \(user) from the server \(UntrustedText(settings.server.identity)): "
                    + "give the same --url as in the conversation, and check --user and --data-dir")
        }
    }

    var badLimit: String { choose("--limit: целое число от 1", "--limit must be a whole number, 1 or more") }

    /// The search could not see everything.
    func searchedInPart(_ conversations: Int) -> String {
        let count = counted(
            conversations, ("беседы", "бесед", "бесед"), ("conversation", "conversations"))
        return choose(
            "искали не везде: часть истории \(count) ещё не загружена на этот компьютер, её загрузит открытый chat-tui",
            "not everything was searched: this machine does not have the whole history of \(count); "
                + "an open chat-tui loads the rest")
    }

    var conversationsMayBeMissing: String {
        choose(
            "некоторых бесед на этом компьютере может не быть: список бесед ещё не загружался, его загружает окно chat-tui",
            "this machine may lack whole conversations: their list was never loaded; a chat-tui window does that")
    }

    var exportedInPart: String {
        choose(
            "часть истории этой беседы ещё не загружена на этот компьютер, её загрузит открытый chat-tui",
            "this machine does not have the whole history of the conversation; an open chat-tui loads the rest")
    }

    // MARK: - tail

    var badCursor: String { choose("--since: целое число от 0", "--since must be a whole number, 0 or more") }

    var feedRestarted: String {
        choose(
            "такого cursor нет в ленте сервера (она короче или начата заново): "
                + "продолжаем с последнего сообщения, часть могла быть пропущена",
            "the server's feed has no such cursor (it is shorter, or was started again): "
                + "continuing from the newest message; some may have been skipped")
    }

    func skipped(_ cursors: ClosedRange<Int>) -> String {
        let count = counted(
            cursors.count, ("сообщение", "сообщения", "сообщений"), ("message", "messages"))
        return choose(
            "не удалось получить или прочитать \(count), начиная с cursor \(cursors.lowerBound): пропускаем",
            "could not fetch or read \(count) from cursor \(cursors.lowerBound) on: skipping them")
    }

    var cannotResume: String {
        choose(
            "этот сервер не нумерует сообщения: --since не действует, пропущенные не вернуть, печатаются только новые",
            "this server does not number messages: --since does nothing; missed ones are lost, and only new ones are printed"
        )
    }

    var connectedAgain: String { choose("снова на связи", "connected again") }

    // MARK: - export

    /// Each user of each server has a history.
    func nothingStored(_ settings: ConnectionSettings, with peer: UserID) -> String {
        let (user, peer, folder) = (settings.user.displayed, peer.displayed, UntrustedText(settings.dataFolder))
        return switch settings.server {
        case .local:
            choose(
                "в \(folder) нет беседы \(user) и \(peer) с локального сервера; "
                    + "проверьте --user, --with, --url и --data-dir",
                "\(folder) has no conversation of \(user) and \(peer) from the local server; "
                    + "check --user, --with, --url and --data-dir")
        case .remote:
            choose(
                "в \(folder) нет беседы \(user) и \(peer) с сервера \(UntrustedText(settings.server.identity)); "
                    + "укажите тот же --url, что и при переписке, проверьте --user, --with и --data-dir",
                "\(folder) has no conversation of \(user) and \(peer) from \(UntrustedText(settings.server.identity)); "
                    + "give the same --url as in the conversation, and check --user, --with and --data-dir")
        }
    }

    /// A command that only reads cannot read what a newer version wrote.
    func storeIsNewer(_ settings: ConnectionSettings) -> String {
        let folder = UntrustedText(settings.dataFolder)
        return choose(
            "локальную историю записала более новая версия chat-tui (\(folder)); обновите chat-tui",
            "a newer chat-tui wrote the local history (\(folder)); update chat-tui")
    }

    func historyUnreadable(_ failure: StoreFailure) -> String {
        let reason = readingProblem(failure)
        return choose("не удалось прочитать историю: \(reason)", "the history cannot be read: \(reason)")
    }
}
