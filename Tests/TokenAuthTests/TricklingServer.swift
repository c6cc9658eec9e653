import Foundation

/// Promises a hundred thousand bytes, and sends one every 100 ms.
final class TricklingServer: Sendable {
    let url: String
    private let listener: Int32

    struct Failed: Error {}

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening, listen(listener, 8) == 0 else {
            close(listener)
            throw Failed()
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/jwks.json"
        self.listener = listener
        Thread.detachNewThread {
            while case let client = accept(listener, nil, nil), client >= 0 {
                Thread.detachNewThread { Self.trickle(to: client) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func trickle(to client: Int32) {
        defer { close(client) }
        func write(_ text: String) -> Bool {
            text.utf8.withContiguousStorageIfAvailable { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                .map { $0 >= 0 } ?? false
        }
        guard write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n") else {
            return
        }
        while write("{") { usleep(100_000) }
    }
}
