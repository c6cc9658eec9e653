import ChatWire
import Logging
import WebSocketTransport

/// Keeps the local socket where clients look for it, although cleaners remove old files.
///
/// Clients that are connected stay so without it, but new ones would start another server, and the two halves of a
/// conversation would not hear of each other.
struct LocalSocketWatch {
    let server: WebSocketServer
    let log: Logger
    /// Whether the server has no other address.
    let endsAlone: Bool

    private static let interval: Duration = .seconds(1)

    /// Until its task is cancelled, or somebody else has the path.
    func run(_ socket: LocalSocket, end: (String) -> Void) async {
        var socket = socket
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            if Task.isCancelled || socket.isInPlace { continue }
            do {
                socket.release()  // whichever of its files is still there
                socket = try LocalSocket.claim(path: socket.path)
                try await server.listen(on: socket)
                log.notice("The local socket was removed, and is there again.")
            } catch LocalSocketError.heldByAnother {
                if endsAlone { return end("another server at its local socket") }
                log.warning("Another server has the local socket now: chat-tui without --url finds that one.")
                return
            } catch {
                log.debug("The local socket was removed, and cannot be made: \(UntrustedText("\(error)"))")
            }
        }
    }
}
