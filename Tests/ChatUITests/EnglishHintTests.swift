import ChatUI
import Testing

struct EnglishHintTests {
    @Test(
        arguments: [
            ([:], nil), (["LANG": "en_US.UTF-8"], .flag), (["LANG": "en"], .flag),
            (["LANG": "en_GB", "LC_ALL": ""], .flag),
            (["LANG": "en_US.UTF-8", "LC_ALL": "C"], nil), (["LANG": "en_US", "LC_MESSAGES": "ru_RU.UTF-8"], nil),
            (["LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_US"], .flag), (["LANG": "C.UTF-8"], nil),
            (["LANG": "POSIX"], nil),
            (["LANG": "ru_RU.UTF-8"], nil), (["LANG": "enm_US"], nil),
            (["LANG": "en_US", "MAKELEVEL": "1"], .variable),
        ] as [([String: String], EnglishHint?)])
    func locale(environment: [String: String], hint: EnglishHint?) {
        #expect(EnglishHint(environment: environment) == hint)
    }
}
