import ChatWire
import Formats

/// Sequences that a terminal passes on to the desktop. Sources: xterm's ctlseqs (OSC 52), iTerm2 (OSC 9), rxvt-unicode
/// (OSC 777).
enum DesktopSequence {
    /// The text is sent in Base64, so it may contain anything.
    static func clipboard(_ text: String) -> [UInt8] {
        Array("\u{1B}]52;c;".utf8) + Base64.encode(text.utf8).utf8 + [Byte.bell]
    }

    /// A terminal that knows both sequences would show the notification twice, so each gets the one that it is known to
    /// support.
    static func notification(title: String, body: String, terminal: String) -> [UInt8] {
        let takesTitles = ["rxvt", "foot", "vte", "gnome"].contains(where: terminal.hasPrefix)
        let content = takesTitles ? "777;notify;\(field(title));\(field(body))" : "9;\(field(title)): \(field(body))"
        return Array("\u{1B}]\(content)".utf8) + [Byte.bell]
    }

    /// Removes what would end the field early. It works on scalars, since a combining mark may follow a semicolon.
    private static func field(_ text: String) -> String {
        String(String.UnicodeScalarView(UntrustedText(text).label().unicodeScalars.map { $0 == ";" ? "," : $0 }))
    }
}
