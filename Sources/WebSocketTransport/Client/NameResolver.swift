import Dispatch
import NIOCore
import NIOPosix

/// Resolves a name for one connection.
///
/// If no name server answers, the system takes up to half a minute to say so. So each look-up has a thread of its own:
/// a look-up that hangs must not delay the next attempt, for which the network may be back.
final class NameResolver: Resolver, Sendable {
    typealias Lookup = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

    private static let queue = DispatchQueue(label: "name lookups", attributes: .concurrent)

    private let lookup: Lookup
    private let version4: EventLoopPromise<[SocketAddress]>
    private let version6: EventLoopPromise<[SocketAddress]>

    init(eventLoop: any EventLoop, lookup: @escaping Lookup) {
        self.lookup = lookup
        version4 = eventLoop.makePromise()
        version6 = eventLoop.makePromise()
    }

    /// The system resolves both address families in one call, which is made here. NIO calls this function first.
    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        Self.queue.async { [lookup, version4, version6] in
            do {
                let addresses = try lookup(host, port)
                version6.succeed(addresses.filter { $0.protocol == .inet6 })
                version4.succeed(addresses.filter { $0.protocol == .inet })
            } catch {
                version6.fail(error)
                version4.fail(error)
            }
        }
        return version6.futureResult
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { version4.futureResult }

    /// Does nothing: the system's call cannot be cancelled.
    func cancelQueries() {}
}
