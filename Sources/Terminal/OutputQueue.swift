/// The bytes for the terminal, in order. What it does not take yet, as after XOFF or on a connection that is stuck, waits
/// here, so that the program never waits for it.
final class OutputQueue {
    private let writer: NonblockingWriter
    private var waiting: ArraySlice<UInt8> = []

    init(_ descriptor: Int32) {
        writer = NonblockingWriter(descriptor)
    }

    /// For `poll`.
    var descriptor: Int32 { writer.descriptor }

    var isEmpty: Bool { waiting.isEmpty }

    func append(_ bytes: [UInt8]) {
        waiting += bytes
        flush()
    }

    /// Writes what the terminal takes now.
    func flush() {
        while !waiting.isEmpty {
            switch writer.write(waiting) {
            case .written(let count): waiting = waiting.dropFirst(count)
            case .full: return
            case .failed: waiting = []  // the terminal is gone, which reading will tell
            }
        }
        waiting = []
    }

    /// Before the terminal goes to somebody else. What it has not taken by then is dropped.
    func finish(within patience: Duration) {
        writer.write(Array(waiting), within: patience)
        waiting = []
    }
}
