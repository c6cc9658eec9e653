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
        case .unreachable(let reason): "сервер недоступен (\(reason))"
        case .tokenExpired: "срок токена истёк"
        case .notAChatServer(let reason): "отвечает не чат-сервер (\(reason))"
        case .notEncrypted: "сервер отвечает без шифрования"
        case .onlyEncrypted: "сервер отвечает только с шифрованием"
        case .handshake(let reason): "шифрование не согласовано (\(reason))"
        case .unanswered: "сервер закрыл соединение без ответа"
        case .proxy(let reason): "прокси (\(reason))"
        case .timedOut: "сервер не ответил вовремя"
        case .refused(let status): "вместо соединения HTTP \(status)"
        case .certificate(let problem): problem.reason
        case .notStarted(.systemCall(let name, let number)): "сервер не запускается: \(name): errno \(number)"
        case .notStarted(.ended(let log)): "сервер не запускается, причина в \(log ?? "chat-server")"
        case .unusable(.tokenFile(let path)): "нет токена в файле \(path)"
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
        case .notTrusted: "сертификат сервера просрочен или не заверен (--ca-file)"
        case .unreadable(let reason): "сертификат сервера не удалось проверить (\(reason))"
        }
    }
}

extension TLSFileError {
    fileprivate var reason: String {
        switch self {
        case .inaccessible(let path, .missing): "нет файла --ca-file \(path)"
        case .inaccessible(let path, .notAFile): "--ca-file \(path): нужен файл, а не папка или устройство"
        case .inaccessible(let path, .notPermitted): "нет прав прочесть файл --ca-file \(path)"
        case .inaccessible(let path, .silent): "в канал --ca-file \(path) за 5 секунд никто не написал всё до конца"
        case .inaccessible(let path, .tooLong): "файл --ca-file \(path) слишком велик"
        case .inaccessible(let path, .system(let number)): "файл --ca-file \(path) не прочесть: errno \(number)"
        case .unreadable(let path), .mismatch(let path, _): "нет сертификатов в файле --ca-file \(path)"
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
