import ChatWire
import Logging
import WebSocketTransport

/// Restores the local socket if its file is gone, since programs that clean up remove old files.
///
/// Without the file the connected clients stay. But a new client would start another server, and the two sides of a
/// conversation would be on different servers.
struct LocalSocketWatch {
    let server: WebSocketServer
    let log: Logger
    /// Whether the server has no other address.
    let endsAlone: Bool

    private static let interval: Duration = .seconds(1)

    /// Runs until its task is cancelled, or until another server has the path.
    func run(_ socket: LocalSocket, end: (String) -> Void) async {
        var socket = socket
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            if Task.isCancelled || socket.isInPlace { continue }
            do {
                socket.release()  // one of its two files may still be there
                socket = try LocalSocket.claim(path: socket.path)
                try await server.listen(on: socket)
                log.notice("The local socket had been removed, and was created again.")
            } catch LocalSocketError.heldByAnother {
                if endsAlone { return end("another server at its local socket") }
                log.warning("Another server has the local socket now: chat-tui without --url finds that one.")
                return
            } catch {
                log.debug("The local socket had been removed, and cannot be created: \(UntrustedText("\(error)"))")
            }
        }
    }
}
