import CLibrary

extension TerminalOptions {
    /// The options after asking the terminal, if it is called `dumb`. Often such a terminal can do more, and a program
    /// that wants no colours named it so. If it reports its cursor's position, it is treated as a VT100, which has no
    /// colours.
    func probed(input: Int32, output: Int32) -> TerminalOptions {
        guard name == "dumb", CursorProbe.isAnswered(input: input, output: output) else { return self }
        var options = self
        options.name = "vt100"
        return options
    }
}

/// Asks a terminal for the position of its cursor (ECMA-48, DSR 6).
enum CursorProbe {
    private static let patience: Duration = .milliseconds(300)

    static func isAnswered(input: Int32, output: Int32) -> Bool {
        var saved = termios()
        guard tcgetattr(input, &saved) == 0 else { return false }
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(input, TCSANOW, &raw)
        defer { tcsetattr(input, TCSANOW, &saved) }
        write("\u{1B}[6n", to: output)
        if hasReport(input) { return true }
        write("\r    \r", to: output)  // erases what the terminal printed of the query
        return false
    }

    private static func hasReport(_ input: Int32) -> Bool {
        let deadline = ContinuousClock.now + patience
        var bytes: [UInt8] = []
        while ContinuousClock.now < deadline, bytes.count < 256 {
            var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            let wait = (deadline - ContinuousClock.now).components.attoseconds / 1_000_000_000_000_000
            guard poll(&descriptor, 1, Int32(max(1, wait))) > 0 else { continue }
            var byte: UInt8 = 0
            guard read(input, &byte, 1) == 1 else { return false }
            bytes.append(byte)
            if byte == UInt8(ascii: "R"), isReport(bytes) { return true }
        }
        return false
    }

    /// Whether the bytes end with `ESC [ row ; column R`. Keys typed meanwhile may come before it.
    private static func isReport(_ bytes: [UInt8]) -> Bool {
        guard let start = bytes.lastIndex(of: Byte.escape), start + 1 < bytes.count else { return false }
        let numbers = bytes[(start + 2)...].dropLast()
        return bytes[start + 1] == UInt8(ascii: "[") && numbers.contains(UInt8(ascii: ";"))
            && numbers.allSatisfy { Byte.isDigit($0) || $0 == UInt8(ascii: ";") }
    }

    private static func write(_ text: String, to output: Int32) {
        let bytes = Array(text.utf8)
        _ = CLibrary.write(output, bytes, bytes.count)
    }
}
