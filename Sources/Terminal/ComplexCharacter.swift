import CNcurses
import ChatUI

/// Converts cells to ncurses's form.
enum ComplexCharacter {
    /// The characters for a cell. Normally that is one. If the C library gives the cell's text another width, it is one
    /// placeholder per column, so that the row never shifts. A screen made with the terminal's own `characterWidth` has
    /// no such cells.
    static func characters(for cell: Cell, palette: Palette) -> [cchar_t] {
        let rendition = palette.rendition(of: cell.style)
        let scalars = Array(cell.text.unicodeScalars)
        let fits =
            scalars.first.map { CharacterTable.width(of: $0) } == cell.width
            && scalars.dropFirst().allSatisfy { CharacterTable.width(of: $0) == 0 }
        guard fits, let character = make(scalars, rendition) else {
            let standIn: Unicode.Scalar = cell.text.isEmpty ? " " : "?"
            return (0..<cell.width).compactMap { _ in make([standIn], rendition) }
        }
        return [character]
    }

    private static func make(_ scalars: [Unicode.Scalar], _ rendition: Palette.Rendition) -> cchar_t? {
        let text = scalars.prefix(Int(CCHARW_MAX)).map { wchar_t(bitPattern: $0.value) } + [0]
        var character = cchar_t()
        let result = setcchar(&character, text, attributes(rendition.attributes), rendition.pair, nil)
        return result == OK ? character : nil
    }

    private static func attributes(_ attributes: Style.Attributes) -> attr_t {
        var result: attr_t = 0
        if attributes.contains(.bold) { result |= cn_attribute_bold() }
        if attributes.contains(.dim) { result |= cn_attribute_dim() }
        if attributes.contains(.underline) { result |= cn_attribute_underline() }
        if attributes.contains(.reverse) { result |= cn_attribute_reverse() }
        return result
    }
}
