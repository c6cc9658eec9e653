import ChatWire
import ClientUpdates
import SystemErrors

// Why there is no connection: each sentence names the address and the cause, and says what to try.

extension Texts {
    /// Why there is no connection, where there is something to tell beyond that.
    public func problem(_ end: LinkEnd) -> String? {
        switch end {
        case .unreachable(let failure): unreachable(failure)
        case .notAChatServer:
            choose(
                "на \(address) отвечает не чат-сервер: проверьте \(urlPlace)",
                "what answers at \(address) is not a chat server: check \(urlPlace)")
        case .notEncrypted:
            choose(
                "на \(address) нет шифрования: проверьте порт или укажите ws вместо wss",
                "the server \(address) does not encrypt: check the port, or use ws instead of wss")
        case .onlyEncrypted:
            choose(
                "на \(address) нужно шифрование: укажите wss вместо ws",
                "the server \(address) requires encryption: use wss instead of ws")
        case .handshake:
            choose(
                "сервер \(address) не поддерживает TLS 1.2 или новее: сообщите администратору сервера",
                "the server \(address) does not support TLS 1.2 or later: tell the server's administrator")
        case .unanswered(isEncrypted: true):
            choose(
                "сервер \(address) сразу закрывает соединение: проверьте порт в \(urlPlace)",
                "the server \(address) closes the connection at once: check the port in \(urlPlace)")
        case .unanswered(isEncrypted: false):
            choose(
                "сервер \(address) сразу закрывает соединение: возможно, нужен wss или другой порт",
                "the server \(address) closes the connection at once: perhaps it needs wss, or another port")
        case .proxy(let problem): proxy(problem)
        case .timedOut:
            choose(
                "сервер \(address) принимает соединение, но не отвечает: проверьте порт или подождите",
                "the server \(address) accepts the connection but does not answer: check the port, or wait")
        case .refused(status: 401), .closed(code: 4500): rejectedToken
        case .token(let problem): token(problem)
        case .closed(code: 4503) where server.hasToken:
            choose(
                "это токен другого пользователя, проверьте \(userPlace)",
                "the token belongs to another user: check \(userPlace)")
        case .closed(code: 4504): choose("вы заблокированы на этом сервере", "you are banned on this server")
        case .closed(code: 4505):
            choose(
                "ID на этом сервере — UUID строчными буквами: проверьте \(userPlace)",
                "user IDs on this server are UUIDs in lower case: check \(userPlace)")
        case .refused(status: 403), .closed(code: 4503):
            choose("сервер \(address) отказал в доступе", "the server \(address) refused access")
        case .refused(let status): refused(status: status)
        case .closed(code: 1012): choose("сервер перезапускается", "the server is restarting")
        case .closed(let code?) where code >= 4500:
            choose("сервер закрыл соединение: код \(code)", "the server closed the connection: code \(code)")
        case .closed, .lost: nil
        case .noPong: choose("сервер перестал отвечать", "the server stopped responding")
        case .certificate(let problem): certificate(problem)
        case .notStarted(let failure): notStarted(failure)
        case .session(let problem): session(problem)
        case .unusable(let obstacle): unusable(obstacle)
        }
    }

    /// Where the user has to know something of it.
    public func unreachable(_ problem: String?) -> String { problem ?? outOfReach }

    private var address: String { UntrustedText(server.address).displayed() }

    private var outOfReach: String { choose("сервер \(address) недоступен", "cannot reach \(address)") }

    private func unreachable(_ failure: NetworkFailure) -> String {
        "\(outOfReach): \(cause(failure)); \(advice(failure))"
    }

    /// Why nobody could be reached at an address.
    public func cause(_ failure: NetworkFailure) -> String {
        switch failure {
        case .refused: choose("порт закрыт", "connection refused")
        case .unknownHost: choose("такого имени нет", "no such host name")
        case .noNameServer: choose("имя не удалось найти, DNS не отвечает", "the name lookup (DNS) got no answer")
        case .noRoute: choose("к нему нет маршрута", "no route to it")
        case .notPermitted: choose("система запрещает соединение", "this system forbids the connection")
        case .noSocket: choose("нет такого сокета", "there is no such socket")
        case .silent: choose("ответа нет", "no answer")
        case .system(let number): systemError(number)
        case .other: choose("подробности в журнале", "the log has the details")
        }
    }

