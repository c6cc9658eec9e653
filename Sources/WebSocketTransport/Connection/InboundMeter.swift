/// Counts the bytes and frames that came in on a WebSocket since the upgrade. The application is told of each exactly
/// once: with its message, or as overhead.
struct InboundMeter {
    /// Less overhead than this, such as the headers of a few messages, is not worth a call.
    private static let fewBytes = 64

    private var cameBytes = 0
    private var toldBytes = 0
    private var toldFrames = 0

    mutating func came(bytes: Int) { cameBytes += bytes }

    /// Notes that the application is told of a message of this many bytes.
    mutating func willTell(bytes: Int) {
        toldBytes += bytes
        toldFrames += 1
    }

    /// The overhead that the application was not told of yet; nil if there is none, or too little.
    ///
    /// - Parameters:
    ///   - heldBytes: Bytes that are not parsed yet, or that belong to an incomplete message.
    ///   - frames: The number of frames that have ended, those of messages included.
    mutating func takeOthers(heldBytes: Int, frames: Int) -> (frames: Int, bytes: Int)? {
        let (bytes, newFrames) = (cameBytes - heldBytes - toldBytes, frames - toldFrames)
        guard newFrames > 0 || bytes >= Self.fewBytes else { return nil }
        toldBytes += bytes
        toldFrames += newFrames
        return (newFrames, bytes)
    }
}
