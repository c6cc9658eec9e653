import Foundation

/// A TCP socket on 127.0.0.1. It is closed with this object.
final class LoopbackSocket: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String

        init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
    }

    let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Listens on a free port.
    static func listening() throws -> LoopbackSocket {
        let socket = try make()
        try socket.withAddress(port: 0) { bind(socket.descriptor, $0, $1) == 0 ? nil : "bind" }
        guard listen(socket.descriptor, 64) == 0 else { throw Failed("listen") }
        return socket
    }

    /// - Parameter receiveBuffer: The size of the system's receive buffer; nil for the system's choice.
    static func connected(to port: Int, receiveBuffer: Int32? = nil) throws -> LoopbackSocket {
        let socket = try make()
        if var receiveBuffer {
            setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        try socket.withAddress(port: port) { connect(socket.descriptor, $0, $1) == 0 ? nil : "connect" }
        return socket
    }

    /// A port that nobody listens on.
    static func freePort() throws -> Int { try listening().port() }

    private static func make() throws -> LoopbackSocket {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed("socket") }
        return LoopbackSocket(descriptor)
    }

    /// - Parameter call: Returns the name of what failed.
    private func withAddress(port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> String?) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let failure = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if let failure { throw Failed(failure) }
    }

    func port() throws -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw Failed("getsockname") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Waits for the next client; nil after `stop()`.
    func accept() -> LoopbackSocket? {
        let client = Foundation.accept(descriptor, nil, nil)
        return client < 0 ? nil : LoopbackSocket(client)
    }

    /// Ends the connection or the listening, also for a thread that is waiting.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Nil at the end, or if nothing arrived in time.
    func read(within milliseconds: Int32 = 10_000) -> [UInt8]? {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// - Returns: False if the other end is gone.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest.removeFirst(count)
        }
        return true
    }
}