    private func advice(_ failure: NetworkFailure) -> String {
        switch failure {
        case .refused:
            choose("проверьте \(urlPlace) и запущен ли сервер", "check \(urlPlace) and whether the server is running")
        case .unknownHost, .system, .other: choose("проверьте \(urlPlace)", "check \(urlPlace)")
        case .noNameServer: choose("проверьте сеть", "check your network")
        case .noRoute: choose("проверьте сеть и VPN", "check your network and VPN")
        case .notPermitted: choose("проверьте брандмауэр и права", "check the firewall and the permissions")
        case .noSocket: choose("запущен ли сервер?", "is the server running?")
        case .silent:
            choose("проверьте \(urlPlace), сеть и брандмауэр", "check \(urlPlace), your network and firewalls")
        }
    }

    func answered(status: Int) -> String {
        choose("сервер ответил HTTP \(status)", "the server answered HTTP \(status)")
    }

    /// The server, or something before it, answered with this HTTP status instead of a WebSocket.
    private func refused(status: Int) -> String {
        switch status {
        case 404:
            choose(
                "на \(address) по этому пути нет чат-сервера: проверьте \(urlPlace) (HTTP 404)",
                "the server \(address) has no chat at this path: check \(urlPlace) (HTTP 404)")
        case 200..<400, 511:
            choose(
                "на \(address) отвечает сайт, а не чат-сервер: проверьте \(urlPlace) или войдите в сеть через браузер (HTTP \(status))",
                "a web site answers at \(address), not a chat server: check \(urlPlace), or log in to the network in a browser (HTTP \(status))"
            )
        case 429:
            choose(
                "сервер \(address) просит подождать: с вашего адреса слишком много соединений (HTTP 429)",
                "the server \(address) asks you to wait: too many connections from your address (HTTP 429)")
        case 502, 504:
            choose(
                "прокси перед сервером \(address) работает, а сам сервер нет: подождите (HTTP \(status))",
                "the proxy before the server \(address) works, but the server itself does not: wait (HTTP \(status))")
        case 503:
            choose(
                "сервер \(address) перегружен или остановлен: подождите (HTTP 503)",
                "the server \(address) is overloaded or stopped: wait (HTTP 503)")
        default:
            choose(
                "сервер \(address) ответил HTTP \(status): проверьте \(urlPlace)",
                "the server \(address) answered HTTP \(status): check \(urlPlace)")
        }
    }
}

// MARK: - Proxies

extension Texts {
    private func proxy(_ problem: ProxyProblem) -> String {
        let (proxy, variable) = (UntrustedText(problem.address), UntrustedText(problem.variable))
        switch problem.reason {
        case .badAddress:
            return choose(
                "переменная \(variable): нужен адрес прокси вида http://HOST:PORT",
                "the variable \(variable) must name a proxy as http://HOST:PORT")
        case .unreachable(let failure):
            let cause = cause(failure)
            return choose(
                "прокси \(proxy) недоступен: \(cause); проверьте переменную \(variable)",
                "cannot reach the proxy \(proxy): \(cause); check the variable \(variable)")
        case .needsLogin:
            return choose(
                "прокси \(proxy) требует входа: впишите имя и пароль в переменную \(variable)",
                "the proxy \(proxy) requires a login: put the user name and password into the variable \(variable)")
        case .loginRejected:
            return choose(
                "прокси \(proxy) не принял имя или пароль: проверьте переменную \(variable)",
                "the proxy \(proxy) rejected the user name or password: check the variable \(variable)")
        case .refused(let status):
            return choose(
                "прокси \(proxy) не соединил с \(address): проверьте \(urlPlace) и переменную \(variable) (HTTP \(status))",
                "the proxy \(proxy) did not connect to \(address): check \(urlPlace) and the variable \(variable) (HTTP \(status))"
            )
        case .closed:
            return choose(
                "прокси \(proxy) закрыл соединение: проверьте переменную \(variable)",
                "the proxy \(proxy) closed the connection: check the variable \(variable)")
        case .timedOut:
            return choose(
                "прокси \(proxy) не отвечает: проверьте переменную \(variable)",
                "the proxy \(proxy) does not answer: check the variable \(variable)")
        case .notAProxy:
            return choose(
                "на \(proxy) отвечает не прокси: проверьте переменную \(variable)",
                "what answers at \(proxy) is not a proxy: check the variable \(variable)")
        case .serverHasNoName:
            return choose(
                "через прокси \(proxy) нельзя подключиться к wss по IP-адресу: укажите в \(urlPlace) имя",
                "wss by IP address does not work through the proxy \(proxy): use a name in \(urlPlace)")
        }
    }
}

