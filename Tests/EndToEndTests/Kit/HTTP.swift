import Foundation

/// Just enough of HTTP/1.1 to ask a server on this machine.
enum HTTP {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// The body of the answer, if its status is 200.
    static func get(_ path: String, port: Int) throws -> String {
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
        let answer = try exchange(request, port: port)
        guard let end = answer.range(of: "\r\n\r\n"), answer.hasPrefix("HTTP/1.1 200") else {
            throw Failed(description: "GET \(path): \(answer.prefix(500))")
        }
        return String(answer[end.upperBound...])
    }

    /// The whole answer to a request, which has to ask for the end of the connection.
    static func exchange(_ request: String, port: Int) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(description: "connect: \(String(cString: strerror(errno)))") }
        let bytes = Array(request.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Failed(description: "write") }
        return String(decoding: readToEnd(descriptor), as: UTF8.self)
    }

    private static func readToEnd(_ descriptor: Int32) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
