import Testing

@testable import ChatUI

struct ScreenTests {
    @Test(arguments: ScreenScript.names)
    func script(_ name: String) throws {
        var script = try ScreenScript(name)
        try script.run()
    }

    @Test(arguments: [(3, "漢 "), (4, "漢字"), (5, "漢字 "), (1, " ")])
    func noWideCharacterIsHalved(_ columns: Int, _ text: String) {
        var screen = Screen(size: Size(rows: 1, columns: columns))
        var row = CellRow()
        row.append(CharacterWidth.fixed.glyphs(of: "漢字"))
        screen.put(row, row: 0)
        #expect(screen.row(0).map(\.text).joined() == text)
        #expect(screen.row(0).reduce(0) { $0 + $1.width } == columns)
    }

    /// With an empty list of arguments, the other test would pass unnoticed.
    @Test func scriptsAreFound() {
        #expect(ScreenScript.names.count > 10)
    }
}
