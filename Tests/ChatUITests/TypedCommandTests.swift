import ChatWire
import Testing
import TextSearch

@testable import ChatUI

/// What Enter makes of a draft, whichever keyboard layout it was typed in.
struct TypedCommandTests {
    @Test(arguments: [
        (".рудз", Action.program(.help), ""), ("/рудз", .program(.help), ""), (".РУДЗ", .program(.help), ""),
        ("/Help", .program(.help), ""),
        ("юрудз", .program(.help), ""), (".дштлы", .conversation(.links), ""), (".сщзн", .conversation(.copy), ""),
        (".куыутв", .conversation(.resend), ""),
        (".йгше ", .program(.quit), ""), (".ыуфкср красный диван", .conversation(.search), "красный диван"),
        ("/ыуфкср диван", .conversation(.search), "диван"), (".ыуддук", .list(.inbox), ""),
        (".ыуддук ищи", .list(.inbox), "bob"),
        (".ыуддук ищи Красный диван", .list(.inbox), "bob Красный диван"), ("/seller борис", .list(.inbox), "борис"),
    ])
    func isDone(_ draft: String, _ action: Action, _ text: String) {
        #expect(Submission(draft: draft) == .command(action, text: text))
    }

    @Test(arguments: [
        ("/foo", "/foo", nil), ("/hlep", "/hlep", "help"), ("/рудф", "/рудф", "help"), (".рулз", ".рулз", "help"),
        (".help", ".help", "help"), (".дшты", ".дшты", "links"), (".зкщв", ".зкщв", "product"),
        (".зкщвге", ".зкщвге", "product"), (".prodct", ".prodct", "product"), (".кусщттуе", ".кусщттуе", "reconnect"),
        ("/ foo", "/ foo", nil), ("/ help", "/ help", "help"),
        ("/ рудз", "/ рудз", "help"), ("/привет", "/привет", nil),
    ])
    func isAskedAbout(_ draft: String, _ name: String, _ nearest: String?) {
        #expect(Submission(draft: draft) == .unknownCommand(name, nearest: nearest))
    }

    @Test(arguments: [
        "...ладно", ".", "..", ".45 калибр", ".net", ".com", ".env лежит рядом", ".ладно", ".привет", ".да",
        ".зкщв привет", ".gitignore", "юля", "ю",
        "Юрий",
        "юрист", ".,", ". рудз", "//foo", "рудз", "help",
    ])
    func isText(_ draft: String) {
        #expect(Submission(draft: draft) == .message(draft))
    }

    /// Every command is recognised, and a text that looks like it can still be sent.
    @Test(arguments: SlashCommand.all.map(\.name))
    func everyCommand(_ name: String) {
        let russian = KeyboardLayout.russian(name)
        for draft in [".\(russian)", "/\(russian)"] {
            guard case .command(let action, "") = Submission(draft: draft) else {
                Issue.record("\(draft): \(Submission(draft: draft))")
                continue
            }
            #expect(SlashCommand.all.first { $0.action == action }?.name == name)
            #expect(Submission(draft: Submission.draft(of: draft)) == .message(draft))
        }
        #expect(SlashCommand.completions(of: ".\(russian)").map(\.name).contains(name))
    }

    @Test(arguments: [(".рулз", "help"), ("/foo", nil), (".help", "help")])
    func nothingIsSentWithoutASpace(_ draft: String, _ nearest: String?) {
        var conversation = Conversation.online()
        #expect(conversation.press("\(draft)<enter><enter>") == [])
        #expect(conversation.model.notice == .unknownCommand(draft, nearest: nearest, asText: true))
        #expect(conversation.model.editor.text == draft)
        #expect(conversation.press("<c-a> <enter>") == [.send(id: "own1", text: draft)])
    }

    @Test func aCommandDoesNotEndUndoing() {
        var conversation = Conversation.online()
        conversation.press("длинный черновик<a-k>/help<enter><esc>")
        #expect(conversation.model.editor.text == "")
        for _ in 0..<4 where conversation.model.editor.text != "длинный черновик" { conversation.press("<c-_>") }
        #expect(conversation.model.editor.text == "длинный черновик")
    }
}

/// A refused message goes back into the input line, and the draft that was there is not lost.
struct TakingBackTests {
    private func refused(_ text: String = "слишком длинное") -> Conversation {
        var conversation = Conversation.online()
        conversation.press("\(text)<enter>")
        conversation.feed(.outgoing(id: "own1", .unsent(.refused(nil, message: "tooLong"))))
        return conversation
    }

