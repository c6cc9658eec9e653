import ChatWire
import Synchronization

/// Encodes an event for several connections, once for all that are sent the same.
///
/// They are not all sent the same: clients of the first protocol get fewer fields, and each of the two users has
/// cursors of their own.
final class SharedEncoding: Sendable {
    private let encodings = Mutex<[(event: ServerEvent, bytes: [UInt8])]>([])

    /// Returns nil if fewer than two connections are sent the event.
    init?(among readers: Int) {
        if readers < 2 { return nil }
    }

    func bytes(of event: ServerEvent) -> [UInt8] {
        encodings.withLock { encodings in
            if let known = encodings.first(where: { $0.event == event }) { return known.bytes }
            let bytes = WireCodec.encodeUTF8(event)
            encodings.append((event, bytes))
            return bytes
        }
    }
}
