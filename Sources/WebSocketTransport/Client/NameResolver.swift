import Dispatch
import NIOCore
import NIOPosix

/// Looks up the addresses of a name for one connection.
///
/// Where no name server answers, the system takes up to half a minute to say so. Each lookup has a thread of its own
/// meanwhile: one that hangs must not hold up the next attempt, for which the network may be back.
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

    /// Both are one question to the system, asked here: this comes first.
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

    /// The system's question cannot be taken back.
    func cancelQueries() {}
}
