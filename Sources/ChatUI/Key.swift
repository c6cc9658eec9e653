/// What a terminal said, as one meaningful input.
public enum Input: Sendable, Hashable {
    case key(Key)
    /// Text that the terminal bracketed as pasted. Line breaks are `\n`.
    case paste(String)
    /// The window got or lost the focus, where the terminal tells.
    case focus(Bool)
    /// The mouse's wheel: so many notches, downwards if positive.
    case wheel(Int)
    /// The mouse's first button was pressed on this cell.
    case click(Position)
}

/// A key with its modifiers.
public struct Key: Sendable, Hashable {
    public var code: Code
    public var modifiers: Modifiers

    public init(_ code: Code, _ modifiers: Modifiers = []) {
        self.code = code
        self.modifiers = modifiers
    }

    public enum Code: Sendable, Hashable {
        /// What the key types; with `control` the lower-case letter, as in Ctrl-A.
        case character(Character)
        case enter, tab, escape, backspace, delete
        case up, down, left, right, home, end, pageUp, pageDown, insert
        case function(Int)
    }

    public struct Modifiers: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let shift = Modifiers(rawValue: 1)
        public static let alt = Modifiers(rawValue: 2)
        public static let control = Modifiers(rawValue: 4)
    }
}
