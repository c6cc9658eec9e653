/// One input event from the terminal.
public enum Input: Sendable, Hashable {
    case key(Key)
    /// Text that the terminal marked as pasted. Line breaks are `\n`.
    case paste(String)
    /// The window got (true) or lost (false) the focus. Not every terminal reports this.
    case focus(Bool)
    /// The mouse wheel was turned by this many notches; positive is downwards.
    case wheel(Int)
    /// The first mouse button was pressed on this cell.
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
        /// The character that the key types. With `control` it is the lower-case letter, as in Ctrl-A.
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
