import ChatWire
import ClientUpdates
import SystemErrors
import Testing

@testable import ChatUI

/// The client gives causes without words. The catalogue has words for each cause in both languages.
struct CauseTests {
    private static let obstacles: [FileObstacle] = [
        .missing, .folder, .notAFile, .notPermitted, .silent, .tooLong, .system(5),
    ]
    private static let sockets: [LocalSocketError] = [
        .heldByAnother("/s"), .pathTooLong("/s", limit: 107), .unsafeFolder("/", "x"), .notASocket("/s"),
        .anothersSocket("/s"), .strangersProcess("/s"), .system("lstat", errno: 5),
    ]
    private static let files: [TLSFileError] =
        [.empty("/c"), .unreadable("/c"), .mismatch(certificateFile: "/c", keyFile: "/k")]
        + obstacles.map { .inaccessible("/c", $0) }
    private static let statuses = [200, 302, 401, 403, 404, 429, 500, 502, 503, 504, 511]
    private static let codes = [1012, 4500, 4503, 4504, 4505, 4999]
    private static let network: [NetworkFailure] = [
        .refused, .unknownHost, .noNameServer, .noRoute, .notPermitted, .noSocket, .silent, .system(5), .other("x"),
    ]
    private static let proxies: [ProxyProblem.Reason] =
        [
            .badAddress, .needsLogin, .loginRejected, .refused(status: 503), .closed, .timedOut, .notAProxy,
            .serverHasNoName,
        ] + network.map { .unreachable($0) }
    private static let tokens: [LinkEnd] =
        [.garbage, .expired, .otherUser(.seller), .forged].map { .token($0) }
        + ([.empty, .notAToken] + obstacles.map { .inaccessible($0) }).map { .unusable(.tokenFile(path: "/t", $0)) }
    private static let certificates: [CertificateProblem] = [
        .otherName, .expired, .notYetValid, .notTrusted, .unreadable("x"),
    ]
    private static let servers: [LinkEnd] = [
        .notAChatServer("no HTTP"), .notEncrypted, .onlyEncrypted, .handshake("no cipher"),
        .unanswered(isEncrypted: true), .unanswered(isEncrypted: false), .timedOut, .noPong,
        .notStarted(.ended(log: nil)), .notStarted(.storeInUse(path: "/d")), .notStarted(.systemCall("posix_spawn", 2)),
        .unusable(.homeless), .session(.ended), .session(.otherUser(UserID("ivan")!)),
        .session(.keyringSilent),
        .session(.unavailable(host: "abc.supabase.co")), .session(.refused(host: "abc.supabase.co")),
        .session(.keyRejected(host: "abc.supabase.co")), .session(.busy),
        .session(.file(FileProblem(path: "/s", reason: .foreign))),
        .unusable(.tokenCommand(program: "pass", .failed)), .unusable(.tokenCommand(program: "pass", .empty)),
        .unusable(.tokenCommand(program: "pass", .notAToken)),
    ]
    private static let ends: [LinkEnd] =
        servers + tokens + network.map { .unreachable($0) } + statuses.map { .refused(status: $0) }
        + codes.map { .closed(code: $0) } + certificates.map { .certificate($0) }
        + proxies.map { .proxy(ProxyProblem(address: "proxy:3128", variable: "HTTPS_PROXY", $0)) }
        + files.map { .unusable(.authorities($0)) } + sockets.map { .unusable(.localSocket($0)) }

    private static let labels = [
        ServerLabel.Token.none, .given, .file(path: "/t"), .command, .session(profile: nil), .session(profile: "shop"),
    ].map {
        ServerLabel(address: "chat.example:443", token: $0)
    }

    @Test(arguments: ends, labels)
    func endsHaveWords(_ end: LinkEnd, server: ServerLabel) {
        expectBothLanguages("\(end)") { $0.naming(server).problem(end) }
    }

