import CNcurses
import ChatWire

/// The sequences that ncurses does not write: they switch keys, pastes, focus reports and the title on and off.
/// Sources: xterm's ctlseqs and the kitty keyboard protocol.
struct TerminalModes: Equatable {
    /// To be written after ncurses has taken the terminal.
    let enter: [UInt8]
    /// To be written before ncurses gives it back.
    let leave: [UInt8]
    /// To be written if ncurses cannot be called any more: `leave`, and what ncurses would have written.
    let rescue: [UInt8]
    /// Whether the window has a title that can be set.
    let hasTitle: Bool
    let pasteMarks: PasteMarks

    /// - Parameters:
    ///   - name: The terminal's name.
    ///   - isInMultiplexer: `TerminalOptions.isInMultiplexer`.
    ///   - claimsXterm: Whether its description claims xterm's extensions.
    ///   - capability: Returns a string capability of its description.
    init(
        terminal name: String, isInMultiplexer: Bool = false, claimsXterm: Bool, usesMouse: Bool = false,
        capability: (String) -> String?
    ) {
        let isXtermLike = claimsXterm || TerminalOptions.isXtermLike(name)
        let isANSI = capability("cup")?.hasPrefix("\u{1B}[") ?? false
        var pairs: [(on: String, off: String)] = []
        if isXtermLike { pairs.append(("\u{1B}[22;2t", "\u{1B}[23;2t")) }  // the title, saved and restored
        pairs.append((capability("smkx") ?? "", capability("rmkx") ?? ""))
        if isANSI { pairs.append(("\u{1B}[?2004h", "\u{1B}[?2004l")) }  // bracketed paste
        if isXtermLike {
            pairs.append(("\u{1B}[?1004h", "\u{1B}[?1004l"))  // reports of the focus
            // Reports of presses and the wheel, as decimal numbers. GNU screen sends them only in a form that looks
            // like keys.
            if usesMouse && !name.hasPrefix("screen") {
                pairs.append(("\u{1B}[?1000h\u{1B}[?1006h", "\u{1B}[?1006l\u{1B}[?1000l"))
            }
            // Modified keys are told apart: Shift-Enter from Enter, and shortcuts on layouts without Latin letters. The
            // reset of attributes is for terminals that overlook the `>` and take the first sequence for `underlined`.
            pairs.append(("\u{1B}[>4;1m\u{1B}[m", "\u{1B}[>4m\u{1B}[m"))  // xterm's modifyOtherKeys
            pairs.append(("\u{1B}[>5u", "\u{1B}[<u"))  // kitty: tell keys apart, and name the base layout's
        }
        let off = pairs.reversed().map { Self.withoutPadding($0.off) }.joined()
        enter = Array(pairs.map { Self.withoutPadding($0.on) }.joined().utf8)
        leave = Array(off.utf8)
        let capabilities = ["sgr0", "cnorm", "rmcup"].map { Self.withoutPadding(capability($0) ?? "") }
        rescue = Array((off + capabilities.joined() + "\r\n").utf8)
        hasTitle = isXtermLike
        pasteMarks = PasteMarks(terminal: name, isXtermLike: isXtermLike, isInMultiplexer: isInMultiplexer)
    }

    /// The modes of the terminal that ncurses was started on.
    static func ofCurrentTerminal(name: String, options: TerminalOptions) -> TerminalModes {
        TerminalModes(
            terminal: name, isInMultiplexer: options.isInMultiplexer, claimsXterm: cn_has_flag("XT") != 0,
            usesMouse: options.usesMouse
        ) { capability in
            cn_string_capability(capability).map { String(cString: $0) }
        }
    }

    /// Sets the title of the window (OSC 2).
    static func title(_ text: String) -> [UInt8] {
        Array("\u{1B}]2;\(UntrustedText(text).label())".utf8) + [Byte.bell]
    }

    /// Removes padding (`$<50/>`): delays for old hardware, which only `tputs` understands.
    private static func withoutPadding(_ capability: String) -> String {
        var result = ""
        var rest = capability[...]
        while let start = rest.firstRange(of: "$<"), let end = rest[start.upperBound...].firstIndex(of: ">") {
            result += rest[..<start.lowerBound]
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
