import Testing

@testable import ChatServer

@Suite struct UUIDTextTests {
    private static let lower = "0189abcd-ef01-7234-8567-89abcdef0123"

    /// Each byte in each position: digits where digits belong, hyphens where hyphens belong.
    @Test(arguments: 0..<36)
    func eachPlaceTakesItsOwn(place: Int) throws {
        for byte in UInt8(1)..<128 {
            var bytes = Array(Self.lower.utf8)
            bytes[place] = byte
            let isDue =
                [8, 13, 18, 23].contains(place)
                ? byte == UInt8(ascii: "-") : Character(Unicode.Scalar(byte)).isHexDigit
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(UUIDText.isValid(text) == isDue, "\(byte) at \(place)")
            #expect(UUIDText.canonical(text) == (isDue ? text.lowercased() : text))
        }
    }

    @Test(arguments: ["", "A", lower + "0", String(lower.dropLast()), "ABCDEF", lower.replacing("a", with: "é")])
    func othersStayAsTheyAre(text: String) {
        #expect(!UUIDText.isValid(text))
        #expect(UUIDText.canonical(text) == text)
    }
}
