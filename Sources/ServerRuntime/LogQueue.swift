import Foundation

/// Lines on their way to a descriptor, written by a thread of their own: who logs never waits for who reads.
///
/// What waits is bounded; a line that finds no place is dropped and counted, and the count is told in a line of its own
/// when there is place again. A line is one write, whole also where somebody else writes to the same file.
final class LogQueue: @unchecked Sendable {
    /// The log.
    static let standardError = LogQueue(descriptor: 2)
    /// Where the server says where it listens.
    static let standardOutput = LogQueue(descriptor: 1)

    /// How long one write may take before ``isStuck`` says so.
    private static let patience: Duration = .seconds(5)

    private let descriptor: CInt
    private let mostBytes: Int

    // All that follows belongs to the condition's lock.
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

    /// - Parameter mostBytes: How much may wait.
    init(descriptor: CInt, mostBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.mostBytes = mostBytes
    }

    /// How many lines were dropped since the start.
    var dropped: Int { condition.withLock { droppedInAll } }

    /// Whether a line has been waiting for the reader (a pipe that nobody drains, a disk that hangs) for more than five
    /// seconds. For `/readyz`: a server whose log is stuck is not well. It ends with the first line that is taken.
    var isStuck: Bool {
        condition.withLock { writingSince.map { .now - $0 > Self.patience } ?? false }
    }

    /// - Parameter words: The line, with its line break, that tells how many were dropped.
    func tellDropped(_ words: @escaping @Sendable (Int) -> String) {
        condition.withLock { wordsForDropped = words }
    }

    /// Returns at once.
    /// - Parameter line: With its line break.
    func write(_ line: String) {
        condition.withLock {
            let length = line.utf8.count
            guard bytes + length <= mostBytes else {
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

    /// Waits until all is written, at most for `time`.
    /// - Returns: Whether it is.
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

    /// - Returns: False where the system takes no more: a full disk, a reader that is gone. It must not end the server.
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
