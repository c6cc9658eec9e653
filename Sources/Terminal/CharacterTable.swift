import CLibrary
import CNcurses

/// The C library's tables of characters, by which ncurses paints.
enum CharacterTable {
    /// Makes sure that the C library speaks UTF-8. Only the kinds of characters follow the locale; numbers and
    /// sorting stay as they were.
    static func useUTF8() throws(TerminalError) {
        // The user's own locale first; the others are spelled as they are because not every system has each.
        for locale in ["", "C.UTF-8", "en_US.UTF-8", "ru_RU.UTF-8"]
        where setlocale(LC_CTYPE, locale) != nil && cn_codeset_is_utf8() != 0 {
            return
        }
        throw .noUTF8Locale
    }

    /// How many columns a scalar takes: 0 for a combining mark, -1 for what cannot be painted.
    static func width(of scalar: Unicode.Scalar) -> Int {
        Int(cn_character_width(scalar.value))
    }
}
