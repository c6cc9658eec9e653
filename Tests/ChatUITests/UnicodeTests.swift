import ChatWire
import Foundation
import Testing

@testable import ChatUI

/// Unicode's test file: one key moves over or deletes what it calls one character, and nothing is painted outside its
/// cells.
struct UnicodeTests {
    private static let cases: [[String]] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Unicode/GraphemeBreaks.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        // Swift does not treat U+2701 as a pictograph, so it separates two of them that are joined.
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains("200D × 2701") }
        return lines.map(clusters)
    }()

    /// `÷ 0020 × 0308 ÷ 0020 ÷`
    private static func clusters(_ line: Substring) -> [String] {
        line.split(separator: "÷").map { part in
            let scalars = part.split { $0 == " " || $0 == "×" }.compactMap { UInt32($0, radix: 16) }
            return String(String.UnicodeScalarView(scalars.compactMap { Unicode.Scalar($0) }))
        }.filter { !$0.isEmpty }
    }

    @Test func casesAreFound() {
        #expect(Self.cases.count > 500)
    }

    @Test func theEditorGoesByClusters() {
        for clusters in Self.cases where clusters.allSatisfy({ LineEditor.sanitized($0).utf8.elementsEqual($0.utf8) }) {
            var editor = LineEditor(clusters.joined())
            #expect(editor.text.map(String.init) == clusters)
            for count in stride(from: clusters.count - 1, through: 0, by: -1) {
                editor.perform(.backwardDelete)
                #expect(editor.text == clusters.prefix(count).joined())
            }
        }
    }

    @Test func theCursorStandsBetweenClusters() {
        for clusters in Self.cases {
            let editor = LineEditor(clusters.joined())
            for columns in [2, 3, 40] {
                let layout = DraftLayout(editor, columns: columns, width: .fixed)
                #expect(layout.rows.flatMap(\.stops).map(\.offset) == Array(0...editor.text.count))
                for row in layout.rows {
                    // Spaces at the end of a row may exceed its edge.
                    let end = row.glyphs.lastIndex { !$0.isSpace }.map { $0 + 1 } ?? 0
                    #expect(row.glyphs[..<end].totalWidth <= columns)
                }
            }
        }
    }

    @Test func clustersArePaintedOneByOne() {
        for clusters in Self.cases {
            let whole = CharacterWidth.fixed.glyphs(of: clusters.joined())
            #expect(whole == clusters.flatMap { CharacterWidth.fixed.glyphs(of: $0) })
            #expect(whole.allSatisfy { (1...5).contains($0.text.unicodeScalars.count) })
        }
    }
}
