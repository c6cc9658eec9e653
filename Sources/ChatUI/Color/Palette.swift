/// How styles look on a terminal with a given number of colours. A missing colour is replaced by an attribute, so that
/// nothing is shown by colour alone.
package struct Palette: Equatable {
    /// What ncurses needs: the attributes and the number of a colour pair. Pair 0 has the terminal's own colours.
    package struct Rendition: Equatable {
        package var attributes: Style.Attributes
        package var pair: Int16 = 0
    }

    /// 0 if colours are switched off, or if the terminal has fewer than eight colours.
    private let colors: Int
    private let theme: Theme

    package init(colors: Int, usesColor: Bool, theme: Theme = Theme()) {
        self.colors = usesColor && colors >= 8 && theme.hasColors ? colors : 0
        self.theme = theme
    }

    package var hasColor: Bool { colors > 0 }

    package func rendition(of style: Style) -> Rendition {
        if foreground(style.color) != nil {
            return Rendition(attributes: style.attributes, pair: Int16(style.color.rawValue))
        }
        return Rendition(attributes: style.attributes.union(Self.substitute(for: style.color)))
    }

    /// The number of a colour on the terminal. Nil if an attribute replaces it. The number of the colour's pair is its
    /// raw value.
    package func foreground(_ color: Style.Color) -> Int32? {
        hasColor ? theme.number(of: color, colors: colors) : nil
    }

    private static func substitute(for color: Style.Color) -> Style.Attributes {
        switch color {
        case .normal: []
        case .red, .yellow, .green: .bold
        case .blue, .magenta, .cyan: .underline
        case .gray: .dim
        }
    }
}
