import ChatClient
import Testing

struct CredentialTests {
    @Test(arguments: ["a.b-c_d", "a.b-c_d\n", "a.b-c_d\r\n", " a.b-c_d\t", "\u{FEFF}a.b-c_d\r\n"])
    func whatStandsAroundItIsNoPart(_ text: String) throws {
        #expect(try Credential.checked(text) == "a.b-c_d")
    }

    @Test(arguments: [
        "", " \r\n", "\u{FEFF}", "a b", "a\r\nX-Evil: 1", "a\nb", "a\u{0}b", "a\u{7F}", "ключ", "a\u{FEFF}b",
    ])
    func whatNoHeaderCarries(_ text: String) {
        #expect(throws: Credential.Invalid.self) { try Credential.checked(text) }
    }
}
