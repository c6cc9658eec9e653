import Foundation
import HostSystem
import Terminal
import Testing

@testable import ChatUI
@testable import chat_tui

/// When the program ends after the user asked to leave, and what happens to the text in the editor.
@Suite struct LeavingTests {
    enum Act {
        /// The user asks to leave at this second; and the program's answer.
        case request(Double, loses: Bool, Leaving.Step)
        case look(Double, isDelivering: Bool, loses: Bool, Leaving.Step)
    }

    @Test(
        arguments: [
            // Nothing is being sent.
            [.request(0, loses: false, .stay), .look(0, isDelivering: false, loses: false, .leave)],
            // A message that is being sent gets two seconds.
            [
                .request(0, loses: false, .stay), .look(1, isDelivering: true, loses: false, .stay),
                .look(2, isDelivering: true, loses: false, .leave),
            ],
            [.request(0, loses: false, .stay), .request(1, loses: false, .leave)],
            // The message arrives meanwhile, so nothing is lost.
            [
                .request(0, loses: true, .stay), .look(1, isDelivering: true, loses: true, .stay),
                .look(1.5, isDelivering: false, loses: false, .leave),
            ],
            // Otherwise there is one question.
            [
                .request(0, loses: true, .stay), .look(2, isDelivering: true, loses: true, .ask),
                .look(3, isDelivering: true, loses: true, .stay), .request(4, loses: true, .leave),
            ],
            // A key pressed before the question is no answer to it.
            [
                .request(0, loses: true, .stay), .request(0.1, loses: true, .ask), .request(0.2, loses: true, .leave),
            ],
            // A user who stayed and wrote more is asked again.
            [
                .request(0, loses: true, .stay), .look(0, isDelivering: false, loses: true, .ask),
                .request(11, loses: true, .stay), .look(11, isDelivering: false, loses: true, .ask),
            ],
        ] as [[Act]])
    func leaving(acts: [Act]) {
        var leaving = Leaving()
        let start = ContinuousClock.now
        for act in acts {
            switch act {
            case .request(let time, let loses, let step):
                #expect(leaving.request(loses: loses, now: start + .seconds(time)) == step)
            case .look(let time, let isDelivering, let loses, let step):
                #expect(
                    leaving.check(isDelivering: isDelivering, loses: loses, now: start + .seconds(time)) == step)
            }
        }
    }

    // MARK: - The editor

    private static let error = ProgramFailure("vi", .exited(code: 1))
    private static let killed = ProgramFailure("vi", .killed(signal: 1))

    @Test func editorsEnd() {
        func outcome(
            _ saved: String?, _ end: ChildEnd = .exited(code: 0), _ failure: ProgramFailure? = nil,
            isEnding: Bool = false
        ) -> [String] {
            let content = saved.map(EditedText.Content.text) ?? .unreadable
            let outcome = EditOutcome(original: "old", content: content, end: end, failure: failure, isEnding: isEnding)
            return [
                outcome.text ?? "-", outcome.problem.map { "\($0)".prefix { $0 != "(" }.description } ?? "-",
                "\(outcome.fate)",
            ]
        }
        let (well, code, signal) = (ChildEnd.exited(code: 0), ChildEnd.exited(code: 1), ChildEnd.killed(signal: 1))
        let long = String(repeating: "x", count: Model.maxDraftBytes + 1)
        #expect(outcome("new\n") == ["new\n", "-", "goes"])
        #expect(outcome("") == ["", "-", "goes"])
        #expect(outcome("new", code, Self.error) == ["-", "failed", "goes"], "`:cq`: it is not wanted")
        #expect(outcome(nil) == ["-", "unreadable", "stays"])
        #expect(outcome(long) == ["-", "tooLarge", "stays"])
        #expect(outcome(long.dropLast() + "\n").last == "goes", "the line break is the editor's")
        // A signal ended the editor.
        #expect(outcome("new", signal, Self.killed) == ["new", "savedBefore", "goesAlone"])
        #expect(outcome("old\n", signal, Self.killed) == ["-", "failed", "goesAlone"])
        #expect(outcome("", signal, Self.killed) == ["-", "failed", "goesAlone"], "it was about to write")
        #expect(outcome(nil, signal, Self.killed) == ["-", "failed", "stays"])
        // This program has to end, and the editor was told so. vi then ends with 1, others with 0, and some do not end.
        for (end, failure) in [(well, nil), (code, Self.error), (signal, Self.killed)] {
            #expect(outcome("new", end, failure, isEnding: true).first == "new")
            #expect(outcome("new", end, failure, isEnding: true).last == "goesAlone")
        }
        #expect(outcome("new", .left, isEnding: true) == ["new", "-", "stays"])
        #expect(outcome("old", .left, isEnding: true) == ["-", "-", "stays"])
        #expect(outcome(long, .left, isEnding: true).last == "stays")
    }

    /// A shell reports in this way that its program was killed.
    @Test func killedUnderAShell() {
        #expect(ProgramFailure("vi", .exited(code: 143), byShell: true)?.reason == .killed(signal: SIGTERM))
        #expect(ProgramFailure("vi", .exited(code: 143))?.reason == .exited(code: 143))
    }

    /// After the editor has ended its file may be anything, of any size. No more is read than fits into the input line.
    @Test func theEditorsFileMayBeAnything() throws {
        let file = try EditedText("")
        defer { file.settle(.goes) }
        let url = URL(filePath: file.path)
        let fit = String(repeating: "x", count: Model.maxDraftBytes)
        for (text, content) in [
            (fit, .text(fit)), (fit + "\n", .text(fit + "\n")), (fit + "x\n", .tooLarge), ("", .text("")),
        ] as [(String, EditedText.Content)] {
            try Data(text.utf8).write(to: url)
            #expect(file.content == content)
        }
        let descriptor = open(file.path, O_WRONLY)
        #expect(ftruncate(descriptor, 1 << 40) == 0, "a terabyte of nothing")
        close(descriptor)
        #expect(file.content == .tooLarge)
        for device in ["/dev/zero", "/nowhere"] {
            unlink(file.path)
            symlink(device, file.path)
            #expect(file.content == .unreadable)
        }
    }

    @Test(arguments: [EditedText.Fate.goes, .goesAlone, .stays], [true, false])
    func fates(_ fate: EditedText.Fate, hasMore: Bool) throws {
        let file = try EditedText("text")
        let folder = (file.path as NSString).deletingLastPathComponent
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if hasMore { try Data("swap".utf8).write(to: URL(filePath: folder + "/.message.txt.swp")) }
        let left = file.settle(fate)
        #expect(FileManager.default.fileExists(atPath: file.path) == (fate == .stays))
        #expect(FileManager.default.fileExists(atPath: folder) == (left != nil))
        switch fate {
        case .goes: #expect(left == nil)
        case .goesAlone: #expect(left == (hasMore ? folder : nil))
        case .stays: #expect(left == file.path)
        }
    }

    /// Each cause has its own sentence.
    @Test(arguments: [ENOENT, ENOTDIR, ENOSPC, EACCES, EROFS, EMFILE]) func noFile(number: Int32) {
        for texts in [Texts(.russian), Texts(.english)] {
            let sentence = texts.program(.noEditorFile(FileProblem(path: "/nowhere/chat-tui", reason: .system(number))))
            #expect(sentence.contains("/nowhere/chat-tui") && !sentence.contains("EDITOR"))
            #expect(sentence.contains("TMPDIR") == [ENOENT, ENOTDIR].contains(number))
        }
    }
}
