import Foundation
import Testing

/// `Tests/Corpus/hostile-text.json`.
struct Corpus: Decodable {
    struct Text: Decodable, CustomTestStringConvertible {
        let name: String
        private let text: String
        private let times: Int?

        /// The text as it would be sent.
        var whole: String { String(repeating: text, count: times ?? 1) }
        var testDescription: String { name }
    }

    /// The inside of a JSON string.
    struct Literal: Decodable, CustomTestStringConvertible {
        let name: String
        let json: String
        var testDescription: String { name }
    }

    private let texts: [Text]
    private let json: [Literal]

    static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    private static let file = Result {
        try JSONDecoder().decode(
            Corpus.self, from: Data(contentsOf: tests.appending(path: "Corpus/hostile-text.json")))
    }

    static var texts: [Text] { (try? file.get().texts) ?? [] }
    static var json: [Literal] { (try? file.get().json) ?? [] }
}

extension Unicode.Scalar {
    /// Whether a terminal or a pager would act upon the scalar, or it makes a text read differently from what is
    /// stored.
    var isHarmful: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x2028, 0x2029: true
        case 0xE0000...0xE007F, 0xFDD0...0xFDEF, 0xFFF9...0xFFFB, 0x206A...0x206F: true
        default: properties.isBidiControl || value & 0xFFFE == 0xFFFE
        }
    }
}

extension String {
    /// The harmful scalars, but for line feeds where those are allowed.
    func harm(allowing allowed: Set<Unicode.Scalar> = []) -> [String] {
        unicodeScalars.filter { $0.isHarmful && !allowed.contains($0) }.map { "U+\(String($0.value, radix: 16))" }
    }
}
