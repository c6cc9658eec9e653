import ChatWire
import Logging
import SystemErrors

/// The lines of the client's log file. They contain ids and lengths, but no texts of messages.
///
/// They are in Russian in every language of the interface, so that one `grep` finds a line in every user's log. Texts
/// of the system, of a library or of the server are quoted unchanged.
public enum LogLine: Sendable, Hashable {
    case connecting
    case connected
    case authorized
    case received(Message)
    case sent(MessageID)
    case disconnected(LinkEnd)
    case woke(after: Duration)
    case refusedByServer(ErrorCode?)
    case badEvent(String)
    /// The number of rows of an HTTP answer that could not be read.
    case badRows(Int)
    case missedMessages
    case resyncing
    case storeFailed(StoreFailure)

    public var level: Logger.Level {
        switch self {
        case .refusedByServer, .badEvent, .badRows, .missedMessages, .resyncing: .warning
        case .storeFailed: .error
        case .connecting, .connected, .authorized, .received, .sent, .disconnected, .woke: .info
        }
    }

    public var text: String {
        switch self {
        case .connecting: "Chat: Подключаемся к WebSocket серверу"
        case .connected: "Chat: WebSocket соединение установлено"
        case .authorized: "Chat: Авторизация в WebSocket успешна"
        case .received(let message):
            "Chat: Получено новое сообщение: {id: \(message.id), senderId: \(message.sender), "
                + "length: \(message.text.wire.count)}"
        case .sent(let id): "Chat: Сообщение успешно отправлено: \(id)"
        case .disconnected(let end): "Chat: WebSocket соединение закрыто: \(UntrustedText(end.reason))"
        case .woke(let sleep): "Chat: Компьютер проспал \(sleep.components.seconds) с, проверяем соединение"
        case .refusedByServer(let code):
            "Chat: Сервер ответил ошибкой: \(UntrustedText(code?.rawValue ?? "без кода"))"
        case .missedMessages: "Chat: Пропущены сообщения, догружаем"
        case .resyncing: "Chat: На сервере другие данные, загружаем переписку заново"
        case .storeFailed(let failure): "Chat: Локальная история не сохраняется: \(failure.reason)"
        case .badRows(let count): "Chat: Не разобрано строк в ответе сервера: \(count)"
        case .badEvent(let reason): "Chat: Событие не разобрано: \(UntrustedText(reason))"
        }
    }
}

extension LinkEnd {
    fileprivate var reason: String {
        switch self {
        case .unreachable(let failure): "сервер недоступен (\(failure.reason))"
        case .token(let problem): problem.reason
        case .notAChatServer(let reason): "отвечает не чат-сервер (\(reason))"
        case .notEncrypted: "сервер отвечает без шифрования"
        case .onlyEncrypted: "сервер отвечает только с шифрованием"
        case .handshake(let reason): "шифрование не согласовано (\(reason))"
        case .unanswered: "сервер закрыл соединение без ответа"
        case .proxy(let problem): "прокси \(problem.address) из \(problem.variable): \(problem.reason.words)"
        case .timedOut: "сервер не ответил вовремя"
        case .refused(let status): "вместо соединения HTTP \(status)"
        case .certificate(let problem): problem.reason
        case .notStarted(.systemCall(let name, let number)): "сервер не запускается: \(name): errno \(number)"
        case .notStarted(.ended(let log)): "сервер не запускается, причина в \(log ?? "chat-server")"
        case .notStarted(.storeInUse(let path)): "сервер не запускается: базой \(path) занят другой сервер"
        case .unusable(.tokenFile(let path, let problem)): problem.reason(path)
        case .unusable(.tokenCommand(let program, .failed)): "команда token-command (\(program)) завершилась с ошибкой"
        case .unusable(.tokenCommand(let program, .empty)): "команда token-command (\(program)) ничего не напечатала"
        case .unusable(.tokenCommand(let program, .notAToken)): "команда token-command (\(program)) напечатала не токен"
        case .session(.ended): "вход больше не действует"
        case .session(.otherUser(let user)): "в этом профиле вошёл другой пользователь, \(user.wire)"
        case .session(.unavailable(let host)): "сервис входа \(host) недоступен"
        case .session(.refused(let host)): "сервис входа \(host) не продлил вход"
        case .session(.keyRejected(let host)): "сервис входа \(host) не принял ключ проекта"
        case .session(.busy): "данные входа занял другой процесс chat-tui"
        case .session(.keyringSilent): "связка ключей не отвечает"
        case .session(.file(let problem)): "файл входа \(problem.path) нельзя использовать: \(problem)"
        case .unusable(.authorities(let error)): error.reason
        case .unusable(.localSocket(let error)): error.reason
        case .unusable(.homeless): "HOME не указывает на папку"
        case .closed(let code?): "сервером, код \(code)"
        case .closed(nil): "сервером, без кода"
        case .lost: "связь оборвалась"
        case .noPong: "сервер перестал отвечать"
        }
    }
}

