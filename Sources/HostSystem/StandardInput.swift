import Foundation

/// Reads standard input.
public enum StandardInput {
    /// A failed read, with its `errno`.
    public struct Failure: Error, Sendable, Hashable {
        public let number: Int32
    }

    /// Reads some bytes, and waits until there are any.
    ///
    /// Other programs share the descriptor, and some of them (ssh, expect, Node) make it non-blocking. So EAGAIN is not
    /// the end.
    /// - Returns: the number of bytes in `buffer`; 0 at the end of the input.
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
