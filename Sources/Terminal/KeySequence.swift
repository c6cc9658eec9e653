import ChatUI

/// The meaning of the bytes at the start of a buffer.
///
/// It depends on those bytes alone: it is `unfinished` until there are enough of them, and stays the same however many
/// follow. So it does not matter how reads cut the input.
enum KeySequence: Equatable {
    /// More bytes or a silence must decide. A lone ESC, for example, is a key and the start of others.
    case unfinished
    case complete(length: Int, Meaning)

    enum Meaning: Equatable {
        case key(Key)
        case focus(Bool)
        case wheel(Int)
        case click(Position)
        case pasteBegins
        /// The sequence is longer than any that has a meaning. The following bytes belong to it up to its end.
        case overlong(isString: Bool)
        /// A terminal's reply, an unknown key, or meaningless bytes. They are dropped.
        case nothing
    }

    /// In bytes. The rest of a longer sequence is skipped, since no keyboard sends one.
    static let controlSequenceLimit = 256
    static let stringLimit = 4096

    /// Parses the first sequence of `bytes`.
    init(startOf bytes: ArraySlice<UInt8>) {
        guard let first = bytes.first else {
            self = .unfinished
            return
        }
        switch first {
        case Byte.escape: self = Self.escaped(bytes)
        case 0..<0x20, 0x7F: self = .complete(length: 1, .key(Key(control: first)))
        default: self = Self.character(bytes)
        }
    }

    private static func escaped(_ bytes: ArraySlice<UInt8>) -> KeySequence {
        guard let second = bytes.dropFirst().first else { return .unfinished }
        switch second {
        case UInt8(ascii: "["): return controlSequence(bytes)
        case UInt8(ascii: "O"): return singleShift(bytes)
        case _ where Byte.stringIntroducers.contains(second): return string(bytes)
        case Byte.escape: return doubleEscape(bytes)
        default: return KeySequence(startOf: bytes.dropFirst()).withAlt()
        }
    }

    /// rxvt sends ESC before the whole sequence of an Alt key. Before anything else, ESC is a key of its own.
    private static func doubleEscape(_ bytes: ArraySlice<UInt8>) -> KeySequence {
        guard let third = bytes.dropFirst(2).first else { return .unfinished }
        let escapeKey = KeySequence.complete(length: 1, .key(Key(.escape)))
        guard third == UInt8(ascii: "[") || third == UInt8(ascii: "O") else { return escapeKey }
        let inner = KeySequence(startOf: bytes.dropFirst())
        switch inner {
        case .unfinished, .complete(_, .key): return inner.withAlt()
        default: return escapeKey
        }
    }

    /// The same key with Alt: one ESC precedes its sequence.
    private func withAlt() -> KeySequence {
        switch self {
        case .unfinished: return .unfinished
        case .complete(let length, .key(var key)):
            key.modifiers.insert(.alt)
            return .complete(length: length + 1, .key(key))
        case .complete(let length, let meaning): return .complete(length: length + 1, meaning)
        }
    }
}

extension KeySequence {
    /// ESC [ parameters, intermediates and a final byte (ECMA-48, 5.4), with two deviations that keyboards have: the Linux
    /// console's F1 to F5 (ESC [ [ A), and rxvt's `$`, an intermediate in the standard, as the final byte of shifted keys.
    private static func controlSequence(_ bytes: ArraySlice<UInt8>) -> KeySequence {
        let body = bytes.dropFirst(2)
        if body.first == UInt8(ascii: "[") {
            guard let final = body.dropFirst().first else { return .unfinished }
            let isFunctionKey = (UInt8(ascii: "A")...UInt8(ascii: "E")).contains(final)
            let number = Int(final) - Int(UInt8(ascii: "A")) + 1
            return .complete(length: 4, isFunctionKey ? .key(Key(.function(number))) : .nothing)
        }
        if let first = body.first, let count = rawReports[first] { return rawReport(bytes, count: count) }
        for (offset, byte) in body.prefix(controlSequenceLimit).enumerated() {
            let parameters = body.prefix(offset)
            switch byte {
            case UInt8(ascii: "$") where !parameters.isEmpty && parameters.allSatisfy(Byte.isDigit),
                0x40...0x7E:
                let sequence = ControlSequence(parameters: parameters, final: byte)
                return .complete(length: offset + 3, sequence.meaning)
            case 0x20...0x3F: continue
            default: return .complete(length: offset + 2, .nothing)  // it was cut off; this byte starts something else
            }
        }
        return body.count < controlSequenceLimit
            ? .unfinished : .complete(length: controlSequenceLimit + 2, .overlong(isString: false))
    }

