import Testing

@testable import ChatWire

@Suite("User ids")
struct UserIDTests {
    @Test(arguments: ["a", "анна", "u 1", "550e8400-e29b-41d4-a716-446655440000", String(repeating: "я", count: 128)])
    func valid(_ text: String) {
        #expect(UserID(text)?.wire == text)
    }

    @Test(arguments: ["", String(repeating: "a", count: 129), "a\n", "\u{1B}[2J", "a\u{7F}", "a\u{9B}", "\0"])
    func invalid(_ text: String) {
        #expect(UserID(text) == nil)
    }

    @Test("canonically equivalent spellings are two users, also as keys")
    func bytes() throws {
        let composed = try #require(UserID("\u{E9}"))
        let decomposed = try #require(UserID("e\u{301}"))
        #expect(composed.wire == decomposed.wire)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
    }
}
