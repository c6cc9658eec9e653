/// Collects the text of a bracketed paste (xterm's mode 2004) up to the end mark. All of it is text, whatever it looks
/// like.
struct PasteBuffer {
    /// In bytes. A longer paste is cut.
    static let limit = 1 << 20
    private static let endMark: [UInt8] = Array("\u{1B}[201~".utf8)
    /// A second begin mark occurs if two programs bracket the same paste. It is not part of the text.
    private static let beginMark = "\u{1B}[200~"

    private var bytes: [UInt8] = []
    private var matched = 0

    /// Consumes bytes from the front of `rest`. Returns true if they include the end mark; bytes after it stay.
    mutating func take(from rest: inout ArraySlice<UInt8>) -> Bool {
        while let byte = rest.first {
            if byte == Self.endMark[matched] {
                rest.removeFirst()
                matched += 1
                if matched == Self.endMark.count { return true }
            } else if matched > 0 {
                // Only the first byte of the mark can begin another match, and it occurs nowhere else in the mark.
                append(Self.endMark.prefix(matched))
                matched = 0
            } else {
                let end = rest.firstIndex(of: Self.endMark[0]) ?? rest.endIndex
                append(rest[..<end])
                rest = rest[end...]
            }
        }
        return false
    }

    /// Whether `takeText` would return anything.
    var hasText: Bool { !complete.isEmpty }

    /// What has come so far, without an incomplete character or mark at its end.
    private var complete: [UInt8] {
        var complete = bytes
        complete.removeCutScalar()
        let mark = Array(Self.beginMark.utf8)
        for length in (1..<mark.count).reversed() where complete.suffix(length) == mark.prefix(length) {
            complete.removeLast(length)
            break
        }
        return complete
    }

    /// Whether `rest` begins with an escape sequence that is not the end mark.
    func isOtherSequence(_ rest: ArraySlice<UInt8>) -> Bool {
        matched == 0 && rest.first == Self.endMark[0] && !zip(rest, Self.endMark).allSatisfy { $0 == $1 }
    }

    /// Whether `rest` begins with a control character that pasted text does not contain: any but a line break or a tab.
    func isTypedKey(_ rest: ArraySlice<UInt8>) -> Bool {
        guard matched == 0, let first = rest.first, first != Self.endMark[0] else { return false }
        return first == 0x7F || first < 0x20 && ![0x09, 0x0A, 0x0D].contains(first)
    }

    /// Hands over the text so far, without an incomplete character at its end.
    mutating func takeText() -> String {
        let complete = complete
        bytes.removeFirst(complete.count)
        return Self.text(of: complete)
    }

    private mutating func append(_ more: some Collection<UInt8>) {
        bytes.append(contentsOf: more.prefix(Self.limit - bytes.count))
    }

    /// The text with line breaks as `\n`. Terminals send CR for them, some programs send LF or both.
    var text: String {
        var whole = bytes
        if whole.count == Self.limit { whole.removeCutScalar() }
        return Self.text(of: whole)
    }

    private static func text(of bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.replacing(beginMark, with: "").replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }
}

extension [UInt8] {
    /// Removes the last scalar if it is incomplete.
    fileprivate mutating func removeCutScalar() {
        guard let lead = lastIndex(where: { $0 & 0xC0 != 0x80 }), let length = Byte.utf8Length(lead: self[lead]),
            count - lead < length
        else { return }
        removeSubrange(lead...)
    }
}