// MARK: - Tokens

extension Texts {
    private func token(_ problem: LinkEnd.TokenProblem) -> String {
        switch problem {
        case .garbage:
            switch server.token {
            case .file(let path):
                choose(
                    "в файле \(shown(path: path)) не токен (JWT): запишите в него токен",
                    "the file \(shown(path: path)) does not hold a token (JWT): put one into it")
            case .command:
                choose(
                    "token-command печатает не токен (JWT): проверьте её в настройках",
                    "token-command prints no token (JWT): check it in the settings")
            case .session, .given, .none:
                choose("это не токен (JWT): проверьте \(tokenPlace)", "this is not a token (JWT): check \(tokenPlace)")
            }
        case .expired: choose("срок токена истёк: \(getNewToken)", "the token has expired: \(getNewToken)")
        case .otherUser(let user):
            choose(
                "это токен другого пользователя, \(user.displayed): проверьте \(userPlace)",
                "the token belongs to another user, \(user.displayed): check \(userPlace)")
        case .forged:
            choose(
                "сервер \(address) не выдавал этот токен: \(getNewToken)",
                "the server \(address) did not issue this token: \(getNewToken)")
        }
    }

    private var getNewToken: String {
        switch server.token {
        case .file(let path):
            choose("запишите новый в \(shown(path: path))", "put a new one into \(shown(path: path))")
        case .command: choose("проверьте token-command в настройках", "check token-command in the settings")
        case .session(let profile): logInAgain(profile)
        case .given, .none: choose("укажите новый", "give a new one")
        }
    }

    private func session(_ problem: LinkEnd.SessionProblem) -> String {
        switch problem {
        case .ended:
            choose("вход больше не действует: \(logInAgain)", "you are no longer logged in: \(logInAgain)")
        case .otherUser(let user):
            choose(
                "теперь здесь вошёл другой пользователь, \(user.displayed): откройте chat-tui заново",
                "another user, \(user.displayed), has logged in here: start chat-tui again")
        case .unavailable(let host):
            choose(
                "сервис входа \(UntrustedText(host)) недоступен, токен не удалось обновить",
                "cannot reach the log-in service \(UntrustedText(host)) to renew the token")
        case .refused(let host):
            choose(
                "сервис входа \(UntrustedText(host)) отвечает, но не продлил вход: попробуйте позже или "
                    + logInAgain,
                "the log-in service \(UntrustedText(host)) answers, but has not renewed the log-in: try later, or "
                    + logInAgain)
        case .keyRejected(let host):
            choose(
                "сервис входа \(UntrustedText(host)) больше не принимает ключ проекта: "
                    + "укажите новый в --apikey и \(logInAgain)",
                "the log-in service \(UntrustedText(host)) no longer takes the project's key: "
                    + "give the new one with --apikey, and \(logInAgain)")
        case .busy:
            choose(
                "данные входа слишком долго занимает другое окно chat-tui: закройте его",
                "another window of chat-tui is busy with the log-in for too long: close it")
        case .keyringSilent:
            choose(
                "связка ключей не отвечает: разблокируйте её или выполните chat-tui login заново",
                "the keyring does not answer: unlock it, or run chat-tui login again")
        case .file(let problem):
            choose(
                "не удалось прочитать данные входа: \(fileProblem(problem))",
                "the log-in cannot be read: \(fileProblem(problem))")
        }
    }

    private var logInAgain: String {
        if case .session(let profile) = server.token { logInAgain(profile) } else { logInAgain(nil) }
    }

    /// What to do when the session is over.
    func logInAgain(_ profile: String?) -> String {
        choose("войдите снова командой \(Self.logIn(profile))", "log in again with \(Self.logIn(profile))")
    }

    /// The command that logs in to a profile.
    public static func logIn(_ profile: String?) -> String {
        "chat-tui login" + (profile.map { " --profile \($0)" } ?? "")
    }

    private func tokenCommand(_ program: String, _ problem: LinkEnd.TokenCommandProblem) -> String {
        let program = UntrustedText(program).displayed()
        return switch problem {
        case .failed:
            choose(
                "команда \(program) из token-command завершилась с ошибкой: выполните её в терминале",
                "the command \(program) of token-command failed: run it in a terminal")
        case .empty:
            choose(
                "команда \(program) из token-command ничего не напечатала",
                "the command \(program) of token-command printed nothing")
        case .notAToken:
            choose(
                "команда \(program) из token-command напечатала не токен: нужна одна строка без пробелов",
                "the command \(program) of token-command printed no token: it must be one line without spaces")
        }
    }