    /// How many bytes follow these final bytes if there are no parameters. These are xterm's oldest mouse reports
    /// (modes 9, 1000 and 1001), which other programs may leave on.
    private static let rawReports: [UInt8: Int] = [
        UInt8(ascii: "M"): 3, UInt8(ascii: "t"): 2, UInt8(ascii: "T"): 6,
    ]

    /// Parses a button and coordinates. Each is a byte from 32 on, or NUL if it is too large. In mode 1005 a coordinate
    /// may be a UTF-8 scalar of two bytes.
    private static func rawReport(_ bytes: ArraySlice<UInt8>, count: Int) -> KeySequence {
        var rest = bytes.dropFirst(3)
        for _ in 0..<count {
            guard let byte = rest.popFirst() else { return .unfinished }
            guard byte >= 0x20 || byte == 0 else {
                return .complete(length: rest.startIndex - 1 - bytes.startIndex, .nothing)
            }
            guard Byte.utf8Length(lead: byte) == 2 else { continue }
            guard let next = rest.first else { return .unfinished }
            if next & 0xC0 == 0x80 { rest.removeFirst() }
        }
        return .complete(length: rest.startIndex - bytes.startIndex, .nothing)
    }

    /// ESC O and a letter: cursor, function and keypad keys in application mode. Some terminals put the modifiers, one
    /// digit, between the two.
    private static func singleShift(_ bytes: ArraySlice<UInt8>) -> KeySequence {
        guard let third = bytes.dropFirst(2).first else { return .unfinished }
        if (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(third) {
            guard let fourth = bytes.dropFirst(3).first else { return .unfinished }
            let modifiers = Key.Modifiers(parameter: Int(third - UInt8(ascii: "0"))) ?? []
            guard let code = Key.Code(cursorFinal: fourth) else { return .complete(length: 3, .nothing) }
            return .complete(length: 4, .key(Key(code, modifiers)))
        }
        if let key = Key(applicationFinal: third) { return .complete(length: 3, .key(key)) }
        let isGraphic = (0x20...0x7E).contains(third)
        return isGraphic
            ? .complete(length: 3, .nothing) : .complete(length: 2, .key(Key(.character("O"), .alt)))
    }

    /// OSC, DCS, APC, PM and SOS: terminals' answers to queries. They end with BEL or ESC \.
    private static func string(_ bytes: ArraySlice<UInt8>) -> KeySequence {
        let body = bytes.dropFirst(2).prefix(stringLimit)
        guard let end = body.firstIndex(where: { $0 == Byte.bell || $0 == Byte.escape }) else {
            return body.count < stringLimit
                ? .unfinished : .complete(length: stringLimit + 2, .overlong(isString: true))
        }
        let length = end - bytes.startIndex
        if bytes[end] == Byte.bell { return .complete(length: length + 1, .nothing) }
        guard end + 1 < bytes.endIndex else { return .unfinished }
        let isTerminated = bytes[end + 1] == UInt8(ascii: "\\")
        return .complete(length: isTerminated ? length + 2 : length, .nothing)
    }

    /// One UTF-8 scalar (RFC 3629). Bytes that are not UTF-8 are dropped.
    private static func character(_ bytes: ArraySlice<UInt8>) -> KeySequence {
        guard let lead = bytes.first, let length = Byte.utf8Length(lead: lead) else {
            return .complete(length: 1, .nothing)
        }
        let continuation = bytes.dropFirst().prefix(length - 1)
        let valid = continuation.prefix { $0 & 0xC0 == 0x80 }
        if valid.count < continuation.count { return .complete(length: 1 + valid.count, .nothing) }
        if continuation.count < length - 1 { return .unfinished }
        let text = String(validating: bytes.prefix(length), as: UTF8.self)
        guard let scalar = text?.unicodeScalars.first, scalar.properties.generalCategory != .control else {
            return .complete(length: length, .nothing)
        }
        return .complete(length: length, .key(Key(.character(Character(scalar)))))
    }
}

/// The bytes that delimit a keyboard's sequences.
enum Byte {
    static let escape: UInt8 = 0x1B
    static let bell: UInt8 = 0x07
    /// The second bytes of OSC, DCS, APC, PM and SOS.
    static let stringIntroducers: [UInt8] = Array("]P_^X".utf8)

    /// The second bytes of sequences that have more than two bytes.
    static let introducers: [UInt8] = stringIntroducers + Array("[O".utf8)

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The length of a scalar with this first byte, or nil if no scalar starts with it.
    static func utf8Length(lead: UInt8) -> Int? {
        switch lead {
        case 0x00...0x7F: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: nil
        }
    }
}
