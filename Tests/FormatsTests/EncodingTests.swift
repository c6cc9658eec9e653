import Formats
import Testing

struct EncodingTests {
    /// RFC 4648, section 10.
    @Test func base64() {
        let examples = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (plain, encoded) in examples {
            #expect(Base64.encode(plain.utf8) == encoded)
            #expect(Base64.decode(encoded) == Array(plain.utf8))
            #expect(Base64.decodeURL(encoded.filter { $0 != "=" }) == Array(plain.utf8))
        }
        let all = Array(UInt8.min ... .max)
        #expect(Base64.decode(Base64.encode(all)) == all)
        #expect(Base64.decode("+/+/") == [0xFB, 0xFF, 0xBF] && Base64.decodeURL("-_-_") == [0xFB, 0xFF, 0xBF])
    }

    @Test(arguments: ["Z", "Zg=", "Zg===", "=", "====", "Zg=v", "Zm 9", "Zm9\n", "Zm9ü", "-_-_", "Zm9vYg"])
    func isNoBase64(_ text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["Z", "=", "Zm9vY", "Zg=a", "Zm9 ", "e3\u{0}"])
    func isNoBase64ForURLs(_ text: String) { #expect(Base64.decodeURL(text) == nil) }

    @Test func percentEncodingIsUndone() {
        let text = "a b+c/ä&=?%😀~"
        #expect(PercentEncoding.encode(text) == "a%20b%2Bc%2F%C3%A4%26%3D%3F%25%F0%9F%98%80~")
        #expect(PercentEncoding.decode(PercentEncoding.encode(text), plusIsSpace: true) == text)
        #expect(PercentEncoding.decode("%41%zz%4") == "A%zz%4" && PercentEncoding.decode("%FF") == "\u{FFFD}")
    }

    @Test(arguments: [
        ("localhost", true), ("LocalHost", true), ("127.0.0.1", true), ("127.255.255.255", true), ("::1", true),
        ("", false), ("127.0.0", false), ("127.0.0.256", false), ("127.0.0.1.example", false), ("127.0.0.1.", false),
        ("localhost.example", false), ("128.0.0.1", false), ("::2", false), ("[::1]", false),
    ])
    func loopback(name: String, isOne: Bool) { #expect(Loopback.contains(host: name) == isOne) }
}
