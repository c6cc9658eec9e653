import ChatUI

/// Turns the bytes that a terminal sends into keys, pastes and changes of the focus.
///
/// It reads no clock: while `wait` is not nil, call `timeout()` after that much silence.
///
/// ```swift
/// var parser = KeyParser()
/// parser.feed("\u{1B}[1;5H".utf8)  // [.key(Key(.home, .control))]
/// parser.feed("\u{1B}".utf8)       // [], and wait is .escape
/// parser.timeout()                 // [.key(Key(.escape))]
/// ```
public struct KeyParser: Sendable {
    /// What the parser is in the middle of.
    public enum Wait: Sendable, Hashable {
        /// The Escape key, or the first bytes of a sequence. The terminal sends those at once, so a short silence
        /// (50 ms) tells which.
        case escape
        /// A paste without its end, or a sequence that has certainly begun. A longer silence (500 ms) means that the rest
        /// was lost, or is late.
        case rest
        /// The end of a paste of which all so far was handed over. After some seconds of silence it was lost.
        case pasteEnd
    }

    private let terminfoKeys: TerminfoKeys
    /// Otherwise its reports, which another program may have left on, mean nothing.
    private let takesMouse: Bool
    private var pending: [UInt8] = []
    private var paste: PasteBuffer?
    /// The paste was silent for a while. What comes is still taken for pasted, so that no line of it is sent by itself,
    /// but a key that is surely typed ends it: a lost end mark must not take the keyboard away.
    private var isPasteLate = false

    /// `terminfoKeys` adds what this terminal's description says of its keys.
    public init(terminfoKeys: TerminfoKeys = TerminfoKeys(), takesMouse: Bool = false) {
        self.terminfoKeys = terminfoKeys
        self.takesMouse = takesMouse
    }

    public var wait: Wait? {
        if let paste {
            if !isPasteLate { return .rest }
            return paste.hasText ? .escape : .pasteEnd
        }
        if pending.isEmpty { return nil }
        return isAmbiguous ? .escape : .rest
    }

    /// Takes the next bytes. Bytes that mean nothing are dropped.
    public mutating func feed(_ bytes: some Sequence<UInt8>) -> [Input] {
        pending.append(contentsOf: bytes)
        var inputs: [Input] = []
        var rest = pending[...]
        while !rest.isEmpty {
            if paste != nil {
                if isPasteLate, paste?.isTypedKey(rest) == true {
                    finishPaste(into: &inputs)
                } else if paste?.take(from: &rest) == true {
                    finishPaste(into: &inputs)
                }
                continue
            }
            let sequence = terminfoKeys.match(rest) ?? KeySequence(startOf: rest)
            guard case .complete(let length, let meaning) = sequence else { break }
            rest.removeFirst(length)
            switch meaning {
            case .key(let key): inputs.append(.key(key))
            case .focus(let hasFocus): inputs.append(.focus(hasFocus))
            case .wheel(let notches) where takesMouse: inputs.append(.wheel(notches))
            case .click(let position) where takesMouse: inputs.append(.click(position))
            case .pasteBegins: paste = PasteBuffer()
            case .nothing, .wheel, .click: break
            }
        }
        pending = Array(rest)
        return inputs
    }

    /// Nothing came for as long as `wait` asks: what is there is all there is.
    public mutating func timeout() -> [Input] {
        var inputs: [Input] = []
        if let paste, isPasteLate && !paste.hasText {
            finishPaste(into: &inputs)
        } else if let text = paste?.takeText() {
            if !text.isEmpty { inputs.append(.paste(text)) }
            isPasteLate = true
        } else if isAmbiguous {
            inputs = ambiguousKeys.map(Input.key)
        }
        pending = []
        return inputs
    }

    private mutating func finishPaste(into inputs: inout [Input]) {
        if let text = paste?.text, !text.isEmpty { inputs.append(.paste(text)) }
        paste = nil
        isPasteLate = false
    }

    /// Forgets what was half read.
    mutating func reset() {
        self = KeyParser(terminfoKeys: terminfoKeys, takesMouse: takesMouse)
    }

    /// ESC, ESC ESC, or ESC with a character that both a key and a sequence begin with.
    private var isAmbiguous: Bool { !ambiguousKeys.isEmpty }

    private var ambiguousKeys: [Key] {
        guard pending.first == Byte.escape, pending.count <= 2 else { return [] }
        guard pending.count == 2 else { return [Key(.escape)] }
        switch pending[1] {
        case Byte.escape: return [Key(.escape), Key(.escape)]
        case 0x20...0x7E: return [Key(.character(Character(Unicode.Scalar(pending[1]))), .alt)]
        default: return []
        }
    }
}
