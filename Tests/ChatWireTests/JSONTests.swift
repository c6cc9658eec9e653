import ChatClient
import Foundation
import Testing

@testable import ChatWire

@Suite("JSON, beside Foundation's")
struct JSONTests {
    private func ours(_ json: [UInt8]) -> Result<JSONTree, WireCodec.Malformed> {
        Result { () throws(WireCodec.Malformed) in try WireCodec.decode(JSONTree.self, from: json) }
    }

    private func foundations(_ json: [UInt8]) -> JSONTree? {
        try? JSONDecoder().decode(JSONTree.self, from: Data(json))
    }

    /// Both parsers accept the text and read the same, or both refuse it. Only texts with repeated names are refused by
    /// ours alone.
    private func compare(_ json: [UInt8], _ comment: Comment, _ place: SourceLocation = #_sourceLocation) {
        let text = String(decoding: json, as: UTF8.self)
        switch ours(json) {
        case .success(let tree):
            #expect(tree == foundations(json), "\(comment): \(text)", sourceLocation: place)
        case .failure(.repeatedName): break
        case .failure(let error):
            #expect(foundations(json) == nil, "\(comment), refused as \(error): \(text)", sourceLocation: place)
        }
    }

    // MARK: - Reading

    @Test(
        "each rule of the grammar",
        arguments: [
            // RFC 8259, section 2: white space
            " \t\r\n1 \t\r\n", "\u{0B}1", "1\u{A0}", "\u{FEFF}[1]", "\u{FEFF}\u{FEFF}1", "", " ", "1 2", "[1]]",
            // Section 3: literals
            "true", "false", "null", "True", "nul", "nullx", "truefalse",
            // Sections 4 and 5: objects and arrays
            "{}", "[]", "[ ]", "{ }", "[1,]", "[,1]", "[1 2]", "[1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
            "{\"a\" : 1}",
            "{\"a\":1 \"b\":2}", "{1:2}", "[1:2]", "{\"a\",1}", "{\"\":1}",
            // Section 6: numbers
            "0", "-0", "-1", "01", "-01", "+1", "1.", ".5", "1.5", "1e", "1e5", "1E+5", "1e-5", "1e+", "-", "--1",
            "1.0", "1e2",
            "100e-2", "0x1", "1_000", "NaN", "Infinity", "-Infinity", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "-9223372036854775809", "1e999", "-1e999", "0.1e1", "1.0e0", "0e0", "-0.0", "0.0",
            "00",
            "9007199254740991.0", "12345678901234567890123", "1e18", "1.5e1",
            // Section 7: strings
            #""""#, #""a"#, #""\"\\\/\b\f\n\r\t""#, #""\a""#, #""\u0041""#, #""\u00e9""#, #""\u004""#, #""\u004g""#,
            #""\U0041""#,
            #""\ud83d\ude00""#, #""\ud83d""#, #""\ude00""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\ude00\ud83d""#,
            "\"\t\"", "\"\n\"",
            "\"\u{7F}\"", "\"\u{2028}\"", #""\u0000""#, #""\"#, #""\u""#, "'a'", "\"é😀\u{301}\"", "\"\u{FFFF}\"",
            #"{"\u0061":1}"#, #"{"\ud83d\ude00":1}"#, #"{"a\"b":1}"#, "/**/1", "1//", "[1]/*", "{\"a\":1}#",
        ])
    func grammar(_ json: String) {
        compare(Array(json.utf8), "whole")
        compare(Array("[\(json)]".utf8), "in an array")
        compare(Array("{\"x\":\(json)}".utf8), "in an object")
    }

