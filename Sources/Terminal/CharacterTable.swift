import CLibrary
import CNcurses

/// The C library's character tables, which ncurses uses.
enum CharacterTable {
    /// Makes sure that the C library uses UTF-8. Only character classification (LC_CTYPE) follows the locale; numbers
    /// and sorting stay as they were.
    static func useUTF8() throws(TerminalError) {
        // The user's own locale comes first. The others are tried because no single one exists on every system.
        for locale in ["", "C.UTF-8", "en_US.UTF-8", "ru_RU.UTF-8"]
        where setlocale(LC_CTYPE, locale) != nil && cn_codeset_is_utf8() != 0 {
            return
        }
        throw .noUTF8Locale
    }

    /// The number of columns of a scalar: 0 for a combining mark, -1 if it cannot be painted.
    static func width(of scalar: Unicode.Scalar) -> Int {
        Int(cn_character_width(scalar.value))
    }
}
