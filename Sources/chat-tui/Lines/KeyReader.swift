import ChatUI
import Foundation
import HostSystem
import Terminal

/// Reads the keys of a terminal on a thread of its own.
final class KeyReader: Sendable {
    enum News: Sendable {
        case keys([Input])
        case end
        /// The terminal cannot be read (`errno`).
        case failed(Int32)
    }

    private let deliver: @Sendable (News) -> Void

    /// How long the rest of a key's sequence may take, in milliseconds.
    private static let patience = CInt(50)

    init(deliver: @escaping @Sendable (News) -> Void) {
        self.deliver = deliver
    }

    func start() {
        let thread = Thread { [self] in read() }
        thread.start()
    }

    private func read() {
        var parser = KeyParser()
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            if parser.wait != nil {
                var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                if poll(&descriptor, 1, Self.patience) == 0 {
                    deliver(.keys(parser.timeout()))
                    continue
                }
            }
            do throws(StandardInput.Failure) {
                let count = try StandardInput.read(into: &buffer)
                guard count > 0 else { return deliver(.end) }
                let keys = parser.feed(buffer[..<count])
                if !keys.isEmpty { deliver(.keys(keys)) }
            } catch {
                // Reading a terminal that was closed fails with `EIO`; that is the end of input.
                return deliver(error.number == EIO ? .end : .failed(error.number))
            }
        }
    }
}