    @Test("what is not UTF-8 is refused", arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5]])
    func notUTF8(_ bytes: [UInt8]) {
        let json = [UInt8](ascii: "\"") + bytes + [UInt8](ascii: "\"")
        #expect(ours(json) == .failure(.notUTF8))
        compare(json, "not UTF-8")
    }

    @Test("the examples of events, whole, cut at each byte, and with each byte changed")
    func events() throws {
        let examples = EventCodecTests.clientEvents.map(\.json) + EventCodecTests.serverEvents.map(\.json)
        for json in examples.map({ Array($0.utf8) }) {
            compare(json, "whole")
            for index in json.indices {
                compare(Array(json[..<index]), "cut at \(index)")
                for byte in #"{}[]",:\0e-.tn "#.utf8 {
                    var changed = json
                    changed[index] = byte
                    compare(changed, "changed at \(index)")
                }
            }
        }
    }

    @Test("random documents, and what becomes of them by chance", arguments: 0..<20)
    func random(_ seed: Int) {
        var random = RandomJSON(seed: UInt64(seed))
        for _ in 0..<50 {
            let json = Array(random.document().utf8)
            compare(json, "seed \(seed)")
            for _ in 0..<20 { compare(random.changed(json), "seed \(seed), changed") }
        }
    }

    @Test(
        "a name that stands twice is refused, however it is spelled",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"a":1,"c":[],"a":{}}}]"#, #"{"":1,"x":2,"":3}"#,
            #"{"\ud83d":1,"\ud83d":2}"#, "{\(Array(0..<100).map { "\"\($0 % 99)\":0" }.joined(separator: ","))}",
        ])
    func repeatedName(_ json: String) {
        #expect(ours(Array(json.utf8)) == .failure(.repeatedName))
        #expect(!WireCodec.isUnambiguous(Array(json.utf8)))
    }

    @Test(
        "names that only look alike are two",
        arguments: [#"{"a":1,"A":1}"#, "{\"é\":1,\"e\u{301}\":2}", #"{"a":1,"b":{"a":2}}"#, #"[{"a":1},{"a":1}]"#])
    func differentNames(_ json: String) throws {
        #expect(WireCodec.isUnambiguous(Array(json.utf8)))
    }

    @Test("a hundred levels are read, one more is refused")
    func levels() {
        let nested = { (levels: Int) in
            [UInt8](repeating: UInt8(ascii: "["), count: levels) + [UInt8](repeating: UInt8(ascii: "]"), count: levels)
        }
        compare(nested(100), "a hundred levels")
        #expect(ours(nested(101)) == .failure(.nestedTooDeeply))
        #expect((try? ours(nested(100)).get()) != nil)
    }

    @Test("many names cost no more than their length")
    func manyNames() {
        let members = (0..<50_000).map { "\"\($0)\":0" }.joined(separator: ",")
        let start = ContinuousClock.now
        #expect(WireCodec.isUnambiguous(Array("{\(members)}".utf8)))
        #expect(ContinuousClock.now - start < .seconds(10))  // each with each would take minutes
    }

    // MARK: - Writing

    @Test("random values survive both ways, through either's reader", arguments: 0..<20)
    func written(_ seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        for _ in 0..<50 {
            let tree = try #require(foundations(Array(random.document().utf8)))
            let whole = try #require(foundations(Array(WireCodec.encode(tree).utf8)), "seed \(seed)")
            #expect(try WireCodec.decode(JSONTree.self, from: WireCodec.encode(tree)) == whole, "seed \(seed)")
            #expect(try WireCodec.decode(JSONTree.self, from: Array(JSONEncoder().encode(tree))) == whole)
        }
    }

    @Test("a string is written byte for byte as Foundation writes it")
    func strings() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let scalars = (0...0x2FF).map { $0 } + [0x2028, 0x2029, 0xFEFF, 0xFFFF, 0x1F600, 0x10FFFF]
        for scalar in scalars.compactMap({ Unicode.Scalar(UInt32($0)) }) {
            let text = "a\(scalar)\"\(scalar)\\/"
            #expect(WireCodec.encode(text) == String(decoding: try encoder.encode(text), as: UTF8.self))
        }
        // Wherever in a word of eight bytes it stands, and beside whatever.
        let marks = ["\u{0}", "\u{1F}", " ", "\"", "\\", "!", "#", "[", "]", "\u{7F}", "\u{80}", "я"]
        for (mark, place) in marks.flatMap({ mark in (0..<17).map { (mark, $0) } }) {
            for filler in ["!", "#", "[", "]", " ", "я", "\u{2}"] {
                let text = String(repeating: filler, count: place) + mark + String(repeating: filler, count: 17 - place)
                #expect(WireCodec.encode(text) == String(decoding: try encoder.encode(text), as: UTF8.self))
            }
        }
    }
}

extension [UInt8] {
    fileprivate init(ascii text: String) { self = Array(text.utf8) }
}

/// Documents, valid ones, and changes that may break them.
private struct RandomJSON {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func document(levels: Int = 4) -> String {
        switch Int.random(in: 0..<(levels > 0 ? 9 : 6), using: &random) {
        case 0: return ["null", "true", "false"].randomElement(using: &random)!
        case 1: return String(Int.random(in: .min ... .max, using: &random) >> Int.random(in: 0..<64, using: &random))
        case 2: return ["0.5", "1.0", "-1e3", "1E-2", "12.25e+4", "-0"].randomElement(using: &random)!
        case 3, 4, 5: return string()
        case 6, 7:
            let count = Int.random(in: 0..<6, using: &random)
            let members = (0..<count).map { index in
                "\(space())\"\(index)\(content())\"\(space()):\(space())\(document(levels: levels - 1))\(space())"
            }
            return "{\(members.joined(separator: ","))}"
        default:
            let count = Int.random(in: 0..<6, using: &random)
            let elements = (0..<count).map { _ in "\(space())\(document(levels: levels - 1))\(space())" }
            return "[\(elements.joined(separator: ","))]"
        }
    }

    private mutating func string() -> String { "\"\(content())\"" }

    private static let pieces = [
        "a", "Z", " ", "7", "é", "e\u{301}", "Ж", "漢", "😀", "\u{200D}", "\u{7F}", "\\n", "\\\"", "\\\\", "\\/",
        "\\u0000",
        "\\u00e9", "\\uD83D\\uDE00", "{", "}", "[", "]", ",", ":", "'",
    ]

    private mutating func content() -> String {
        (0..<Int.random(in: 0..<8, using: &random)).map { _ in Self.pieces.randomElement(using: &random)! }.joined()
    }

    private mutating func space() -> String { ["", "", "", " ", "\n\t", "\r"].randomElement(using: &random)! }

    /// A byte taken out, put in, or replaced. None by which Foundation would take it for another encoding.
    mutating func changed(_ json: [UInt8]) -> [UInt8] {
        var json = json
        let place = Int.random(in: 0...json.count, using: &random)
        let byte = UInt8.random(in: 1...0xFD, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where place < json.count: json.remove(at: place)
        case 1 where place < json.count: json[place] = byte
        case 2: json.removeSubrange(place...)
        default: json.insert(byte, at: place)
        }
        return json
    }
}
