/// The colours of the interface: a set for a dark background, one for a light background, or none. The user can change
/// each colour.
///
/// ```swift
/// try Theme(.light, changing: ["cyan": "color25", "yellow": "bright-magenta"])
/// ```
public struct Theme: Sendable, Hashable {
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case dark, light, mono
    }

    public enum Invalid: Error, Hashable {
        /// The interface has no colour of this name.
        case unknownColor(String)
        /// No terminal has a colour of this name.
        case unknownValue(String)
    }

    /// A colour that is missing is not set on the terminal; an attribute replaces it.
    private var colors: [Style.Color: TerminalColor]

    public init(_ name: Name = .dark) {
        switch name {
        case .dark: colors = Self.colors(Self.dark)
        case .light: colors = Self.colors(Self.light)
        case .mono: colors = [:]
        }
    }

    public init(_ name: Name, changing changes: [String: String]) throws(Invalid) {
        self.init(name)
        for (colorName, value) in changes.sorted(by: { $0.key < $1.key }) {
            guard let color = Self.names[colorName.lowercased()] else { throw .unknownColor(colorName) }
            if value.lowercased() == "default" {
                colors[color] = nil
            } else {
                guard let other = TerminalColor(named: value) else { throw .unknownValue(value) }
                colors[color] = other
            }
        }
    }

    /// The interface's colours by their names in the settings.
    public static let names: [String: Style.Color] = Dictionary(
        uniqueKeysWithValues: Style.Color.allCases.filter { $0 != .normal }.map { ("\($0)", $0) })

    /// The value of a colour in the form of the settings, such as `bright-magenta`.
    public func name(of color: Style.Color) -> String { colors[color]?.name ?? "default" }

    package var hasColors: Bool { !colors.isEmpty }

    /// The number of a colour on a terminal with `count` colours. Nil if an attribute replaces it.
    package func number(of color: Style.Color, colors count: Int) -> Int32? { colors[color]?.number(colors: count) }

    private static func dark(_ color: Style.Color) -> TerminalColor? {
        switch color {
        case .normal: nil
        case .red: TerminalColor(1)
        case .green: TerminalColor(2)
        case .yellow: TerminalColor(3)
        case .blue: TerminalColor(4)
        case .magenta: TerminalColor(5)
        case .cyan: TerminalColor(6)
        // The grays among the 256 colours are fixed and readable on any background. Colour 8 depends on the terminal's
        // theme.
        case .gray: TerminalColor(8, of256: 245)
        }
    }

    /// Yellow and cyan are unreadable on white, so other colours replace them.
    private static func light(_ color: Style.Color) -> TerminalColor? {
        switch color {
        case .normal: nil
        case .red: TerminalColor(1, of256: 124)
        case .green: TerminalColor(2, of256: 28)
        case .yellow: TerminalColor(5, of256: 94)
        case .blue: TerminalColor(4, of256: 25)
        case .magenta: TerminalColor(5, of256: 90)
        case .cyan: TerminalColor(4, of256: 24)
        case .gray: TerminalColor(8, of256: 242)
        }
    }

    private static func colors(_ color: (Style.Color) -> TerminalColor?) -> [Style.Color: TerminalColor] {
        Dictionary(uniqueKeysWithValues: Style.Color.allCases.compactMap { name in color(name).map { (name, $0) } })
    }
}

/// A colour by its number. It may have another number on terminals with 256 colours.
struct TerminalColor: Sendable, Hashable {
    private var basic: Int
    private var of256: Int?

    init(_ basic: Int, of256: Int? = nil) {
        self.basic = basic
        self.of256 = of256
    }

    private static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

    /// Parses `red`, `bright-red` or `color208`.
    init?(named text: String) {
        let names = Self.names
        let text = text.lowercased()
        if let number = names.firstIndex(of: text) {
            self.init(number)
        } else if text.hasPrefix("bright-"), let number = names.firstIndex(of: String(text.dropFirst(7))) {
            self.init(8 + number)
        } else if text.hasPrefix("color"), let number = Int(text.dropFirst(5)), (0..<256).contains(number) {
            self.init(number)
        } else {
            return nil
        }
    }

    /// The name of the colour on a terminal with few colours.
    var name: String {
        switch basic {
        case 0..<8: Self.names[basic]
        case 8..<16: "bright-\(Self.names[basic - 8])"
        default: "color\(basic)"
        }
    }

    func number(colors count: Int) -> Int32? {
        let number = count >= 256 ? of256 ?? basic : basic
        guard number < count else { return nil }
        return count > 256 && number >= 8 ? Self.direct(number) : Int32(number)
    }

    /// The colour of xterm's palette as 0xRRGGBB. Terminals with direct colour (`xterm-direct`) take a number from 8 on
    /// as such a value.
    private static func direct(_ number: Int) -> Int32 {
        let levels: [Int32] = [0x00, 0x5F, 0x87, 0xAF, 0xD7, 0xFF]
        let bright: [Int32] = [0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF]
        switch number {
        case ..<16: return bright[number - 8]
        case ..<232:
            let place = number - 16
            return levels[place / 36] << 16 | levels[place / 6 % 6] << 8 | levels[place % 6]
        default:
            let gray = Int32(8 + 10 * (number - 232))
            return gray << 16 | gray << 8 | gray
        }
    }
}
