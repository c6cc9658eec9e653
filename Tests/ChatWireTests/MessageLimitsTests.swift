import Testing

@testable import ChatWire

@Suite("How long a message may be")
struct MessageLimitsTests {
    static let family = "👨\u{200D}👩\u{200D}👧"

    static let cases: [(String, MessageLimits.Violation?)] = [
        ("", .empty), (" \n\t\u{A0}", .empty), ("a", nil), (String(repeating: "я", count: 500), nil),
        ("  " + String(repeating: "я", count: 500) + "\n", nil),
        (String(repeating: "я", count: 501), .tooManyCharacters(501, limit: 500)),
        (String(repeating: family, count: 227), nil),
        (String(repeating: family, count: 228), .tooManyBytes(4104, limit: 4096)),
        (String(repeating: "я", count: 2049), .tooManyBytes(4098, limit: 4096)), ("a\0b", .containsNUL),
        ("\u{200B}", .empty), ("\u{2060} \u{FEFF}", .empty), ("\u{3164}", .empty), ("\u{200D}\u{FE0F}", .empty),
    ]

    @Test(arguments: cases)
    func check(_ text: String, _ violation: MessageLimits.Violation?) {
        #expect(MessageLimits().check(text) == violation)
    }

    @Test func trimmed() {
        #expect(MessageLimits.trimmed("\u{3000} a b \n") == "a b")
        #expect(MessageLimits.trimmed(" \n") == "")
    }
}
