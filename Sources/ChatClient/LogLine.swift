import ChatWire
import Logging

/// The lines of the client's log file. They hold ids and lengths, never what was written.
public enum LogLine: Sendable, Hashable {
    case connecting
    case connected
    case authorized
    case received(Message)
    case sent(String)
    case disconnected(LinkEnd)
    case refusedByServer(ErrorCode?)
    case badEvent(String)

    public var level: Logger.Level {
        switch self {
        case .refusedByServer, .badEvent: .warning
        default: .info
        }
    }

    public var text: String {
        switch self {
        case .connecting: "Chat: Подключаемся к WebSocket серверу"
        case .connected: "Chat: WebSocket соединение установлено"
        case .authorized: "Chat: Авторизация в WebSocket успешна"
        case .received(let message):
            "Chat: Получено новое сообщение: {id: \(UntrustedText(message.id)), senderId: \(message.sender), "
                + "length: \(message.text.wire.count)}"
        case .sent(let id): "Chat: Сообщение успешно отправлено: \(UntrustedText(id))"
        case .disconnected(let end): "Chat: WebSocket соединение закрыто: \(UntrustedText("\(end)"))"
        case .refusedByServer(let code): "Chat: Сервер ответил ошибкой: \(code?.rawValue ?? "без кода")"
        case .badEvent(let reason): "Chat: Событие не разобрано: \(UntrustedText(reason))"
        }
    }
}
