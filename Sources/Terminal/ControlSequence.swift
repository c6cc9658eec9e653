import ChatUI

/// A parsed control sequence from a keyboard (ESC [ … final).
struct ControlSequence {
    /// Each parameter with its sub-parameters: `97:65;5` is `[[97, 65], [5]]`. An omitted one is nil.
    private let parameters: [[Int?]]
    /// True for the terminal's reply to a private query (`ESC [ ? …`, `ESC [ > …`). It is never a key.
    private let isPrivate: Bool
    private let final: UInt8
    /// True for a mouse report in xterm's SGR form: `ESC [ < button ; column ; row M`.
    private let isMouse: Bool

    init(parameters: ArraySlice<UInt8>, final: UInt8) {
        isMouse = parameters.first == UInt8(ascii: "<")
        let parameters = isMouse ? parameters.dropFirst() : parameters
        isPrivate = parameters.contains { (0x3C...0x3F).contains($0) || $0 < 0x30 }
        self.parameters = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map {
            $0.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Self.number)
        }
        self.final = final
    }

    /// Seven digits are enough for any code point. A longer number is not a key's.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 7, digits.allSatisfy(Byte.isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    var meaning: KeySequence.Meaning {
        guard !isPrivate else { return .nothing }
        if isMouse { return mouse }
        switch final {
        case UInt8(ascii: "~"): return tilde
        case UInt8(ascii: "u"): return key(characterParameter: 0, modifierParameter: 1)
        case UInt8(ascii: "Z"): return .key(Key(.tab, .shift))
        case UInt8(ascii: "I") where parameter(0) == nil: return .focus(true)
        case UInt8(ascii: "O") where parameter(0) == nil: return .focus(false)
        case UInt8(ascii: "^"): return rxvt(.control)
        case UInt8(ascii: "@"): return rxvt([.control, .shift])
        case UInt8(ascii: "$"): return rxvt(.shift)
        case UInt8(ascii: "a")...UInt8(ascii: "d"):
            return Key.Code(cursorFinal: final - 0x20).map { .key(Key($0, .shift)) } ?? .nothing
        default:
            guard let code = Key.Code(cursorFinal: final), let modifiers else { return .nothing }
            return .key(Key(code, modifiers))
        }
    }

    /// Only presses count. A release (`m`) always follows a press or a drag, and neither has a meaning here.
    private var mouse: KeySequence.Meaning {
        guard final == UInt8(ascii: "M"), parameters.count == 3, let button = parameter(0),
            let column = parameter(1), let row = parameter(2), column > 0, row > 0
        else { return .nothing }
        switch button {
        case 0: return .click(Position(row: row - 1, column: column - 1))
        case 64: return .wheel(-1)
        case 65: return .wheel(1)
        default: return .nothing
        }
    }

    /// `number ~`, `number ; modifiers ~`, and xterm's modifyOtherKeys: `27 ; modifiers ; code point ~`.
    private var tilde: KeySequence.Meaning {
        switch parameter(0) {
        case 200: return .pasteBegins
        case 27 where parameters.count > 2: return key(characterParameter: 2, modifierParameter: 1)
        case let number?:
            guard let code = Key.Code(tildeNumber: number), let modifiers else { return .nothing }
            return .key(Key(code, modifiers))
        case nil: return .nothing
        }
    }

    private func rxvt(_ modifiers: Key.Modifiers) -> KeySequence.Meaning {
        parameter(0).flatMap(Key.Code.init(tildeNumber:)).map { .key(Key($0, modifiers)) } ?? .nothing
    }

    private func key(characterParameter: Int, modifierParameter: Int) -> KeySequence.Meaning {
        guard let code = parameter(characterParameter), let modifiers = modifiers(in: modifierParameter),
            let key = Key(
                codePoint: code, shifted: parameter(characterParameter, 1), base: parameter(characterParameter, 2),
                modifiers: modifiers)
        else { return .nothing }
        return .key(key)
    }

    private var modifiers: Key.Modifiers? { modifiers(in: 1) }

    /// Nil if this is the release of a key, or if a modifier is held that no key here has.
    private func modifiers(in index: Int) -> Key.Modifiers? {
        let keyReleased = 3
        guard parameter(index, 1) != keyReleased else { return nil }
        return Key.Modifiers(parameter: parameter(index) ?? 1)
    }

    private func parameter(_ index: Int, _ subindex: Int = 0) -> Int? {
        guard parameters.indices.contains(index), parameters[index].indices.contains(subindex) else { return nil }
        return parameters[index][subindex]
    }
}
