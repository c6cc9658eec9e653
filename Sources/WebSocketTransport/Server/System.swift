import CLibrary
import NIOCore
import NIOPosix
import NIOSSL

/// Raises the limit of open files, and so of connections, to the system's hard limit.
/// - Returns: The limit that is now in force.
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

/// Ends the channel at once. The peer gets a reset, which also discards what the kernel still holds for it. TLS is not
/// shut down.
func reset(_ channel: any Channel) {
    _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    // A close that starts at the TLS handler's own context does not pass through that handler.
    if let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLHandler.self) {
        tls.close(promise: nil)
    } else {
        channel.close(promise: nil)
    }
}

extension SocketAddress {
    /// All addresses of a name, each once, in the system's order. It blocks while the system's resolver works.
    static func resolveAll(_ host: String, port: Int) throws(LookupFailure) -> [SocketAddress] {
        if let address = try? SocketAddress(ipAddress: host, port: port) { return [address] }
        var hints = addrinfo()
        #if canImport(Darwin) || canImport(Musl)
        hints.ai_socktype = SOCK_STREAM
        #else
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, nil, &hints, &list)
        guard result == 0 else { throw result == EAI_AGAIN ? .noAnswer : .unknown }
        defer { freeaddrinfo(list) }

        var addresses: [SocketAddress] = []
        var entry = list
        while let current = entry {
            entry = current.pointee.ai_next
            guard var address = SocketAddress(current.pointee, host: host) else { continue }
            address.port = port
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    private init?(_ info: addrinfo, host: String) {
        guard let address = UnsafeRawPointer(info.ai_addr) else { return nil }
        switch info.ai_family {
        case AF_INET: self.init(address.loadUnaligned(as: sockaddr_in.self), host: host)
        case AF_INET6: self.init(address.loadUnaligned(as: sockaddr_in6.self), host: host)
        default: return nil
        }
    }
}

/// Why a name has no addresses.
enum LookupFailure: Error, Hashable {
    /// The name does not exist.
    case unknown
    /// No name server answered. A later look-up may succeed.
    case noAnswer
}

/// Describes an error of the transport in plain words: the system's text, without the names of functions.
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
    switch (error.dnsAError ?? error.dnsAAAAError) as? LookupFailure {
    case .noAnswer: return "no name server answered"
    case .unknown: return "there is no such host"
    case nil: return "no address answered"
    }
}

/// The system's text for an error: `Connection refused`.
private func systemWords(_ code: CInt) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
