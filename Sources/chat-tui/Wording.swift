import ChatClient
import ChatUI
import ChatWire
import Terminal
import WebSocketTransport

/// What the program says outside the conversation's screen: about its arguments, the terminal and the network.
struct Wording: Sendable {
    let language: Language

    init(_ language: Language) { self.language = language }

    func choose(_ russian: String, _ english: String) -> String {
        switch language {
        case .russian: russian
        case .english: english
        }
    }
}

// MARK: - Arguments

extension Wording {
    var noHome: String {
        choose(
            "не задана переменная HOME: укажите домашнюю папку",
            "the variable HOME is not set: set it to your home folder")
    }

    var userMissing: String { choose("укажите, кто вы: --user ID", "say who you are: --user ID") }

    func badUserID(_ flag: String) -> String {
        choose(
            "\(flag): от 1 до 128 символов, без управляющих",
            "\(flag) takes 1 to 128 characters, none of them a control character")
    }

    var sellerMissing: String {
        choose(
            "о товаре говорят с кем-то: укажите собеседника, --seller ID",
            "--product, --product-id and --seller-name need a person to talk to: --seller ID")
    }

    func samePerson(_ flag: String) -> String {
        choose("--user и \(flag) должны быть разными людьми", "--user and \(flag) must be two people")
    }

    var tokenInTheOpen: String {
        choose(
            "токен по незашифрованному адресу прочли бы по пути: используйте wss:// или https://",
            "on the way to an unencrypted address others could read the token: use wss:// or https://")
    }

    var twoTokens: String {
        choose("укажите либо --token, либо --token-file", "give either --token or --token-file")
    }

    func address(_ invalid: ServerAddress.Invalid) -> String {
        switch invalid {
        case .malformed:
            choose(
                "--url: нужен адрес вида wss://server.example", "--url takes an address such as wss://server.example")
        case .unknownScheme(let scheme):
            choose(
                "--url: схема «\(UntrustedText(scheme))» не подходит, нужна ws, wss, http или https",
                "--url: the scheme must be ws, wss, http or https, not '\(UntrustedText(scheme))'")
        case .holdsCredentials:
            choose(
                "--url: имя и пароль в адресе не нужны, есть --token-file",
                "--url takes no user and password: use --token-file")
        case .holdsQuery: choose("--url: адрес без «?» и «#»", "--url takes an address without '?' and '#'")
        }
    }

    func logFile(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose(
            "не могу писать журнал \(path): укажите другой файл, --log-file",
            "cannot write the log \(path): choose another with --log-file")
    }
}

// MARK: - Terminal

extension Wording {
    func terminal(_ error: TerminalError) -> String {
        switch error {
        case .noUTF8Locale:
            choose("нужна локаль UTF-8: попробуйте LC_ALL=C.UTF-8", "a UTF-8 locale is needed: try LC_ALL=C.UTF-8")
        case .notATerminal:
            choose(
                "экрану нужен терминал; без него есть chat-tui send, chat-tui tail и --plain",
                "the screen needs a terminal; without one there are chat-tui send, chat-tui tail and --plain")
        case .terminalNotNamed:
            choose(
                "не задана переменная TERM: попробуйте TERM=xterm-256color",
                "the variable TERM is not set: try TERM=xterm-256color")
        case .unknownTerminal, .cannotAddressCursor:
            choose(
                "этому терминалу (TERM) экран не нарисовать: попробуйте TERM=xterm-256color",
                "this terminal (TERM) cannot show a screen: try TERM=xterm-256color")
        case .alreadyInUse, .systemCall:
            choose("терминал не отвечает: \(error)", "the terminal does not answer: \(error)")
        }
    }

    func stillWaiting(_ count: Int) -> String {
        choose(
            "Ждут отправки сообщений: \(count). Они сохранены и уйдут при следующем запуске.",
            "Messages that wait to be sent: \(count). They are kept, and go the next time you start chat-tui.")
    }
}

// MARK: - The disk

extension Wording {
    func storeFailed(_ failure: StoreFailure) -> String {
        let reason = storeFailure(failure)
        return choose("история не сохраняется: \(reason)", "the history is not being saved: \(reason)")
    }

