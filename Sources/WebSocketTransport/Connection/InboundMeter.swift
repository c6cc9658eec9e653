/// What came in on a WebSocket since the upgrade, so that the application is told of every byte and every frame once: with
/// its message, or as one that came beside messages.
struct InboundTally {
    /// The headers of a few messages are not worth a call.
    private static let fewBytes = 64

    private var cameBytes = 0
    private var toldBytes = 0
    private var toldFrames = 0

    mutating func came(bytes: Int) { cameBytes += bytes }

    /// The application is told of a message, with as many bytes.
    mutating func willTell(bytes: Int) {
        toldBytes += bytes
        toldFrames += 1
    }

    /// What came beside messages and was not told yet; nil where there is nothing, or too little.
    ///
    /// - Parameters:
    ///   - heldBytes: What came and is not understood yet, or belongs to a message that is not whole.
    ///   - frames: How many frames ended so far, those of messages among them.
    mutating func takeOthers(heldBytes: Int, frames: Int) -> (frames: Int, bytes: Int)? {
        let (bytes, newFrames) = (cameBytes - heldBytes - toldBytes, frames - toldFrames)
        guard newFrames > 0 || bytes >= Self.fewBytes else { return nil }
        toldBytes += bytes
        toldFrames += newFrames
        return (newFrames, bytes)
    }
}
