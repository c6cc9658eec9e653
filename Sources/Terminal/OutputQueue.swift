/// The bytes for the terminal, in order. The terminal may not accept them now, as after XOFF or on a stalled
/// connection. Then they wait here, so that the program never does.
final class OutputQueue {
    private let writer: NonblockingWriter
    private var waiting: ArraySlice<UInt8> = []

    init(_ descriptor: Int32) {
        writer = NonblockingWriter(descriptor)
    }

    /// The descriptor to poll.
    var descriptor: Int32 { writer.descriptor }

    var isEmpty: Bool { waiting.isEmpty }

    func append(_ bytes: [UInt8]) {
        waiting += bytes
        flush()
    }

    /// Writes as much as the terminal accepts now.
    func flush() {
        while !waiting.isEmpty {
            switch writer.write(waiting) {
            case .written(let count): waiting = waiting.dropFirst(count)
            case .full: return
            case .failed: waiting = []  // the terminal is gone, which the next read reports
            }
        }
        waiting = []
    }

    /// Call it before another program takes the terminal. Bytes that are not accepted in time are dropped.
    func finish(within patience: Duration) {
        writer.write(Array(waiting), within: patience)
        waiting = []
    }
}
