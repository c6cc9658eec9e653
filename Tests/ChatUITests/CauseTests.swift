import ChatWire
import ClientUpdates
import SystemErrors
import Testing

@testable import ChatUI

/// The client gives causes without words. The catalogue has words for each cause in both languages.
struct CauseTests {
    private static let obstacles: [FileObstacle] = [.missing, .notAFile, .notPermitted, .silent, .tooLong, .system(5)]
    private static let sockets: [LocalSocketError] = [
        .heldByAnother("/s"), .pathTooLong("/s", limit: 107), .unsafeFolder("/", "x"), .notASocket("/s"),
        .anothersSocket("/s"), .strangersProcess("/s"), .system("lstat", errno: 5),
    ]
    private static let files: [TLSFileError] =
        [.unreadable("/c"), .mismatch(certificateFile: "/c", keyFile: "/k")] + obstacles.map { .inaccessible("/c", $0) }
    private static let statuses = [401, 403, 502]
    private static let codes = [1012, 4500, 4503, 4504, 4999]
    private static let ends: [LinkEnd] =
        [
            .unreachable("no route"), .notAChatServer("no HTTP"), .notEncrypted, .onlyEncrypted,
            .handshake("no cipher"),
            .unanswered(isEncrypted: true), .unanswered(isEncrypted: false), .proxy("407"), .timedOut, .tokenExpired,
            .noPong, .certificate(.otherName), .certificate(.notTrusted), .certificate(.unreadable("x")),
            .notStarted(.ended(log: nil)), .notStarted(.systemCall("posix_spawn", 2)),
            .unusable(.tokenFile(path: "/t")), .unusable(.homeless),
        ] + statuses.map { .refused(status: $0) } + codes.map { .closed(code: $0) }
        + files.map { .unusable(.authorities($0)) } + sockets.map { .unusable(.localSocket($0)) }

    @Test(arguments: ends, [false, true])
    func endsHaveWords(_ end: LinkEnd, hasToken: Bool) {
        expectBothLanguages("\(end)") { $0.problem(end, hasToken: hasToken) }
    }

    /// The screen says anyhow that there is no connection.
    @Test(arguments: [LinkEnd.lost, .closed(code: nil), .closed(code: 4001)])
    func bareEndsHaveNone(_ end: LinkEnd) {
        #expect(Texts(.russian).problem(end, hasToken: true) == nil)
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
