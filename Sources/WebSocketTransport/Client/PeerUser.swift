import CLibrary
import NIOCore

/// The user at the other end of a Unix socket, as the system reports it.
enum PeerUser {
    #if canImport(Darwin)
    private typealias Credentials = xucred
    private static let (level, option) = (SOL_LOCAL, LOCAL_PEERCRED)
    private static func user(_ credentials: Credentials) -> uid_t { credentials.cr_uid }
    #else
    /// `struct ucred` of <sys/socket.h>. The header declares it only with _GNU_SOURCE.
    private struct Credentials {
        var process: pid_t
        var user: uid_t
        var group: gid_t
    }
    private static let (level, option) = (SOL_SOCKET, SO_PEERCRED)
    private static func user(_ credentials: Credentials) -> uid_t { credentials.user }
    #endif

    /// Fails and closes the channel unless the process at the other end belongs to this process's user. It runs before
    /// anything is sent.
    static func check(_ channel: any Channel, path: String) -> EventLoopFuture<any Channel> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ConnectError.localSocket(.strangersProcess(path)))
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .init(rawValue: CInt(level)), name: .init(rawValue: CInt(option)))
        return credentials.flatMapThrowing { credentials in
            if user(credentials) == geteuid() { return channel }
            channel.close(promise: nil)
            throw ConnectError.localSocket(.strangersProcess(path))
        }
    }
}
