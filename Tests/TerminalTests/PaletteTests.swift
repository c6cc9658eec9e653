import ChatUI
import Testing

@testable import Terminal

@Suite struct PaletteTests {
    @Test(arguments: [(256, 245), (88, 8), (16, 8), (8, nil)] as [(Int, Int16?)])
    func gray(colors: Int, number: Int16?) {
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
}
