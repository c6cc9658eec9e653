import ChatUI

// The tables that map numbers and letters in sequences to keys. Sources: xterm's ctlseqs ("PC-Style Function Keys",
// "VT220-Style Function Keys"), rxvt's reference, and the kitty keyboard protocol.

extension Key {
    /// The key of a C0 control character or DEL. Ctrl-J is a line break in the text, because no Enter key sends it.
    init(control byte: UInt8) {
        switch byte {
        case 0x00: self.init(.character(" "), .control)
        case 0x08, 0x7F: self.init(.backspace)
        case 0x09: self.init(.tab)
        case 0x0A: self.init(.enter, .alt)
        case 0x0D: self.init(.enter)
        case 0x1B: self.init(.escape)
        case 0x01...0x1A: self.init(.character(Character(Unicode.Scalar(byte + 0x60))), .control)
        default: self.init(.character(Character(Unicode.Scalar(byte + 0x40))), .control)
        }
    }

    /// The key of ESC O and this letter.
    init?(applicationFinal byte: UInt8) {
        switch byte {
        case UInt8(ascii: "M"): self.init(.enter)
        case UInt8(ascii: "I"): self.init(.tab)
        case UInt8(ascii: " "): self.init(.character(" "))
        case UInt8(ascii: "X"): self.init(.character("="))
        case UInt8(ascii: "j")...UInt8(ascii: "y"):  // the numeric keypad: * + , - . / 0 … 9
            self.init(.character(Character(Unicode.Scalar(byte - 0x40))))
        case UInt8(ascii: "a")...UInt8(ascii: "d"):  // rxvt
            guard let code = Code(cursorFinal: byte - 0x20) else { return nil }
            self.init(code, .control)
        default:
            guard let code = Code(cursorFinal: byte) else { return nil }
            self.init(code)
        }
    }

    /// A key given by its code point (kitty's CSI u, xterm's modifyOtherKeys). It becomes the same value as in the
    /// older encodings: Ctrl-M is Enter, Alt-Shift-A is Alt and `A`.
    ///
    /// `shifted` is the character that the key types with Shift. `base` is the key in the same place of the PC-101
    /// layout. It makes shortcuts work on layouts without Latin letters.
    init?(codePoint: Int, shifted: Int?, base: Int?, modifiers: Modifiers) {
        if let key = Key(functionalCode: codePoint) {
            self.init(key.code, modifiers)
            return
        }
        let isShortcut = !modifiers.isDisjoint(with: [.control, .alt])
        let code = isShortcut && codePoint >= 0x80 ? base ?? codePoint : codePoint
        guard var character = Character(codePoint: code) else { return nil }
        var modifiers = modifiers
        if modifiers.contains(.control) && character.isLetter {
            character = character.lowercased().onlyCharacter ?? character
        } else if modifiers.contains(.shift) {
            let typed = code == codePoint ? shifted.flatMap(Character.init(codePoint:)) : nil
            character = typed ?? character.uppercased().onlyCharacter ?? character
            modifiers.remove(.shift)
        }
        self = Key(.character(character), modifiers).withControlNamed
    }

    /// Ctrl with certain characters equals another key; then the result is that other key.
    private var withControlNamed: Key {
        guard modifiers.contains(.control), !modifiers.contains(.shift), case .character(let character) = code,
            let ascii = character.asciiValue
        else { return self }
        let byte = ascii == UInt8(ascii: "/") ? 0x1F : ascii & 0x1F
        guard (0x40...0x7F).contains(ascii) || byte == 0x1F else { return self }
        let key = Key(control: byte)
        return Key(key.code, key.modifiers.union(modifiers.subtracting(.control)))
    }

    /// A key by its number in the kitty keyboard protocol: keys that type nothing, and the numeric keypad.
    private init?(functionalCode: Int) {
        let keypad = Array("0123456789./*-+")
        switch functionalCode {
        case 8, 127: self.init(.backspace)
        case 9: self.init(.tab)
        case 13, 57414: self.init(.enter)
        case 27: self.init(.escape)
        case 57376...57398: self.init(.function(functionalCode - 57376 + 13))
        case 57399...57413: self.init(.character(keypad[functionalCode - 57399]))
        case 57415: self.init(.character("="))
        case 57416: self.init(.character(","))
        case 57417: self.init(.left)
        case 57418: self.init(.right)
        case 57419: self.init(.up)
        case 57420: self.init(.down)
        case 57421: self.init(.pageUp)
        case 57422: self.init(.pageDown)
        case 57423: self.init(.home)
        case 57424: self.init(.end)
        case 57425: self.init(.insert)
        case 57426: self.init(.delete)
        default: return nil
        }
    }
}

extension Key.Code {
    /// The key of the final byte in ESC [ A, ESC [ 1 ; 5 A and ESC O A.
    init?(cursorFinal byte: UInt8) {
        switch byte {
        case UInt8(ascii: "A"): self = .up
        case UInt8(ascii: "B"): self = .down
        case UInt8(ascii: "C"): self = .right
        case UInt8(ascii: "D"): self = .left
        case UInt8(ascii: "F"): self = .end
        case UInt8(ascii: "H"): self = .home
        case UInt8(ascii: "P")...UInt8(ascii: "S"): self = .function(Int(byte - UInt8(ascii: "P")) + 1)
        default: return nil
        }
    }

    /// The key of the number in ESC [ number ~.
    init?(tildeNumber number: Int) {
        switch number {
        case 1, 7: self = .home
        case 2: self = .insert
        case 3: self = .delete
        case 4, 8: self = .end
        case 5: self = .pageUp
        case 6: self = .pageDown
        case 11...15: self = .function(number - 10)
        case 17...21: self = .function(number - 11)
        case 23...26: self = .function(number - 12)
        case 28...29: self = .function(number - 13)
        case 31...34: self = .function(number - 14)
        default: return nil
        }
    }
}

extension Key.Modifiers {
    /// The parameter is one more than the sum of Shift 1, Alt 2 and Control 4. Caps Lock (64) and Num Lock (128) are
    /// ignored. Nil with Super, Hyper or Meta (8, 16, 32), since those shortcuts belong to the desktop.
    init?(parameter: Int) {
        let bits = max(parameter, 1) - 1
        guard bits & 0b11_1000 == 0 else { return nil }
        self.init(rawValue: UInt8(bits & 0b111))
    }
}

extension Character {
    /// Nil if the code point cannot be typed: controls, and the private-use numbers that kitty gives to keys that type
    /// nothing.
    fileprivate init?(codePoint: Int) {
        let privateUse = 0xE000...0xF8FF
        guard !privateUse.contains(codePoint), let value = UInt32(exactly: codePoint),
            let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .control
        else { return nil }
        self.init(scalar)
    }
}

extension String {
    /// The text if it is one character. The upper case of `ß` is two.
    fileprivate var onlyCharacter: Character? { count == 1 ? first : nil }
}
