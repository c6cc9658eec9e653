import ChatWire
import ClientUpdates
import SystemErrors
import Testing

@testable import ChatUI

/// No message mixes two languages. Libraries and servers have words of their own, which are translated or marked as a
/// quotation.
struct MixedLanguageTests {
    /// Names are the same in each language.
    private static let names: Set<String> = [
        "chat", "tui", "token", "file", "wss", "ws", "TLS", "HTTP", "url", "ca", "ID", "proxy", "HTTPS", "PROXY", "VPN",
        "DNS", "data", "dir",
    ]

    private func expectOneLanguage(_ comment: Comment, _ text: (Texts) -> String?) {
        let russian = text(Texts(.russian)) ?? ""
        let foreign = russian.matches(of: /[A-Za-z]{2,}/).map { String($0.output) }.filter { !Self.names.contains($0) }
        #expect(foreign == [], "\(comment): \(russian)")
        let english = text(Texts(.english)) ?? ""
        #expect(!english.contains { ("а"..."я").contains($0) }, "\(comment): \(english)")
    }

    @Test func systemErrors() {
        for number: Int32 in 1...200 { expectOneLanguage("\(number)") { $0.systemError(number) } }
    }

    /// SQLite's messages are English only.
    @Test(arguments: [
        StoreFailure.failed("disk I/O error"), .failed("interrupted"), .diskFull, .damaged, .gone, .system(5),
    ])
    func databases(_ failure: StoreFailure) {
        expectOneLanguage("\(failure)") { $0.storeFailed(failure) }
        expectOneLanguage("\(failure)") { $0.historyUnavailable(.unreadable(failure)) }
        expectOneLanguage("\(failure)") { $0.whyUnsent(.notSaved(failure)) }
        expectOneLanguage("\(failure)") { $0.disk(.unusable(failure)) }
    }

    /// The words of a TLS library, of the system and of a proxy are for the log.
    @Test(arguments: [
        LinkEnd.unreachable(.other("connection reset by peer")), .notAChatServer("no HTTP"),
        .handshake("no shared cipher"),
        .proxy(ProxyProblem(address: "proxy:3128", variable: "HTTPS_PROXY", .needsLogin)),
        .certificate(.unreadable("unable to get local issuer certificate")),
    ])
    func connections(_ end: LinkEnd) {
        expectOneLanguage("\(end)") { $0.problem(end) }
    }

    @Test(arguments: [ServerText.processingFailed, ServerText.storageFailed])
    func textsOfTheProtocol(_ text: UntrustedText) {
        expectOneLanguage("\(text)") { $0.refusal(nil, text) }
    }

    @Test func foreignTextsAreQuoted() {
        #expect(Texts(.russian).refusal(nil, "Слишком часто") == "Слишком часто")
        #expect(Texts(.russian).refusal(nil, "Too often") == "ответ сервера: «Too often»")
        #expect(Texts(.english).refusal(nil, "Too often") == "Too often")
        #expect(Texts(.english).refusal(nil, "Слишком\u{1B} часто") == "the server says “Слишком␛ часто”")
        #expect(Texts(.english).refusal(nil, "").isEmpty)
    }

    /// What libraries say is never a part of a text; it depends on the library, and on its locale.
    @Test func noTextQuotesALibrary() {
        let calls = [
            "strerror", "localizedDescription", "sqlite3_err", "gai_strerror", "\\(error)", "describing: error",
        ]
        var count = 0
        for (path, code) in CatalogueTests.files where path.contains("/Texts") {
            for call in calls { #expect(!code.contains(call), "\(path): \(call)") }
            count += 1
        }
        #expect(count >= 12)
    }
}
