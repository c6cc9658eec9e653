import Foundation

/// Runs a program that reads a text from its standard input and is expected to end soon. It blocks the thread, but not
/// for longer than the limit. The caller ignores SIGPIPE, since the program may end before it has read everything.
public struct TimedProcess: Sendable {
    private let words: [String]
    private let program: String
    private let wantsOutput: Bool
    private let maxOutputBytes: Int
    private let limit: Duration

    /// - Parameters:
    ///   - words: The program's name and its arguments. Every user of the machine can read them.
    ///   - program: The path of the program. `words[0]` is only its name.
    ///   - wantsOutput: Whether its output is wanted. A program that stays in the background must not get a pipe for it.
    ///   - maxOutputBytes: A program that writes more has failed.
    public init(
        words: [String], program: String, wantsOutput: Bool = false, maxOutputBytes: Int = 1 << 20,
        limit: Duration = .seconds(2)
    ) {
        (self.words, self.program, self.wantsOutput) = (words, program, wantsOutput)
        (self.maxOutputBytes, self.limit) = (maxOutputBytes, limit)
    }

    /// Returns the output. Nil if the program could not be started, failed, did not read everything, wrote too much, or
    /// took too long; then it is ended, and so is what it started. After a success, what it left in the background goes on.
    public func run(input text: [UInt8]) -> [UInt8]? {
        guard let feed = Pipe(), let answer = Pipe() else { return nil }
        defer {
            feed.close()
            answer.close()
        }
        let output = wantsOutput ? answer.writeEnd : nil
        guard let input = feed.readEnd,
            let process = try? ChildProcess.start(words, program: program, in: .piped(input: input, output: output))
        else { return nil }
        feed.closeReadEnd()
        answer.closeWriteEnd()
        feed.neverBlock()
        answer.neverBlock()
        return talk(with: process, feed, answer, text)
    }

    private func talk(with process: pid_t, _ feed: Pipe, _ answer: Pipe, _ input: [UInt8]) -> [UInt8]? {
        let end = ContinuousClock.now + limit
        var (rest, output) = (input[...], [UInt8]())
        if rest.isEmpty { feed.closeWriteEnd() }
        while true {
            var descriptors = [
                pollfd(fd: feed.writeEnd ?? -1, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: wantsOutput ? answer.readEnd ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&descriptors, 2, 10)
            if !rest.isEmpty, let written = feed.write(rest) {
                rest = rest.dropFirst(written)
                if rest.isEmpty { feed.closeWriteEnd() }
            }
            output += answer.read()
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process {
                while case let more = answer.read(), !more.isEmpty, output.count <= maxOutputBytes { output += more }
                if output.count > maxOutputBytes { return nil }
                return rest.isEmpty && ChildEnd(status: status) == .exited(code: 0) ? output : nil
            }
            guard ContinuousClock.now < end, output.count <= maxOutputBytes else {
                // Its session is its own, so the group has what it started, too.
                kill(-process, SIGKILL)
                _ = ChildProcess.waitForEnd(of: process)
                return nil
            }
        }
    }
}

/// A pipe whose ends are closed one by one.
private final class Pipe {
    private(set) var readEnd: Int32?
    private(set) var writeEnd: Int32?

    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func closeReadEnd() {
        if let end = readEnd { _ = Foundation.close(end) }
        readEnd = nil
    }

    func closeWriteEnd() {
        if let end = writeEnd { _ = Foundation.close(end) }
        writeEnd = nil
    }

    func close() {
        closeReadEnd()
        closeWriteEnd()
    }

    func neverBlock() {
        for end in [readEnd, writeEnd].compactMap(\.self) { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
    }

    /// The number of bytes that were taken. Nil if none were, for now or for ever.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let writeEnd else { return nil }
        let count = bytes.withUnsafeBytes { Foundation.write(writeEnd, $0.baseAddress, $0.count) }
        return count > 0 ? count : nil
    }

    /// What is there to read now. A program that writes without an end does not keep the reader from its deadline: one
    /// call reads no more than the pipe holds.
    func read() -> [UInt8] {
        guard let readEnd else { return [] }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Foundation.read(readEnd, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : []
    }
}
