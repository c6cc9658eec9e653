import Foundation

/// A WebSocket client that does nothing by itself: it reads only when told to, and answers no ping.
final class RawClient {
    private let socket: LoopbackSocket
    private var unread: [UInt8] = []

    enum Frame: Equatable {
        case text(String)
        case close(code: Int?)
        case other(opcode: UInt8)
    }

    /// Another frame came than the expected one, or none.
    struct Unexpected: Error {
        var frame: Frame?
    }

    /// Connects and, unless `user` is nil, authenticates. Returns when the server has answered.
    /// - Parameter headers: More headers of the upgrade request.
    init(port: Int, user: String?, headers: [String] = [], receiveBuffer: Int32? = nil) throws {
        socket = try LoopbackSocket.connected(to: port, receiveBuffer: receiveBuffer)
        let request = """
            GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(headers.map { $0 + "\r\n" }.joined())\r\n
            """
        socket.write(Array(request.utf8))
        let end = Array("\r\n\r\n".utf8)
        while true {
            guard let more = socket.read() else { throw LoopbackSocket.Failed("upgrade") }
            unread += more
            guard let start = unread.indices.first(where: { unread[$0...].starts(with: end) }) else { continue }
            unread.removeFirst(start + end.count)
            break
        }
        guard let user else { return }
        send(#"{"type":"auth","userId":"\#(user)"}"#)
        guard try nextText().contains("auth_success") else { throw Unexpected(frame: nil) }
    }

    func send(_ text: String, from sender: String, to receiver: String) {
        send(#"{"type":"message","senderId":"\#(sender)","receiverId":"\#(receiver)","messageText":"\#(text)"}"#)
    }

    /// Sends one message.
    /// - Returns: False if the connection is gone.
    @discardableResult
    func send(_ text: String) -> Bool {
        socket.write(Self.frame(0x81, Array(text.utf8)))
    }

    /// A masked frame of any length (RFC 6455, section 5.2). The key is zero, which changes nothing.
    static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        let length: [UInt8] =
            switch count {
            case 0..<126: [0x80 | UInt8(count)]
            case 126..<0x1_0000: [0x80 | 126, UInt8(count >> 8), UInt8(count & 0xFF)]
            default: [0x80 | 127] + stride(from: 56, through: 0, by: -8).map { UInt8(count >> $0 & 0xFF) }
            }
        return [first] + length + [0, 0, 0, 0] + payload
    }

    /// The next frame; nil at the end of the connection, or if none came in time.
    func next(within milliseconds: Int32 = 10_000) -> Frame? {
        while true {
            if let frame = takeFrame() { return frame }
            guard let more = socket.read(within: milliseconds) else { return nil }
            unread += more
        }
    }

    /// The next event. Pings are skipped.
    func nextText() throws -> String {
        var frame = next()
        while frame == .other(opcode: 9) { frame = next() }
        guard case .text(let text) = frame else { throw Unexpected(frame: frame) }
        return text
    }

    /// The server's frames are whole messages and not masked.
    private func takeFrame() -> Frame? {
        guard unread.count >= 2 else { return nil }
        var (start, length) = (2, Int(unread[1]))
        if length == 126 {
            guard unread.count >= 4 else { return nil }
            (start, length) = (4, Int(unread[2]) << 8 | Int(unread[3]))
        }
        guard unread.count >= start + length else { return nil }
        let opcode = unread[0] & 0x0F
        let payload = Array(unread[start..<(start + length)])
        unread.removeFirst(start + length)
        switch opcode {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 8: return .close(code: payload.count < 2 ? nil : Int(payload[0]) << 8 | Int(payload[1]))
        default: return .other(opcode: opcode)
        }
    }
}
