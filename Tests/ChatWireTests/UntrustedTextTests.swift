import Testing

@testable import ChatWire

@Suite("Untrusted text, shown")
struct UntrustedTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("Привет 👋", "Привет 👋"), ("\u{1B}[2J", "␛[2J"), ("a\u{0}b", "a␀b"), ("\u{7F}", "␡"),
        ("\u{9B}31m", "\u{FFFD}31m"), ("\u{9D}0;t\u{9C}", "\u{FFFD}0;t\u{FFFD}"), ("a\tb", "a b"),
        ("\u{202E}abc\u{2066}", "\u{FFFD}abc\u{FFFD}"), ("a\nb\r\nc\rd\u{85}e\u{2028}f\u{2029}g", "a b c d e f g"),
        (
            "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}!",
            "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}!"
        ), ("\u{1F3F4}\u{E0068}\u{E0069}\u{E007F}", "\u{1F3F4}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{E0041}\u{FFFE}\u{1FFFF}", "\u{FFFD}\u{FFFD}\u{FFFD}"), ("👨\u{200D}👩", "👨\u{200D}👩"), ("\u{7}\u{8}", "␇␈"),
        ("ŉ", "ŉ"),
    ])
    func inOneLine(_ text: String, _ shown: String) {
        #expect(Array(UntrustedText(text).displayed().unicodeScalars) == Array(shown.unicodeScalars))
    }

    @Test func linesKept() {
        #expect(UntrustedText("a\r\nb\rc\n\nd\u{2028}e").displayed(lineBreaks: .kept) == "a\nb\nc\n\nd\ne")
    }

    @Test("no scalar at all comes through as a control")
    func everyScalar() {
        for value in (0...0x10FFFF as ClosedRange<UInt32>) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = UntrustedText(String(scalar)).displayed(lineBreaks: .kept).unicodeScalars
            #expect(shown.count == 1)
            for result in shown {
                let isControl = result.properties.generalCategory == .control && result != "\n"
                let isBidi = result.properties.isBidiControl
                if isControl || isBidi {
                    Issue.record("U+\(String(value, radix: 16)) comes through as \(result.value)")
                }
            }
        }
    }

    @Test("printing one is as safe as showing it")
    func printed() {
        let text = UntrustedText("\u{1B}]0;x\u{7}")
        #expect("\(text)" == "␛]0;x␇")
        #expect(String(reflecting: text) == "\"␛]0;x␇\"")
    }
}
