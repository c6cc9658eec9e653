import Testing

@testable import ChatUI

@Suite struct PaletteTests {
    @Test(arguments: [(1 << 24, 0x8A8A8A), (256, 245), (88, 8), (16, 8), (8, nil)] as [(Int, Int32?)])
    func gray(colors: Int, number: Int32?) {
        #expect(Palette(colors: colors, usesColor: true).foreground(.gray) == number)
    }

    @Test(arguments: [Palette(colors: 2, usesColor: true), Palette(colors: 256, usesColor: false)])
    func attributesStandForColors(palette: Palette) {
        #expect(!palette.hasColor)
        for color in Style.Color.allCases where color != .normal {
            let rendition = palette.rendition(of: Style(color))
            #expect(rendition.pair == 0)
            #expect(rendition.attributes != palette.rendition(of: .plain).attributes)
        }
    }

    @Test func colorsKeepTheAttributes() {
        let palette = Palette(colors: 8, usesColor: true)
        #expect(palette.rendition(of: Style(.red, .reverse)) == .init(attributes: .reverse, pair: 1))
        #expect(palette.rendition(of: Style(.gray, .bold)) == .init(attributes: [.bold, .dim]))
    }

    @Test(
        arguments: [
            (Theme(.light), Style.Color.yellow, 256, 94), (Theme(.light), .yellow, 8, 5), (Theme(.dark), .cyan, 256, 6),
            (Theme(.mono), .red, 256, nil),
        ] as [(Theme, Style.Color, Int, Int32?)])
    func themes(theme: Theme, color: Style.Color, colors: Int, number: Int32?) {
        #expect(Palette(colors: colors, usesColor: true, theme: theme).foreground(color) == number)
    }

    @Test(
        arguments: [
            ("red", 8, 1), ("Bright-Red", 16, 9), ("bright-red", 8, nil), ("color208", 256, 208), ("color208", 16, nil),
            ("default", 256, nil),
            ("color208", 1 << 24, 0xFF8700), ("red", 1 << 24, 1), ("bright-red", 1 << 24, 0xFF0000),
            ("color16", 1 << 24, 0),
        ] as [(String, Int, Int32?)])
    func colorsByName(value: String, colors: Int, number: Int32?) throws {
        let theme = try Theme(.dark, changing: ["cyan": value])
        let palette = Palette(colors: colors, usesColor: true, theme: theme)
        #expect(palette.foreground(.cyan) == number)
        #expect(palette.foreground(.red) == 1)
    }

    @Test(
        arguments: [
            (["pink": "red"], .unknownColor("pink")), (["normal": "red"], .unknownColor("normal")),
            (["red": "color256"], .unknownValue("color256")), (["red": "#ff0000"], .unknownValue("#ff0000")),
        ] as [([String: String], Theme.Invalid)])
    func mistakes(changes: [String: String], error: Theme.Invalid) {
        #expect(throws: error) { try Theme(.light, changing: changes) }
    }
}
