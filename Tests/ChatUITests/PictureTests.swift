import Foundation
import Testing

@testable import ChatUI

/// The pictures of the documentation. `make pictures` renders them again.
@Suite("Pictures of the screen")
struct PictureTests {
    /// The folder of the documentation's pictures.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/ChatUI/ChatUI.docc")

    static let areMadeAnew = ProcessInfo.processInfo.environment["UPDATE_PICTURES"] != nil

    /// `conversation.svg`, and `conversation~dark.svg`, which is DocC's naming.
    static func file(_ name: String, _ appearance: ScreenPicture.Appearance) -> String {
        name + (appearance == .dark ? "~dark" : "") + ".svg"
    }

    /// Compares the pictures of a screen with the files, or writes the files.
    static func check(_ screen: Screen, _ name: String) throws {
        for appearance in ScreenPicture.Appearance.allCases {
            let url = folder.appending(path: file(name, appearance))
            let picture = ScreenPicture(screen, appearance).svg
            if areMadeAnew {
                try Data(picture.utf8).write(to: url)
            } else {
                let kept = try? String(contentsOf: url, encoding: .utf8)
                #expect(kept == picture, "\(url.lastPathComponent) is stale: `make pictures` makes it anew")
            }
        }
    }

    @Test("every picture is one of a script's") func noneIsLeftOver() throws {
        let kept = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".svg") }
        let names = try ScreenScript.names.flatMap { try ScreenScript($0).pictures }
        #expect(!names.isEmpty)
        let made = names.flatMap { name in ScreenPicture.Appearance.allCases.map { Self.file(name, $0) } }
        #expect(made.sorted() == kept.sorted())
    }

    private func picture(_ cells: [Cell], _ appearance: ScreenPicture.Appearance = .light) -> [Substring] {
        var screen = Screen(size: Size(rows: 1, columns: cells.count))
        for (column, cell) in cells.enumerated() { screen[0, column] = cell }
        return ScreenPicture(screen, appearance).svg.split(separator: "\n").filter { !$0.hasPrefix("<svg") }
    }

    private func cells(_ text: String, _ style: Style = .plain) -> [Cell] {
        var row = CellRow()
        row.append(CharacterWidth.fixed.glyphs(of: text), style)
        return row.cells
    }

    @Test("what stands behind a wide character, or a mark, is where the terminal has it") func widths() {
        let texts = picture(cells("a漢e\u{301}b")).filter { $0.hasPrefix("<text") }
        let expected = [(14, 9, "a"), (23, 18, "漢"), (41, 9, "e\u{301}"), (50, 9, "b")]
        #expect(texts.count == expected.count)
        for (text, (x, length, content)) in zip(texts, expected) {
            #expect(text.contains("x=\"\(x)\"") && text.contains("textLength=\"\(length)\""), "\(text)")
            #expect(text.hasSuffix(">\(content)</text>"), "\(text)")
        }
    }

    @Test("blanks are left out, and each word stands in its column") func words() {
        let texts = picture(cells("ab  c")).filter { $0.hasPrefix("<text") }
        #expect(texts.count == 2)
        #expect(texts.last?.contains("x=\"50\"") == true)
    }

    @Test("styles and the theme's colours") func styles() {
        #expect(picture(cells("x", .peerName)).contains { $0.contains("fill=\"#005f87\" font-weight=\"bold\"") })
        #expect(picture(cells("x", .peerName), .dark).contains { $0.contains("fill=\"#29b8db\" font-weight=\"bold\"") })
        #expect(picture(cells("x", .secondary)).contains { $0.contains("fill-opacity") })
        let match = picture(cells("x", .match))
        #expect(match.contains { $0.hasPrefix("<rect x=\"14\"") && $0.contains("fill=\"#1f2328\"") })
        #expect(match.contains { $0.hasPrefix("<text") && $0.contains("fill=\"#ffffff\"") })
    }

    @Test("what the file format would obey is text") func escaping() {
        #expect(picture(cells("<b>&")).contains { $0.hasSuffix(">&lt;b&gt;&amp;</text>") })
    }
}
