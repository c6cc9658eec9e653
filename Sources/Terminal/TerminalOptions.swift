import CLibrary
import ChatUI

/// The terminal's settings from the environment.
public struct TerminalOptions: Sendable, Hashable {
    /// The terminal's name in the terminfo database (TERM).
    public var name: String?
    /// False if the variable NO_COLOR is set and not empty (no-color.org).
    public var usesColor: Bool
    public var theme = Theme()
    /// Whether to ask for mouse reports. The user then needs Shift to select text.
    public var usesMouse = false
    /// Whether to set the window's title.
    public var setsTitle = true
    /// Whether tmux or screen says that the program runs in it, whatever the terminal is called (TMUX, STY).
    public var isInMultiplexer = false
    /// How long a silence after ESC means the Escape key (ESCDELAY, in milliseconds).
    public var escapeDelay: Duration

    public init(name: String?, usesColor: Bool = true, escapeDelay: Duration = .milliseconds(50)) {
        self.name = name
        self.usesColor = usesColor
        self.escapeDelay = escapeDelay
    }

    /// Reads the variables with `value`, by default from the process's environment. An ESCDELAY that is not a sensible
    /// number is ignored.
    public init(environment value: (String) -> String? = Self.processVariable) {
        self.init(name: value("TERM").flatMap { $0.isEmpty ? nil : $0 }, usesColor: (value("NO_COLOR") ?? "").isEmpty)
        isInMultiplexer = ["TMUX", "STY"].contains { value($0)?.isEmpty == false }
        if let delay = value("ESCDELAY").flatMap({ Int($0) }), (0...10_000).contains(delay) {
            escapeDelay = .milliseconds(delay)
        }
    }

    public static func processVariable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The names to look up in terminfo, the best first. A new terminal uses a name of its own, and a machine that one
    /// logs in to often has no description of it. All of them understand xterm's sequences.
    var namesToTry: [String] {
        guard let name else { return [] }
        if Self.isMultiplexer(name) { return [name, "screen-256color", "screen"] }
        return Self.isXtermLike(name) ? [name, "xterm-256color", "xterm"] : [name]
    }

    static func isMultiplexer(_ name: String) -> Bool { ["tmux", "screen"].contains(where: name.hasPrefix) }

    /// Whether a terminal of this name supports xterm's sequences: titles, focus reports and so on.
    static func isXtermLike(_ name: String) -> Bool {
        let families = [
            "xterm", "tmux", "screen", "rxvt", "alacritty", "contour", "foot", "ghostty", "gnome", "iterm", "kitty",
            "konsole", "mintty", "putty", "st-", "vte", "wezterm",
        ]
        return families.contains(where: name.lowercased().hasPrefix)
    }
}