    /// An older server rejected the token, or there is none.
    private var rejectedToken: String {
        server.hasToken
            ? choose(
                "сервер \(address) не принял токен: \(getNewToken)",
                "the server \(address) rejected the token: \(getNewToken)")
            : choose(
                "сервер \(address) требует токен: --token-file ФАЙЛ",
                "the server \(address) requires a token: --token-file FILE")
    }
}

// MARK: - Certificates and this user's own server

extension Texts {
    func notStarted(_ failure: LinkEnd.StartFailure) -> String {
        switch failure {
        case .systemCall(let name, let number): serverNotStarted(name, number)
        case .ended(let log): serverEnded(log: log ?? "chat-server")
        case .storeInUse(let path): storeInUse(path)
        }
    }

    func unusable(_ obstacle: LinkEnd.Obstacle) -> String {
        switch obstacle {
        case .tokenFile(let path, let problem): tokenFile(path, problem)
        case .tokenCommand(let program, let problem): tokenCommand(program, problem)
        case .authorities(let error): authorities(error)
        case .localSocket(let error): localSocket(error)
        case .homeless: noHome
        }
    }

    public var noHome: String {
        choose(
            "переменная HOME не указывает на папку: задайте в ней путь к домашней папке",
            "the variable HOME does not name a folder: set it to your home folder")
    }

    func certificate(_ problem: CertificateProblem) -> String {
        switch problem {
        case .otherName:
            choose(
                "сертификат \(address) выдан другому серверу: проверьте имя в \(urlPlace)",
                "the certificate of \(address) was issued for another server: check the name in \(urlPlace)")
        case .expired:
            choose(
                "срок сертификата \(address) истёк: проверьте дату на компьютере или сообщите администратору",
                "the certificate of \(address) has expired: check this machine's date, or tell the administrator")
        case .notYetValid:
            choose(
                "сертификат \(address) ещё не действует: проверьте дату на компьютере",
                "the certificate of \(address) is not valid yet: check this machine's date")
        case .notTrusted:
            choose(
                "сертификат \(address) выдан неизвестным центром: если вы ему доверяете, укажите --ca-file",
                "the certificate of \(address) is from an unknown authority: if you trust it, use --ca-file")
        case .unreadable:
            choose(
                "сертификат \(address) не удалось проверить: подробности в журнале",
                "the certificate of \(address) could not be checked: the log has the details")
        }
    }

    func localSocket(_ error: LocalSocketError) -> String {
        switch error {
        case .pathTooLong(let path, let limit):
            choose(
                "путь к сокету длиннее, чем позволяет система (\(limit) байт): \(shown(path: path))",
                "the socket's path is longer than the system allows (\(limit) bytes): \(shown(path: path))")
        case .strangersProcess(let path), .anothersSocket(let path):
            choose(
                "сокет \(shown(path: path)) слушает чужая программа, ей ничего не отправлено",
                "another user's program listens on \(shown(path: path)); nothing was sent to it")
        case .unsafeFolder(let folder, _):
            choose(
                "папка \(shown(path: folder)) доступна не только вам: сервер в ней может быть чужим",
                "others have access to the folder \(shown(path: folder)): a server in it may not be yours")
        case .system(_, let number): serverNotStarted("lstat", number)
        case .heldByAnother(let path), .notASocket(let path):
            choose("нет сокета \(shown(path: path))", "there is no socket \(shown(path: path))")
        }
    }

    func serverEnded(log: String) -> String {
        let log = shown(path: log)
        return choose("сервер не запускается, причина в \(log)", "the server does not start; \(log) says why")
    }

    /// Two sessions of one user find different sockets if only one of them has the variable.
    func storeInUse(_ path: String) -> String {
        let path = shown(path: path)
        return choose(
            "базу \(path) уже открыл другой ваш сервер: задайте XDG_RUNTIME_DIR, как у первого окна, или закройте то окно",
            "your other server has \(path) open: set XDG_RUNTIME_DIR as the first window has it, or close that window")
    }

    func serverNotStarted(_ call: String, _ number: Int32) -> String {
        let reason = "\(call): \(systemError(number))"
        return choose("сервер не запускается: \(reason)", "the server does not start: \(reason)")
    }
}
