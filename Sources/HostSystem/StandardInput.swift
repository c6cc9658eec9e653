import Foundation

/// Standard input, read as it comes.
public enum StandardInput {
    /// The system's error.
    public struct Failure: Error, Sendable, Hashable {
        public let number: Int32
    }

    /// Waits until there is something to read.
    ///
    /// Other programs share the descriptor, and some of them (ssh, expect, Node) leave it so that a read does not wait:
    /// that nothing is there yet is not the end.
    /// - Returns: how many bytes of `buffer` were read; 0 at the end.
    public static func read(
        into buffer: inout [UInt8], from descriptor: Int32 = STDIN_FILENO
    ) throws(Failure) -> Int {
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&entry, 1, -1)
            case let number: throw Failure(number: number)
            }
        }
    }
}
