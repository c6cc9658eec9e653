import Foundation

/// Lines of the log on their way to a descriptor. A thread of its own writes them, so that no caller waits for a slow
/// reader.
///
/// The queue is bounded. A line that does not fit is dropped and counted, and a line with the count follows as soon as
/// there is room. Each line is one `write`, so it stays whole even if another process writes to the same file.
final class LogQueue: @unchecked Sendable {
    /// The log goes to standard error.
    static let standardError = LogQueue(descriptor: 2)
    /// The line with the address goes to standard output.
    static let standardOutput = LogQueue(descriptor: 1)

    /// How long one write may take before ``isStuck`` says so.
    private static let patience: Duration = .seconds(5)

    private let descriptor: CInt
    private let maxBytes: Int

    // The condition's lock guards all that follows.
    private let condition = NSCondition()
    private var lines: [String] = []
    private var bytes = 0
    private var writingSince: ContinuousClock.Instant?
    private var droppedSinceTold = 0
    private var isTelling = false
    private var droppedInAll = 0
    private var hasThread = false
    private var wordsForDropped: (Int) -> String = {
        "\($0) lines of the log were dropped, because nobody took them.\n"
    }

    /// - Parameter maxBytes: The most bytes that may wait.
    init(descriptor: CInt, maxBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.maxBytes = maxBytes
    }

    /// The number of lines dropped since the start.
    var dropped: Int { condition.withLock { droppedInAll } }

    /// Whether one line has been waiting for its reader for more than five seconds: a pipe that nobody drains, or a
    /// disk that hangs. `/readyz` reports such a server as not ready. The state ends as soon as a line is taken.
    var isStuck: Bool {
        condition.withLock { writingSince.map { .now - $0 > Self.patience } ?? false }
    }

    /// - Parameter words: Makes the line, with its line break, that reports the number of dropped lines.
    func tellDropped(_ words: @escaping @Sendable (Int) -> String) {
        condition.withLock { wordsForDropped = words }
    }

    /// Queues a line. It returns at once.
    /// - Parameter line: One line, with its line break.
    func write(_ line: String) {
        condition.withLock {
            let length = line.utf8.count
            guard bytes + length <= maxBytes else {
                droppedSinceTold += 1
                droppedInAll += 1
                return
            }
            lines.append(line)
            bytes += length
            startThread()
            condition.broadcast()
        }
    }

    /// Waits until everything is written, for at most `time` seconds.
    /// - Returns: Whether everything is.
    @discardableResult
    func flush(within time: TimeInterval) -> Bool {
        let end = Date(timeIntervalSinceNow: time)
        return condition.withLock {
            while bytes > 0 || droppedSinceTold > 0 || isTelling {
                if !condition.wait(until: end) { return false }
            }
            return true
        }
    }

    // MARK: - The thread

    private func startThread() {
        guard !hasThread else { return }
        hasThread = true
        let thread = Thread { [self] in
            while true { writeNext() }
        }
        thread.name = "log"
        thread.start()
    }

    private func writeNext() {
        let batch = condition.withLock { () -> [String] in
            while lines.isEmpty, droppedSinceTold == 0 { condition.wait() }
            defer { lines = [] }
            return lines
        }
        for line in batch {
            let isWritten = put(line)
            condition.withLock {
                bytes -= line.utf8.count
                if !isWritten { droppedInAll += 1 }
            }
        }
        let note = condition.withLock { () -> String? in
            defer { droppedSinceTold = 0 }
            isTelling = droppedSinceTold > 0
            return isTelling ? wordsForDropped(droppedSinceTold) : nil
        }
        if let note { _ = put(note) }
        condition.withLock {
            isTelling = false
            condition.broadcast()
        }
    }

    /// - Returns: False if the system takes no more, because the disk is full or the reader is gone. The server goes
    ///   on.
    private func put(_ line: String) -> Bool {
        condition.withLock { writingSince = .now }
        defer { condition.withLock { writingSince = nil } }
        return Self.writeAll(Array(line.utf8), to: descriptor)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN || errno == EWOULDBLOCK {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, -1)
            } else if count < 0, errno != EINTR {
                return false
            }
        }
        return true
    }
}
