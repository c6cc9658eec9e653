import ChatUI
import Foundation
import HostSystem
import Terminal

/// Writes lines to standard output. The caller passes only text that is safe to show.
struct LineOutput {
    enum Failure: Error {
        /// The reader has closed its end, as `head` does.
        case closed
        /// The program was asked to end while the reader was not reading.
        case interrupted
        case system(Int32)
    }

    private let writer = NonblockingWriter(STDOUT_FILENO)
    private var buffer: [UInt8] = []
    /// The number of bytes to collect before they are written.
    private let capacity: Int

    init(capacity: Int = 0) { self.capacity = capacity }

    mutating func write(_ line: String) throws(Failure) { try write(raw: line + "\n") }

    /// Writes a text that has its line breaks and sequences, as `TypedLine` makes it.
    mutating func write(raw text: String) throws(Failure) {
        buffer += text.utf8
        if buffer.count > capacity { try flush() }
    }

    mutating func flush() throws(Failure) {
        var rest = buffer[...]
        buffer.removeAll(keepingCapacity: capacity > 0)
        while !rest.isEmpty {
            switch writer.write(rest) {
            case .written(let count): rest = rest.dropFirst(count)
            case .full: try waitForReader()
            case .failed(EPIPE): throw .closed
            case .failed(let number): throw .system(number)
            }
        }
    }

    private func waitForReader() throws(Failure) {
        var descriptors = [
            pollfd(fd: writer.descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        poll(&descriptors, 2, -1)
        if descriptors[0].revents == 0, descriptors[1].revents != 0 { throw .interrupted }
    }
}

extension LineOutput {
    /// Calls `body` on a thread of its own when the reader of standard output has gone, even if nothing is being
    /// written.
    static func whenReaderLeaves(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&descriptor, 1, -1) < 0 && errno == EINTR {}
            if descriptor.revents & Int16(POLLERR | POLLHUP) != 0 { body() }
        }
        thread.start()
    }
}

extension LineOutput {
    /// Throws if standard output cannot be written. Called before the command does anything.
    static func check(_ texts: Texts) throws(CommandFailure) {
        if let number = StandardDescriptors.outputProblem { throw Failure.system(number).commandFailure(texts) }
    }
}

extension LineOutput.Failure {
    /// A reader that has gone needs no more output, so that is a success.
    func commandFailure(_ texts: Texts) -> CommandFailure {
        switch self {
        case .closed, .interrupted: CommandFailure(code: CommandFailure.Code.success)
        case .system(let number):
            CommandFailure(sentence: texts.outputFailed(number), code: CommandFailure.Code.output)
        }
    }
}
