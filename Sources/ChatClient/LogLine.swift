import ChatWire
import Logging

/// The lines of the client's log file. They hold ids and lengths, never what was written.
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
    /// So many rows of an answer over HTTP make no sense.
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
        case .storeFailed(let failure): "Chat: Локальная история не сохраняется: \(failure)"
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
        case .certificate(let sentence), .notStarted(let sentence), .unusable(let sentence): sentence
        case .closed(let code?): "сервером, код \(code)"
        case .closed(nil): "сервером, без кода"
        case .lost: "связь оборвалась"
        case .noPong: "сервер перестал отвечать"
        }
    }
}
