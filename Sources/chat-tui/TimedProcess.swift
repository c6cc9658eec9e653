import CLibrary
import Foundation
import Terminal

/// Runs a program that reads a text from its standard input and is expected to end soon. It blocks the thread, but not
/// for longer than the limit.
struct TimedProcess {
    let words: [String]
    /// The path of the program. `words[0]` is only its name.
    let program: String
    /// Whether its output is wanted. A program that stays in the background must not get a pipe for it.
    var wantsOutput = false
    var limit: Duration = .seconds(2)

    /// Returns the output. Nil if the program could not be started, failed, did not read everything, or took too long;
    /// then it is ended, and so is what it started. After a success, what it left in the background goes on.
    func run(input text: [UInt8]) -> [UInt8]? {
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
                output += answer.read()
                return rest.isEmpty && ChildEnd(status: status) == .exited(code: 0) ? output : nil
            }
            guard ContinuousClock.now < end else {
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

    /// What is there to read now.
    func read() -> [UInt8] {
        guard let readEnd else { return [] }
        var (all, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while true {
            let count = Foundation.read(readEnd, &buffer, buffer.count)
            guard count > 0 else { return all }
            all += buffer[..<count]
        }
    }
}