    @Test(arguments: ["<a-r>", "/edit<enter>"])
    func intoTheEmptyLine(_ keys: String) {
        var conversation = refused()
        #expect(conversation.press(keys) == [.discard(id: "own1")])
        #expect(conversation.model.editor.text == "слишком длинное")
        #expect(conversation.model.transcript.isEmpty)
        #expect(conversation.savedDraft == "слишком длинное")
        #expect(conversation.press("<a-k>короче<enter>") == [.send(id: "own2", text: "короче")])
    }

    @Test func theDraftWaits() {
        var conversation = refused()
        conversation.press("новый\nчерновик")
        conversation.press("<a-r>")
        #expect(conversation.model.editor.text == "слишком длинное")
        #expect(conversation.savedDraft == "слишком длинное\nновый\nчерновик", "both are on disk")
        conversation.press("<down>")
        #expect(conversation.model.editor.text == "новый\nчерновик")
        conversation.press("<up><up>!<enter>")
        #expect(conversation.effects.last == .send(id: "own2", text: "слишком длинное!"))
        #expect(conversation.model.editor.text == "новый\nчерновик")
        #expect(conversation.savedDraft == "новый\nчерновик")
    }

    @Test func undoBringsTheDraftBack() {
        var conversation = refused()
        conversation.press("черновик<a-r><c-_>")
        #expect(conversation.model.editor.text == "черновик")
        #expect(conversation.savedDraft == "черновик")
        #expect(conversation.press("<enter>") == [.send(id: "own2", text: "черновик")])
        #expect(conversation.model.editor.isEmpty)
    }

    /// A text that looks like a command stays a text.
    @Test func aPathStaysAPath() {
        var conversation = refused(" /etc/passwd")
        #expect(conversation.press("<a-r><enter>").last == .send(id: "own2", text: "/etc/passwd"))
    }

    @Test func nothingToTakeBack() {
        var conversation = Conversation.online()
        #expect(conversation.press("черновик<a-r>") == [])
        #expect(conversation.model.notice == .nothingFailed(.takeBack))
        #expect(conversation.model.editor.text == "черновик")
    }
}

/// Up recalls what was sent, in any conversation and on another day.
struct RecallingTests {
    @Test func ownMessagesOfAnotherDay() {
        var conversation = Conversation.online()
        conversation.feed(
            .history(
                [.make("m1", "вчерашнее", own: true), .make("m2", "чужое"), .make("m3", "/etc", own: true)],
                hasOlder: false))
        conversation.press("сегодняшнее<enter>полу<up>")
        #expect(conversation.model.editor.text == "сегодняшнее")
        conversation.press("<up>")
        #expect(conversation.model.editor.text == " /etc", "it would be a command")
        conversation.press("<up>")
        #expect(conversation.model.editor.text == "вчерашнее")
        conversation.press("<up>")
        #expect(conversation.model.editor.text == "вчерашнее")
        conversation.press("<down><down><down>")
        #expect(conversation.model.editor.text == "полу")
    }

    @Test func whatWasSentElsewhere() {
        var conversation = Conversation.online()
        conversation.press("привет<enter>/seller another<enter>черновик")
        conversation.feed(.opened(UserID("another")!), .connection(.online(limits: MessageLimits())))
        conversation.press("<up>")
        #expect(conversation.model.editor.text == "привет")
        #expect(conversation.savedDraft == "черновик", "the draft stays on disk")
        conversation.press("<enter>")
        #expect(conversation.effects.last == .send(id: "own2", text: "привет"))
        #expect(conversation.model.editor.text == "черновик")
    }

    /// Leaving a conversation while a text is recalled loses neither.
    @Test func theDraftWaitsElsewhere() {
        var conversation = Conversation.online()
        conversation.press("привет<enter>черновик<up><a-k>/seller another<enter>")
        conversation.feed(.opened(UserID("another")!))
        conversation.press("/seller seller<enter>")
        conversation.feed(.opened(.seller), .draft("черновик"))
        #expect(conversation.model.editor.text == "черновик")
        conversation.press("<up>!<a-k>/seller<enter>")
        conversation.feed(.opened(nil))
        conversation.press("/seller seller<enter>")
        #expect(conversation.model.editor.text == "черновик")
    }
}

extension Conversation {
    /// The draft that was reported last.
    fileprivate var savedDraft: String? {
        reports.compactMap { if case .draftChanged(let text) = $0 { text.text } else { nil } }.last
    }
}
