import ChatWire
import Formats

/// What is said to the desktop by way of the terminal. Sources: xterm's ctlseqs (OSC 52), iTerm2 (OSC 9), rxvt-unicode
/// (OSC 777).
enum DesktopSequence {
    /// Base 64, so the text can hold anything.
    static func clipboard(_ text: String) -> [UInt8] {
        Array("\u{1B}]52;c;".utf8) + Base64.encode(text.utf8).utf8 + [Byte.bell]
    }

    /// Terminals that know both sequences would show it twice, so each is sent the one that it is known for.
    static func notification(title: String, body: String, terminal: String) -> [UInt8] {
        let takesTitles = ["rxvt", "foot", "vte", "gnome"].contains(where: terminal.hasPrefix)
        let content = takesTitles ? "777;notify;\(field(title));\(field(body))" : "9;\(field(title)): \(field(body))"
        return Array("\u{1B}]\(content)".utf8) + [Byte.bell]
    }

    /// Without what would end the field early; scalar by scalar, for a mark may sit on a semicolon.
    private static func field(_ text: String) -> String {
        String(String.UnicodeScalarView(UntrustedText(text).label().unicodeScalars.map { $0 == ";" ? "," : $0 }))
    }
}
