import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Raises the number of files, and so of connections, that this process may have open to what the system allows it.
/// - Returns: The number that it may have now.
@discardableResult
public func raiseOpenFileLimit() -> Int {
    var limit = rlimit()
    #if canImport(Darwin) || canImport(Musl)
        let resource = RLIMIT_NOFILE
    #else
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
    guard getrlimit(resource, &limit) == 0 else { return 0 }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(resource, &limit)
    _ = getrlimit(resource, &limit)
    return Int(clamping: limit.rlim_cur)
}

/// Makes closing the channel a reset, which throws away what the kernel still holds for a peer that does not read.
func resetWhenClosed(_ channel: any Channel) {
    _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
}

/// The IP addresses of a name, each once, in the system's order.
func resolve(_ host: String) throws -> [String] {
    var hints = addrinfo()
    #if canImport(Darwin) || canImport(Musl)
        hints.ai_socktype = SOCK_STREAM
    #else
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { throw ListenError.unknownHost(host) }
    defer { freeaddrinfo(list) }

    var addresses: [String] = []
    var entry = list
    while let current = entry {
        entry = current.pointee.ai_next
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let (address, length) = (current.pointee.ai_addr, current.pointee.ai_addrlen)
        let result = getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        if result == 0, !addresses.contains(name) { addresses.append(name) }
    }
    return addresses
}

/// An error of the transport for people: what the system says, without the names of functions.
func plainWords(_ error: any Error) -> String {
    switch error {
    case let error as IOError: systemWords(error.errnoCode)
    case let error as NIOConnectionError: plainWords(error)
    case ChannelError.connectTimeout: "it did not answer in time"
    case ChannelError.eof, ChannelError.alreadyClosed, ChannelError.ioOnClosedChannel: "the connection was closed"
    default: "\(error)"
    }
}

private func plainWords(_ error: NIOConnectionError) -> String {
    if let failure = error.connectionErrors.first { return plainWords(failure.error) }
    return error.dnsAError == nil && error.dnsAAAAError == nil ? "no address answered" : "there is no such host"
}

/// The system's name for an error: `Connection refused`.
private func systemWords(_ code: CInt) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
