import ChatUI

/// Parses the bytes from a terminal into keys, pastes and focus changes.
///
/// It reads no clock: while `wait` is not nil, call `timeout()` after that long a silence.
///
/// ```swift
/// var parser = KeyParser()
/// parser.feed("\u{1B}[1;5H".utf8)  // [.key(Key(.home, .control))]
/// parser.feed("\u{1B}".utf8)       // [], and wait is .escape
/// parser.timeout()                 // [.key(Key(.escape))]
/// ```
public struct KeyParser: Sendable {
    /// What the parser waits for.
    public enum Wait: Sendable, Hashable {
        /// The Escape key or the first byte of a sequence. A terminal sends a sequence at once, so a short silence (50
        /// ms) means the key.
        case escape
        /// The end of a paste, or the rest of a sequence that has certainly begun. After a longer silence (500 ms) the
        /// rest is lost or late.
        case rest
        /// The late rest of a sequence that timed out. A slow link may still deliver it (1 s).
        case lateRest
        /// The end mark of a paste whose text was all handed over. After some seconds of silence the mark is considered
        /// lost.
        case pasteEnd
    }

    private let terminfoKeys: TerminfoKeys
    /// Whether mouse reports have a meaning. If not, they are ignored, since another program may have left them on.
    private let takesMouse: Bool
    private var pending: [UInt8] = []
    private var paste: PasteBuffer?
    /// The paste was silent for a while. More input still counts as pasted, so that no line of it is sent by itself.
    /// But a key that cannot be pasted ends the paste, so that a lost end mark does not block the keyboard.
    private var isPasteLate = false

    /// The beginning of a sequence that timed out. If its rest comes now, it must not be taken for text.
    private var late: [UInt8] = []
    /// The kind of sequence whose bytes are dropped up to its end.
    private var skipped: SkippedSequence?
    /// A sequence came in pieces, so a lone ESC has to wait longer than usual.
    private(set) var isLinkSlow = false

    /// - Parameters:
    ///   - terminfoKeys: The keys from the terminal's description, in addition to the usual ones.
    ///   - takesMouse: Whether mouse reports have a meaning.
    public init(terminfoKeys: TerminfoKeys = TerminfoKeys(), takesMouse: Bool = false) {
        self.terminfoKeys = terminfoKeys
        self.takesMouse = takesMouse
    }

    public var wait: Wait? {
        if let paste {
            if !isPasteLate { return .rest }
            return paste.hasText ? .escape : .pasteEnd
        }
        if skipped != nil { return .rest }
        if !late.isEmpty { return pending.isEmpty ? .lateRest : late.count > 2 ? .rest : .escape }
        if pending.isEmpty { return nil }
        return pending.allSatisfy { $0 == Byte.escape } ? .escape : .rest
    }

    /// Parses the next bytes. Bytes without a meaning are dropped.
    public mutating func feed(_ bytes: some Sequence<UInt8>) -> [Input] {
        pending.append(contentsOf: bytes)
        var inputs: [Input] = []
        var rest = pending[...]
        while !rest.isEmpty {
            if let skipped {
                switch skipped.take(from: &rest) {
                case .ended: self.skipped = nil
                case .goesOn: break
                case .undecided:
                    pending = Array(rest)
                    return inputs
                }
                continue
            }
            if paste != nil {
                if takePasted(from: &rest, into: &inputs) { continue } else { break }
            }
            if !late.isEmpty {
                if takeLate(from: &rest, into: &inputs) { continue } else { break }
            }
            guard case .complete(let length, let meaning) = sequence(at: rest) else { break }
            rest.removeFirst(length)
            take(meaning, into: &inputs)
        }
        pending = Array(rest)
        return inputs
    }

    private func sequence(at bytes: ArraySlice<UInt8>) -> KeySequence {
        terminfoKeys.match(bytes) ?? KeySequence(startOf: bytes)
    }

    private mutating func take(_ meaning: KeySequence.Meaning, into inputs: inout [Input]) {
        switch meaning {
        case .key(let key): inputs.append(.key(key))
        case .focus(let hasFocus): inputs.append(.focus(hasFocus))
        case .wheel(let notches) where takesMouse: inputs.append(.wheel(notches))
        case .click(let position) where takesMouse: inputs.append(.click(position))
        case .pasteBegins: paste = PasteBuffer()
        case .overlong(let isString): skipped = isString ? .string : .controlSequence
        case .nothing, .wheel, .click: break
        }
    }

    /// - Returns: false if more bytes have to come first.
    private mutating func takePasted(from rest: inout ArraySlice<UInt8>, into inputs: inout [Input]) -> Bool {
        if isPasteLate, paste?.isOtherSequence(rest) == true {
            // A report may come between the parts of a paste. A key ends the paste.
            switch sequence(at: rest) {
            case .unfinished: return false
            case .complete(_, .key), .complete(_, .pasteBegins): finishPaste(into: &inputs)
            case .complete(let length, let meaning):
                rest.removeFirst(length)
                take(meaning, into: &inputs)
            }
        } else if isPasteLate, paste?.isTypedKey(rest) == true {
            finishPaste(into: &inputs)
        } else if paste?.take(from: &rest) == true {
            finishPaste(into: &inputs)
        }
        return true
    }

    /// Completes the sequence that timed out, if these bytes are its rest.
    /// - Returns: false if more bytes have to come first.
    private mutating func takeLate(from rest: inout ArraySlice<UInt8>, into inputs: inout [Input]) -> Bool {
        let whole = late + rest
        switch sequence(at: whole[...]) {
        case .unfinished where late.isEscape && !Byte.introducers.contains(whole[1]): late = []
        case .unfinished: return false
        case .complete(let length, let meaning):
            let isRest = length > late.count && LateRest(whole, length: length, lateCount: late.count).isPlausible
            if isRest {
                if late.first == Byte.escape { isLinkSlow = true }
                rest.removeFirst(length - late.count)
            }
            late = []
            if isRest { take(meaning, into: &inputs) }
        }
        return true
    }

    /// Call it after the silence that `wait` asks for. What is there is then all there is.
    public mutating func timeout() -> [Input] {
        if paste != nil { return pasteTimeout() }
        if skipped != nil || !late.isEmpty {
            // The bytes that were held back were typed.
            (skipped, late) = (nil, [])
            return feed([])
        }
        let keys = ambiguousKeys
        late = pending.count == 2 && pending[1] == Byte.escape ? Array(pending.dropFirst()) : pending
        pending = []
        return keys.map(Input.key)
    }

    private mutating func pasteTimeout() -> [Input] {
        var inputs: [Input] = []
        pending = []
        if let paste, isPasteLate && !paste.hasText {
            finishPaste(into: &inputs)
        } else if let text = paste?.takeText() {
            if !text.isEmpty { inputs.append(.paste(text)) }
            isPasteLate = true
        }
        return inputs
    }

    private mutating func finishPaste(into inputs: inout [Input]) {
        if let text = paste?.text, !text.isEmpty { inputs.append(.paste(text)) }
        paste = nil
        isPasteLate = false
    }

    /// Discards incomplete input.
    mutating func reset() {
        self = KeyParser(terminfoKeys: terminfoKeys, takesMouse: takesMouse)
    }

    /// The keys that a lone ESC, ESC ESC, or ESC with the first character of a sequence stand for, if nothing follows.
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

extension [UInt8] {
    fileprivate var isEscape: Bool { count == 1 && first == Byte.escape }
}
