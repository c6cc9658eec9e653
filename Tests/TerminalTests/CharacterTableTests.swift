import Foundation
import Testing

@testable import Terminal

/// The C library's table, compared with Unicode's.
@Suite struct CharacterTableTests {
    private static let wide: [ClosedRange<UInt32>] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Unicode/Wide.txt")
        let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
        return lines.filter { !$0.hasPrefix("#") }.compactMap { line in
            let bounds = line.split(separator: ".").compactMap { UInt32($0, radix: 16) }
            return bounds.count == 2 ? bounds[0]...bounds[1] : nil
        }
    }()

    /// Two columns, or none for a mark. Characters that an older library does not know are not painted.
    @Test func wideCharactersTakeTwoColumns() throws {
        try CharacterTable.useUTF8()
        #expect(Self.wide.count > 50)
        var others: [UInt32] = []
        for scalar in Self.wide.joined().compactMap({ Unicode.Scalar($0) }) {
            let isMark = [.nonspacingMark, .enclosingMark].contains(scalar.properties.generalCategory)
            let width = CharacterTable.width(of: scalar)
            if width != 2, width != -1, !(isMark && width == 0) { others.append(scalar.value) }
        }
        #expect(others == [])
    }

    @Test func lettersOfEuropeTakeOne() throws {
        try CharacterTable.useUTF8()
        for value in [0x21...0x7E, 0xC0...0x24F, 0x391...0x3A1, 0x410...0x45F, 0x5D0...0x5EA, 0x621...0x63A].joined() {
            #expect(Unicode.Scalar(UInt32(value)).map(CharacterTable.width) == 1)
        }
    }
}
