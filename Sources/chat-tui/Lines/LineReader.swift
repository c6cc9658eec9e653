import ChatUI
import Dispatch
import Foundation
import HostSystem
import Synchronization
import Terminal

/// Reads standard input line by line on a thread of its own.
///
/// If standard input is not a terminal, it waits after each line until the next one is requested (`next`). So a long
/// file is not read into memory.
final class LineReader: Sendable {
    enum Input: Sendable {
        case line(String)
        case notUTF8
        /// The line was longer than a message can be, and was discarded.
        case tooLong(bytes: Int)
        case end
        /// Standard input cannot be read (`errno`).
        case failed(Int32)

        /// Whether the line cannot be a message.
        var isBadLine: Bool {
            switch self {
            case .notUTF8, .tooLong: true
            case .line, .end, .failed: false
            }
        }
    }

    private let isPaced: Bool
    private let asked = DispatchSemaphore(value: 0)
    private let deliver: @Sendable (Input) -> Void

    init(isPaced: Bool, deliver: @escaping @Sendable (Input) -> Void) {
        self.isPaced = isPaced
        self.deliver = deliver
    }

    func start() {
        let thread = Thread { [self] in read() }
        thread.start()
    }

    /// Ends reading: delivers only what arrives within 0.1 seconds, and then the end.
    func finish() {
        isFinishing.withLock { $0 = true }
        asked.signal()
    }

    private let isFinishing = Mutex(false)

    private func hasMore() -> Bool {
        guard isFinishing.withLock(\.self) else { return true }
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 100) > 0
    }

    /// Requests the next line, since the last one was handled.
    func next() { asked.signal() }

    /// Whether there is input that was not delivered yet.
    var hasUnread: Bool {
        if heldBytes.load(ordering: .relaxed) > 0 { return true }
        var count: Int32 = 0
        if ioctl(STDIN_FILENO, UInt(FIONREAD), &count) == 0 { return count > 0 }
        return false
    }

    /// The number of bytes that were read and not delivered yet.
    private let heldBytes = Atomic(0)

    private func read() {
        var line = PartialLine()
        var isFirst = true
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while hasMore() {
            let count: Int
            do throws(StandardInput.Failure) {
                count = try StandardInput.read(into: &buffer)
            } catch {
                // Reading a terminal that was closed fails with `EIO`; that is the end of input.
                if !isPaced, error.number == EIO { break }
                return deliver(.failed(error.number))
            }
            guard count > 0 else { break }
            var rest = buffer[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line.append(rest[..<end])
                rest = rest[(end + 1)...]
                heldBytes.store(rest.count, ordering: .relaxed)
                give(line, isFirst: isFirst)
                line = PartialLine()
                isFirst = false
            }
            line.append(rest)
            heldBytes.store(line.count, ordering: .relaxed)
        }
        heldBytes.store(0, ordering: .relaxed)
        if line.count > 0 { give(line, isFirst: isFirst) }
        deliver(.end)
    }

    private func give(_ line: PartialLine, isFirst: Bool) {
        deliver(input(line, isFirst: isFirst))
        if isPaced { asked.wait() }
    }

    private func input(_ line: PartialLine, isFirst: Bool) -> Input {
        guard let bytes = line.bytes else { return .tooLong(bytes: line.count) }
        guard var text = String(validating: bytes, as: UTF8.self) else { return .notUTF8 }
        if isFirst { text.removeByteOrderMark() }
        return .line(isPaced ? text : Self.typed(text))
    }

    /// Removes what the terminal sent by itself, and what keys without a character sent.
    private static func typed(_ line: String) -> String {
        guard line.utf8.contains(0x1B) else { return line }
        var parser = KeyParser()
        var text = ""
        for input in parser.feed(line.utf8) + parser.timeout() {
            switch input {
            case .key(Key(.tab)): text += "\t"
            case .key(let key):
                if case .character(let character) = key.code, key.modifiers.isEmpty { text.append(character) }
            case .paste(let pasted): text += pasted
            case .focus, .wheel, .click: break
            }
        }
        return text
    }
}

/// A line that may not be complete yet.
private struct PartialLine {
    /// Longer lines are not kept, to limit the memory.
    private static let maxBytes = 1 << 20

    private(set) var count = 0
    /// Nil if the line is too long.
    private(set) var bytes: [UInt8]? = []

    mutating func append(_ part: ArraySlice<UInt8>) {
        count += part.count
        if count > Self.maxBytes { bytes = nil } else { bytes?.append(contentsOf: part) }
    }
}
