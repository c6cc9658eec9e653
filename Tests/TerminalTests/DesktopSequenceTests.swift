import Testing

@testable import Terminal

@Suite struct DesktopSequenceTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("\u{1B}]я", "G13Rjw=="),
        ("???>>>", "Pz8/Pj4+"),
    ])
    func clipboard(text: String, encoded: String) {
        #expect(DesktopSequence.clipboard(text) == Array("\u{1B}]52;c;\(encoded)\u{07}".utf8))
    }

    @Test(arguments: [
        ("xterm-256color", "\u{1B}]9;Иван, 1: при␇вет\u{FFFD}␛[2J \u{07}"),
        ("rxvt-unicode", "\u{1B}]777;notify;Иван, 1;при␇вет\u{FFFD}␛[2J \u{07}"),
    ])
    func notification(terminal: String, sequence: String) {
        let bytes = DesktopSequence.notification(
            title: "Иван; 1", body: "при\u{07}вет\u{9C}\u{1B}[2J\n", terminal: terminal)
        #expect(String(decoding: bytes, as: UTF8.self) == sequence)
    }

    @Test func notificationsAreShort() {
        let long = String(repeating: "я", count: 10_000)
        #expect(DesktopSequence.notification(title: long, body: long, terminal: "xterm").count < 1000)
    }
}
