import ChatWire
import Synchronization

/// An event that goes to several connections, which is encoded once for all who are told the same.
///
/// Not all are: the first protocol's clients get less, and each of the two users has places of their own.
final class SharedEncoding: Sendable {
    private let encodings = Mutex<[(event: ServerEvent, bytes: [UInt8])]>([])

    /// Nil where there are no others to share it with.
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
