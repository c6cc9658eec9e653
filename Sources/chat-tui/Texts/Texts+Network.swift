import ChatClient
import ChatUI
import ChatWire
import Foundation
import WebSocketTransport

// What is said of the server and the way to it.

extension Texts {
    /// Why there is no connection, where there is something to tell beyond that.
    ///
    /// `hasToken`: the user gave one.
    func problem(_ end: LinkEnd, hasToken: Bool) -> String? {
        switch end {
        case .unreachable: choose("сервер недоступен", "the server is out of reach")  // the log says how
        case .notAChatServer:
            choose(
                "по этому адресу отвечает не чат-сервер, проверьте --url",
                "what answers at this address is no chat server, look at --url")
        case .notEncrypted:
            choose(
                "порт отвечает без шифрования: проверьте его, или ws вместо wss",
                "the port answers without encryption: look at it, or ws in place of wss")
        case .onlyEncrypted:
            choose("порт отвечает с шифрованием: wss вместо ws", "the port answers with encryption: wss in place of ws")
        case .handshake:
            choose(
                "сервер не согласен на шифрование TLS 1.2 или новее",
                "the server does not agree on encryption by TLS 1.2 or later")
        case .unanswered(isEncrypted: true):
            choose("сервер закрыл соединение без ответа", "the server closed the connection without an answer")
        case .unanswered(isEncrypted: false):
            choose(
                "сервер закрыл соединение без ответа: возможно, нужен wss",
                "the server closed the connection without an answer: it may take wss")
        case .proxy:
            choose(
                "прокси не соединяет с сервером",
                "the proxy does not connect to the server")
        case .timedOut: choose("сервер не отвечает", "the server does not answer")
        case .refused(status: 401), .closed(code: 4500):
            hasToken
                ? choose("сервер не принял токен", "the server did not take the token")
                : choose("серверу нужен токен: --token-file FILE", "the server asks for a token: --token-file FILE")
        case .tokenExpired:
            choose("срок токена истёк, нужен новый", "the token's time is over, it takes a new one")
        case .closed(code: 4503) where hasToken:
            choose("это токен другого пользователя, проверьте --user", "the token is another user's, look at --user")
        case .closed(code: 4504): choose("вы заблокированы на этом сервере", "you are banned on this server")
        case .refused(status: 403), .closed(code: 4503):
            choose("сервер не пускает", "the server refuses access")
        case .refused(let status): answer(status: status)
        case .closed(code: 1012): choose("сервер перезапускается", "the server restarts")
        case .closed(let code?) where code >= 4500:
            choose("сервер закрыл соединение (\(code))", "the server closed the connection (\(code))")
        case .closed, .lost: nil
        case .noPong: choose("сервер перестал отвечать", "the server stopped answering")
        case .certificate(let sentence), .notStarted(let sentence), .unusable(let sentence): sentence
        }
    }

    func answer(status: Int) -> String {
        choose("сервер ответил HTTP \(status)", "the server answered HTTP \(status)")
    }

    var unreadableAnswer: String { choose("ответ сервера не разобрать", "the server's answer makes no sense") }

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

    func authorities(_ error: TLSFileError) -> String {
        switch error {
        case .inaccessible(let path, let obstacle): inaccessible("--ca-file \(UntrustedText(path))", obstacle)
        case .unreadable(let path), .mismatch(let path, _):
            choose(
                "нет сертификатов в файле --ca-file \(UntrustedText(path))",
                "no certificates in the file --ca-file \(UntrustedText(path))")
        }
    }

    private func inaccessible(_ file: String, _ obstacle: FileObstacle) -> String {
        switch obstacle {
        case .missing: choose("нет файла \(file)", "there is no file \(file)")
        case .notAFile:
            choose("\(file): нужен файл, а не папка или устройство", "\(file): no file, but a folder or device")
        case .notPermitted: choose("нет прав прочесть файл \(file)", "no permission to read the file \(file)")
        case .silent:
            choose(
                "в канал \(file) за 5 секунд никто не написал всё до конца",
                "nobody wrote all of it to the pipe \(file) within 5 seconds")
        case .tooLong: choose("файл \(file) слишком велик", "the file \(file) is too large")
        case .system(let number):
            choose(
                "файл \(file) не прочесть: \(String(cString: strerror(number)))",
                "the file \(file) cannot be read: \(String(cString: strerror(number)))")
        }
    }

    func unreadableToken(_ path: String) -> String {
        choose("нет токена в файле \(UntrustedText(path))", "no token in the file \(UntrustedText(path))")
    }

    func localSocket(_ error: LocalSocketError) -> String {
        switch error {
        case .pathTooLong(let path, let limit):
            choose(
                "путь к сокету длиннее \(limit) байт, система такого не берёт: \(UntrustedText(path))",
                "the socket's path is over \(limit) bytes, more than the system takes: \(UntrustedText(path))")
        case .strangersProcess(let path), .anothersSocket(let path):
            choose(
                "сокет \(UntrustedText(path)) слушает чужая программа, ей ничего не сказано",
                "another user's program listens on \(UntrustedText(path)), it was told nothing")
        case .unsafeFolder(let folder, _):
            choose(
                "папка \(UntrustedText(folder)) не только ваша: сервер в ней может быть чужим",
                "the folder \(UntrustedText(folder)) is not yours alone: its server may be another's")
        case .system(_, let number): serverNotStarted("lstat", number)
        case .heldByAnother(let path), .notASocket(let path):
            choose("нет сокета \(UntrustedText(path))", "there is no socket \(UntrustedText(path))")
        }
    }

    func serverEnded(log: String) -> String {
        let log = UntrustedText(log)
        return choose("сервер не запускается, причина в \(log)", "the server does not start, \(log) says why")
    }

    func serverNotStarted(_ call: String, _ number: Int32) -> String {
        let reason = "\(call): \(systemError(number))"
        return choose("сервер не запускается: \(reason)", "the server does not start: \(reason)")
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