    func storeFailure(_ failure: StoreFailure) -> String {
        switch failure {
        case .diskFull: choose("нет места на диске", "the disk is full")
        case .damaged: choose("файл повреждён", "the file is damaged")
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }

    func historySetAside(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose(
            "локальная история не читалась, она отложена в \(path)",
            "the local history could not be read, it was set aside as \(path)")
    }

    var historyIsNewer: String {
        choose(
            "локальная история от более новой версии chat-tui: здесь она не меняется",
            "the local history was made by a newer chat-tui: it is left as it is")
    }
}

// MARK: - Other programs

extension Wording {
    var browserMissing: String {
        choose("Не удалось запустить программу из BROWSER", "The program in BROWSER did not start")
    }

    var editorMissing: String {
        choose("Задайте программу в переменной EDITOR", "Name a program in the variable EDITOR")
    }

    var notEdited: String { choose("Текст остался прежним", "The text stays as it was") }
}

// MARK: - Network

extension Wording {
    /// Why there is no connection, where there is something to tell beyond that.
    func problem(_ end: LinkEnd) -> String? {
        switch end {
        case .unreachable: choose("сервер недоступен", "the server is out of reach")  // the log says how
        case .timedOut: choose("сервер не отвечает", "the server does not answer")
        case .refused(status: 401), .closed(code: 4500):
            choose("сервер не принял токен", "the server did not take the token")
        case .refused(status: 403), .closed(code: 4503): choose("сервер не пускает", "the server refuses access")
        case .refused(let status): choose("сервер ответил HTTP \(status)", "the server answered HTTP \(status)")
        case .closed(code: 1012): choose("сервер перезапускается", "the server restarts")
        case .closed(let code?) where code >= 4500:
            choose("сервер закрыл соединение (\(code))", "the server closed the connection (\(code))")
        case .closed, .lost: nil
        case .noPong: choose("сервер перестал отвечать", "the server stopped answering")
        case .certificate(let sentence), .notStarted(let sentence), .unusable(let sentence): sentence
        }
    }

    func certificate(_ problem: CertificateProblem) -> String {
        switch problem {
        case .otherName:
            choose("сертификат выдан не этому серверу", "the certificate is not this server's")
        case .notTrusted:
            choose(
                "сертификат сервера просрочен или не заверен (--ca-file)",
                "the server's certificate is out of date or not trusted (--ca-file)")
        case .unreadable:
            choose("сертификат сервера не удалось проверить", "the server's certificate could not be checked")
        }
    }

    func unreadableAuthorities(_ path: String) -> String {
        choose(
            "нет сертификатов в файле --ca-file \(UntrustedText(path))",
            "no certificates in the file --ca-file \(UntrustedText(path))")
    }

    func unreadableToken(_ path: String) -> String {
        choose("нет токена в файле \(UntrustedText(path))", "no token in the file \(UntrustedText(path))")
    }

    func serverEnded(log: String) -> String {
        let log = UntrustedText(log)
        return choose("сервер не запускается, причина в \(log)", "the server does not start, \(log) says why")
    }

    var serverProgramMissing: String {
        choose("не найдена программа chat-server: укажите --url", "the program chat-server is missing: give --url")
    }

    /// Why the server did not take a message.
    func refusal(_ code: ErrorCode?, _ message: UntrustedText) -> String {
        switch code {
        case .notAuthorized: choose("нет авторизации", "not authorised")
        case .forbidden: choose("сервер не разрешает", "the server does not allow it")
        case .invalidEvent, .invalidMessage:
            choose("сервер не принял такое сообщение", "the server does not take such a message")
        case .messageTooLong: choose("слишком длинное", "too long")
        case .rateLimited: choose("слишком много сообщений сразу", "too many messages at once")
        case .idempotencyConflict:
            choose("под этим номером уже есть другое сообщение", "another message has its number")
        case .storageFailed: choose("сервер не смог сохранить", "the server could not store it")
        default: message.displayed()
        }
    }
}
