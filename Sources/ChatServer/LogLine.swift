import ChatWire
import Logging

/// The lines that the server logs about connections and requests. They hold ids and lengths, but no message text.
///
/// Lines that the older server has too are as there, in Russian, because tools look for them. All others are in English.
/// No line mixes the two: English words in a Russian line are quoted.
public enum LogLine: Sendable, Hashable {
    case connected
    case authorized(UserID)
    case received(MessageDraft)
    case stored(StoredMessage)
    case delivered(to: UserID)
    case receiverOffline(UserID)
    case disconnected(UserID?)
    case refused(ErrorCode)
    /// The client is over a limit. Its socket is not read for a while.
    case flooded(UserID?)
    /// The server ends the connection with this close code.
    case ended(ErrorCode, code: Session.CloseCode, reason: String)
    /// Tokens cannot be checked now.
    case authenticationUnavailable(String)
    case badEvent(String)
    /// The transport ended the connection because of the client's behaviour.
    case cut(ConnectionEnd)
    /// An HTTP request was refused.
    case httpRefused(Int, method: String, path: String)
    case storageFailed(StoreError)
    /// A message may be stored or not. Its sender's connection is ended.
    case storageUnknown(StoreError)
    /// A read of the database failed, or a write other than a message.
    case databaseFailed(StoreError)

    var level: Logger.Level {
        switch self {
        case .storageFailed, .storageUnknown, .databaseFailed: .error
        case .authenticationUnavailable: .warning
        case .refused, .badEvent, .flooded, .cut, .httpRefused: .debug
        case .connected, .authorized, .received, .stored, .delivered, .receiverOffline, .disconnected, .ended: .info
        }
    }

    var text: String {
        switch self {
        case .connected: "WebSocket: Новое соединение установлено"
        case .authorized(let user): "WebSocket: Пользователь авторизован: \(user)"
        case .received(let draft):
            "WebSocket: Получено сообщение: {senderId: \(draft.sender), receiverId: \(draft.receiver), "
                + "length: \(draft.text.wire.count)}"
        case .stored(let stored):
            "WebSocket: Сообщение сохранено: {id: \(stored.message.id), "
                + "senderId: \(stored.message.sender), receiverId: \(stored.message.receiver)}"
        case .delivered(let user): "WebSocket: Сообщение отправлено получателю: \(user)"
        case .receiverOffline(let user): "WebSocket: Получатель не онлайн: \(user)"
        case .disconnected(let user?): "WebSocket: Пользователь отключен: \(user)"
        case .disconnected(nil): "WebSocket: Соединение закрыто без авторизации"
        case .refused(let code): "WebSocket: refused a message: \(code.rawValue)"
        case .flooded(let user?): "WebSocket: too much data from \(user)"
        case .flooded(nil): "WebSocket: too much data before auth"
        case .ended(let error, let code, let reason):
            "WebSocket: closing with \(code.rawValue), \(error.rawValue): \(UntrustedText(reason))"
        case .authenticationUnavailable(let reason):
            "WebSocket: cannot check tokens now: \(UntrustedText(reason))"
        case .cut(let end): "WebSocket: ended: \(end.rawValue)"
        case .httpRefused(let status, let method, let path):
            "HTTP: refused with \(status): \(UntrustedText(String(method.prefix(16)))) "
                + "\(UntrustedText(String(path.prefix(64))))"
        case .badEvent(let reason): "WebSocket: refused an event: \(UntrustedText(reason))"
        case .storageFailed(let error): "WebSocket: Ошибка сохранения сообщения: «\(error)»"
        case .storageUnknown(let error): "WebSocket: a message may be stored or not: \(error)"
        case .databaseFailed(let error): "WebSocket: the database failed: \(error)"
        }
    }
}

extension LogLine {
    /// Whether every message causes this line. Messages are counted in batches instead.
    var isPerMessage: Bool {
        switch self {
        case .received, .stored, .delivered, .receiverOffline: true
        case .connected, .authorized, .disconnected, .refused, .flooded, .ended, .authenticationUnavailable, .badEvent,
            .cut, .httpRefused, .storageFailed, .storageUnknown, .databaseFailed:
            false
        }
    }

    /// Whether something was refused. If so, the log names the user and the address.
    var isRefusal: Bool {
        switch self {
        case .refused, .flooded, .ended, .badEvent, .cut, .httpRefused: true
        case .connected, .authorized, .received, .stored, .delivered, .receiverOffline, .disconnected,
            .authenticationUnavailable, .storageFailed, .storageUnknown, .databaseFailed:
            false
        }
    }
}

extension Logger {
    /// - Parameters:
    /// - connection: The number of the connection in the log.
    /// - address: The client's address. It is logged only with a refusal.
    /// - user: The user, or the user id that the client claims. It is logged only with a refusal.
    func log(_ line: LogLine, connection: Int? = nil, address: String? = nil, user: UserID? = nil) {
        guard line.level >= logLevel else { return }
        var metadata: Logger.Metadata = [:]
        if let connection { metadata["connection"] = "\(connection)" }
        if line.isRefusal {
            if let address { metadata["address"] = "\(address)" }
            if let user { metadata["user"] = "\(user)" }
        }
        log(level: line.level, "\(line.text)", metadata: metadata.isEmpty ? nil : metadata)
    }
}