extension CertificateProblem {
    fileprivate var reason: String {
        switch self {
        case .otherName: "сертификат выдан не этому серверу"
        case .expired: "срок сертификата сервера истёк"
        case .notYetValid: "сертификат сервера ещё не действует"
        case .notTrusted: "сертификат сервера выдан неизвестным центром (--ca-file)"
        case .unreadable(let reason): "сертификат сервера не удалось проверить (\(reason))"
        }
    }
}

extension TLSFileError {
    fileprivate var reason: String {
        switch self {
        case .inaccessible(let path, let obstacle): obstacle.reason("--ca-file \(path)")
        case .empty(let path): "файл --ca-file \(path) пуст"
        case .unreadable(let path), .mismatch(let path, _): "нет сертификатов в файле --ca-file \(path)"
        }
    }
}

extension FileObstacle {
    fileprivate func reason(_ file: String) -> String {
        switch self {
        case .missing: "нет файла \(file)"
        case .folder: "\(file): нужен файл, а не папка"
        case .notAFile: "\(file): нужен файл, а не устройство"
        case .notPermitted: "нет прав на чтение файла \(file)"
        case .silent: "канал \(file) за 5 секунд не передал всё до конца"
        case .tooLong: "файл \(file) слишком велик"
        case .system(let number): "файл \(file) не удалось прочитать: errno \(number)"
        }
    }
}

extension TokenFileProblem {
    fileprivate func reason(_ path: String) -> String {
        switch self {
        case .inaccessible(let obstacle): obstacle.reason("--token-file \(path)")
        case .empty: "файл --token-file \(path) пуст"
        case .notAToken: "в файле --token-file \(path) не токен"
        }
    }
}

extension LinkEnd.TokenProblem {
    fileprivate var reason: String {
        switch self {
        case .garbage: "токен не принят: это не JWT"
        case .expired: "токен не принят: его срок истёк"
        case .otherUser(let user): "токен не принят: он пользователя \(user)"
        case .forged: "токен не принят: его выдал не этот сервер"
        }
    }
}

extension NetworkFailure {
    fileprivate var reason: String {
        switch self {
        case .refused: "порт закрыт"
        case .unknownHost: "такого имени нет"
        case .noNameServer: "DNS не отвечает"
        case .noRoute: "нет маршрута"
        case .notPermitted: "система запрещает соединение"
        case .noSocket: "нет такого сокета"
        case .silent: "ответа нет"
        case .system(let number): "errno \(number)"
        case .other(let reason): reason
        }
    }
}

extension ProxyProblem.Reason {
    fileprivate var words: String {
        switch self {
        case .badAddress: "нужен адрес вида http://HOST:PORT"
        case .unreachable(let failure): "недоступен (\(failure.reason))"
        case .needsLogin: "требует входа"
        case .loginRejected: "не принял имя или пароль"
        case .refused(let status): "ответил HTTP \(status)"
        case .closed: "закрыл соединение"
        case .timedOut: "не отвечает"
        case .notAProxy: "отвечает не по HTTP"
        case .serverHasNoName: "для wss нужно имя сервера, а не IP-адрес"
        }
    }
}

extension LocalSocketError {
    fileprivate var reason: String {
        switch self {
        case .pathTooLong(let path, let limit): "путь к сокету длиннее \(limit) байт, система такого не берёт: \(path)"
        case .strangersProcess(let path), .anothersSocket(let path):
            "сокет \(path) слушает чужая программа, ей ничего не сказано"
        case .unsafeFolder(let folder, _): "папка \(folder) не только ваша: сервер в ней может быть чужим"
        case .system(let name, let number): "локальный сокет: \(name): errno \(number)"
        case .heldByAnother(let path), .notASocket(let path): "нет сокета \(path)"
        }
    }
}

extension StoreFailure {
    fileprivate var reason: String {
        switch self {
        case .diskFull: "нет места на диске"
        case .damaged: "файл повреждён"
        case .gone: "её файлы удалены или заменены"
        case .system(let number): "errno \(number)"
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }
}