    /// Two causes with one sentence would be one cause to the user.
    @Test func eachCauseHasASentenceOfItsOwn() {
        let same: Set<LinkEnd> = [.closed(code: 4500), .closed(code: 4503)]  // as 401 and 403 of HTTP
        for texts in [Texts(.russian), Texts(.english)] {
            let named = texts.naming(Self.labels[0])
            let own = Self.ends.filter { !same.contains($0) && !Self.isOfTwins($0) }.compactMap { named.problem($0) }
            let twice = Dictionary(grouping: own) { $0 }.filter { $0.value.count > 1 }.keys
            #expect(twice.isEmpty, "\(twice)")
        }
    }

    /// Causes that differ for programs and not for people.
    private static func isOfTwins(_ end: LinkEnd) -> Bool {
        switch end {
        case .unusable(.localSocket), .unusable(.authorities(.mismatch)): true
        default: false
        }
    }

    /// Every sentence about a connection that is not there names the address or the file.
    @Test(
        arguments: network.map { LinkEnd.unreachable($0) } + certificates.map { .certificate($0) } + servers.prefix(7))
    func itNamesTheAddress(_ end: LinkEnd) {
        for texts in [Texts(.russian), Texts(.english)] {
            #expect(texts.naming(Self.labels[0]).problem(end)?.contains("chat.example:443") == true)
        }
    }

    /// The screen says anyhow that there is no connection.
    @Test(arguments: [LinkEnd.lost, .closed(code: nil), .closed(code: 4001)])
    func bareEndsHaveNone(_ end: LinkEnd) {
        #expect(Texts(.russian).problem(end) == nil)
    }

    @Test(arguments: [
        HistoryFailure.notProvided, .refused(status: 500), .malformed, .unanswered(.timedOut), .unreadable(.damaged),
        .notStored, .onlyOldest(9), .unreadableRows(2),
    ])
    func historyFailuresHaveWords(_ failure: HistoryFailure) {
        expectBothLanguages("\(failure)") { $0.historyUnavailable(failure) }
        expectBothLanguages("\(failure)") { $0.inboxUnavailable(failure) }
    }

    @Test(arguments: [BlockingFailure.offline, .notProvided, .refused(.storageFailed)])
    func blockingFailuresHaveWords(_ failure: BlockingFailure) {
        expectBothLanguages("\(failure)") { $0.blockingFailed(failure) }
    }

    @Test(arguments: [
        UnsentStatus.refused(.rateLimited, message: ""), .unconfirmed, .stale, .notSaved(.diskFull), .notSaved(.gone),
        .notSaved(.system(5)),
    ])
    func unsentMessagesHaveWords(_ status: UnsentStatus) {
        expectBothLanguages("\(status)") { $0.whyUnsent(status) }
    }

    @Test(arguments: [
        DiskProblem.setAside(path: "/a"), .folderIsOpen(path: "/a"), .newer,
        .unsafe(FileProblem(path: "/a", reason: .link)), .unusable(.gone),
    ])
    func diskProblemsHaveWords(_ problem: DiskProblem) {
        expectBothLanguages("\(problem)") { $0.disk(problem) }
    }

    @Test(arguments: [
        OtherProgramNews.linkNotOpened([]), .linkNotOpened([ProgramFailure("w3m", .exited(code: 1))]), .editorMissing,
        .noEditorFile(FileProblem(path: "/a", reason: .notAFolder)), .edited(.unreadable, leaving: nil),
        .edited(.tooLarge, leaving: "/a"), .edited(nil, leaving: "/a"),
        .edited(.failed(ProgramFailure("vi", .killed(signal: 9))), leaving: nil),
        .edited(.savedBefore(ProgramFailure("vi", .notStarted(2))), leaving: nil),
    ])
    func otherProgramsHaveWords(_ news: OtherProgramNews) {
        expectBothLanguages("\(news)") { $0.program(news) }
    }

    private func expectBothLanguages(_ comment: Comment, _ text: (Texts) -> String?) {
        let isRussian = [Texts(.russian), Texts(.english)].map { text($0)?.contains { ("а"..."я").contains($0) } }
        #expect(isRussian == [true, false], comment)
    }
}
