import Foundation

/// A server's event, parsed only as far as a measurement needs. The text is searched and not decoded, because the load
/// must cost less than what it measures.
///
/// Only the load itself wrote the texts, so no text can look like a field.
struct ServerFrame {
    enum Kind {
        case authSuccess
        case messageSent
        case newMessage
        case resumeComplete
        case failure
        case other
    }

    let text: String

    var kind: Kind {
        guard let type = word(after: "\"type\":\"") else { return .other }
        switch type {
        case "message_sent": return .messageSent
        case "new_message": return .newMessage
        case "auth_success": return .authSuccess
        case "resume_complete": return .resumeComplete
        case "error", "resync_required": return .failure
        default: return .other
        }
    }

    /// The cursor in the receiver's feed.
    var cursor: Int? { number(after: "\"cursor\":") }

    /// The number of the message among its sender's, as ``MessageTemplate`` wrote it.
    var messageNumber: Int? { number(after: MessageTemplate.mark) }

    private func number(after key: StaticString) -> Int? {
        find(key) { rest in
            var rest = rest
            var number: Int?
            while case let digit = Int(rest.pointee) - 0x30, (0...9).contains(digit) {
                number = (number ?? 0) * 10 + digit
                rest += 1
            }
            return number
        }
    }

    private func word(after key: StaticString) -> String? {
        find(key) { String(decoding: UnsafeRawBufferPointer(start: $0, count: strcspn($0, "\"")), as: UTF8.self) }
    }

    /// Passes on what follows the key. The text ends with a zero byte.
    private func find<Value>(_ key: StaticString, _ body: (UnsafePointer<CChar>) -> Value?) -> Value? {
        text.withCString { start in
            key.withUTF8Buffer { key in
                key.withMemoryRebound(to: CChar.self) { key in
                    key.baseAddress.flatMap { strstr(start, $0) }.flatMap { body($0 + key.count) }
                }
            }
        }
    }
}
