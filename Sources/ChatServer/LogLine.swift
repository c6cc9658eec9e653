import ChatWire
import Logging

/// The lines that the server logs about a connection. They hold ids and lengths, never what was written.
public enum LogLine: Sendable, Hashable {
    case connected
    case authorized(UserID)
    case received(MessageDraft)
    case stored(Message)
    case delivered(to: UserID)
    case receiverOffline(UserID)
    case disconnected(UserID?)
    case refused(ErrorCode)
    /// The user's sockets are not read for a moment.
    case flooded(UserID?)
    /// The connection is ended by the server, with this code.
    case ended(ErrorCode, code: UInt16, reason: String)
    /// Tokens cannot be checked now.
    case authenticationUnavailable(String)
    case badEvent(String)
    case storageFailed(StoreError)
    /// The database did not answer a question, or did not take a mark.
    case databaseFailed(StoreError)

    var level: Logger.Level {
        switch self {
        case .storageFailed, .databaseFailed: .error
        case .authenticationUnavailable: .warning
        case .refused, .badEvent, .flooded: .debug
        default: .info
        }
    }

    var text: String {
        switch self {
        case .connected: "WebSocket: Новое соединение установлено"
        case .authorized(let user): "WebSocket: Пользователь авторизован: \(user)"
        case .received(let draft):
            "WebSocket: Получено сообщение: {senderId: \(draft.sender), receiverId: \(draft.receiver), "
                + "length: \(draft.text.wire.count)}"
        case .stored(let message):
            "WebSocket: Сообщение сохранено: {id: \(UntrustedText(message.id)), senderId: \(message.sender), "
                + "receiverId: \(message.receiver)}"
        case .delivered(let user): "WebSocket: Сообщение отправлено получателю: \(user)"
        case .receiverOffline(let user): "WebSocket: Получатель не онлайн: \(user)"
        case .disconnected(let user?): "WebSocket: Пользователь отключен: \(user)"
        case .disconnected(nil): "WebSocket: Соединение закрыто без авторизации"
        case .refused(let code): "WebSocket: Сообщение отклонено: \(code.rawValue)"
        case .flooded(let user?): "WebSocket: Слишком много данных: \(user)"
        case .flooded(nil): "WebSocket: Слишком много данных без авторизации"
        case .ended(let error, let code, let reason):
            "WebSocket: Соединение закрывается: \(error.rawValue), код \(code): \(UntrustedText(reason))"
        case .authenticationUnavailable(let reason):
            "WebSocket: Токен сейчас нельзя проверить: \(UntrustedText(reason))"
        case .badEvent(let reason): "WebSocket: Событие не разобрано: \(UntrustedText(reason))"
        case .storageFailed(let error): "WebSocket: Ошибка сохранения сообщения: \(error)"
        case .databaseFailed(let error): "WebSocket: База данных не отвечает: \(error)"
        }
    }
}

extension Logger {
    /// - Parameter connection: On which it happened, as the log numbers them.
    func log(_ line: LogLine, connection: Int? = nil) {
        log(level: line.level, "\(line.text)", metadata: connection.map { ["connection": "\($0)"] })
    }
}
