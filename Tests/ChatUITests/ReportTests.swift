import ChatWire
import Testing

@testable import ChatUI

/// The reports that the model sends without being asked: drafts, typing and read marks.
struct ReportTests {
    @Test(
        arguments: [
            ("а", [.draftChanged("а"), .typing]),
            ("/q", [.draftChanged("/"), .draftChanged("/q")]),
            ("//", [.draftChanged("/"), .draftChanged("//"), .typing]),
            (" ", [.draftChanged(" ")]),
            ("а<left><right><c-a>", [.draftChanged("а"), .typing]),
            ("а<backspace>", [.draftChanged("а"), .typing, .draftChanged("")]),
            ("а<c-_><c-_>", [.draftChanged("а"), .typing, .draftChanged("")]),
            ("а<enter>", [.draftChanged("а"), .typing, .draftChanged("")]),
            ("<enter><esc><up>", []),
        ] as [(String, [Effect])])
    func drafts(_ keys: String, _ reports: [Effect]) {
        var conversation = Conversation.online()
        conversation.press(keys)
        #expect(conversation.reports == reports)
    }

    @Test func offlineNobodyIsToldOfTyping() {
        var conversation = Conversation()
        conversation.press("а<enter>")
        conversation.feed(.input(.paste("бв")))
        #expect(conversation.reports == [.draftChanged("а"), .draftChanged("абв")])
    }

    /// Two spellings of a letter may look the same. The spelling that was typed is saved.
    @Test func draftsAreComparedByBytes() {
        var conversation = Conversation()
        conversation.feed(.input(.paste("\u{E9}")))
        conversation.model.editor = LineEditor("e")
        conversation.feed(.input(.paste("\u{301}")))
        #expect(conversation.reports.count == 2)
    }

    @Test func aRestoredDraftIsNoChange() {
        var conversation = Conversation.online()
        conversation.feed(.draft("Старое"))
        #expect(conversation.model.editor.text == "Старое")
        #expect(conversation.model.editor.cursor == 6)
        #expect(conversation.reports == [])
        conversation.press("<c-_>")
        #expect(conversation.model.editor.isEmpty)
        #expect(conversation.reports == [.draftChanged("")])
        conversation.feed(.draft(""))
        #expect(conversation.model.editor.isEmpty)
    }

    /// The draft of an earlier window comes from a slow disk.
    @Test func aDraftThatComesLateWaitsBehindWhatWasTyped() {
        var conversation = Conversation.online()
        conversation.press("но")
        conversation.feed(.draft("Старое"))
        #expect(conversation.model.editor.text == "но")
        #expect(conversation.reports.last == .draftChanged("но\nСтарое"))
        conversation.press("<down>")
        #expect(conversation.model.editor.text == "Старое")
        conversation.press("<up><enter>")
        #expect(conversation.model.editor.text == "Старое")
        #expect(conversation.reports.last == .draftChanged("Старое"))
    }

    /// The message was sent before the program heard of the draft. Sending removes the draft from the disk.
    @Test func aDraftThatComesAfterAMessageIsReported() {
        var conversation = Conversation.online()
        conversation.press("но<enter>")
        conversation.feed(.draft("Старое"))
        #expect(conversation.model.editor.text == "Старое")
        #expect(conversation.reports.last == .draftChanged("Старое"))
    }

    @Test func aTextThatComesBackIsTheDraftAgain() {
        var conversation = Conversation.online()
        conversation.savesAtOnce = false
        conversation.press("а<enter>")
        conversation.feed(.outgoing(id: "own1", .unsent(.notSaved(.failed("нет места")))))
        #expect(conversation.model.editor.text == "а")
        #expect(conversation.model.unsaved.isEmpty)
        #expect(conversation.model.transcript.isEmpty)
        #expect(conversation.reports.suffix(2) == [.draftChanged(""), .draftChanged("а")])
    }

    @Test func eachMessageIsReadOnce() {
        var conversation = Conversation.online()
        conversation.feed(.history([.make("m1"), .make("m2", own: true)], hasOlder: false))
        conversation.feed(.tick, .input(.focus(true)), .client(.history([.make("m0"), .make("m1")], hasOlder: false)))
        #expect(conversation.reports == [.markRead(upTo: "m1")])
        conversation.feed(.received(.make("m3")), .received(.make("m3")), .received(.make("m4", own: true)))
        #expect(conversation.reports == [.markRead(upTo: "m1"), .markRead(upTo: "m3")])
    }

    /// Events that hide the end of the conversation, and events that show it again.
    @Test(
        arguments: [
            ([.input(.focus(false))], [.input(.focus(true))]),
            ([.resized(Size(rows: 9, columns: 80))], [.resized(Size(rows: 24, columns: 80))]),
            ([.input(.key(Key(.function(1))))], [.input(.key(Key(.escape)))]),
            ([.input(.key(Key(.pageUp)))], [.input(.key(Key(.end)))]),
        ] as [([Event], [Event])])
    func onlyWhatIsShownIsRead(_ hide: [Event], _ show: [Event]) {
        var conversation = Conversation.online()
        conversation.feed(.history((1...40).map { .make("m\($0)") }, hasOlder: false))
        for event in hide { conversation.feed(event) }
        conversation.feed(.received(.make("n1")), .received(.make("n2")))
        #expect(conversation.reports == [.markRead(upTo: "m40")])
        #expect(conversation.model.newCount == 2)
        for event in show { conversation.feed(event) }
        #expect(conversation.reports == [.markRead(upTo: "m40"), .markRead(upTo: "n2")])
        #expect(conversation.model.newCount == 0)
    }

    @Test func whatWasReadElsewhereIsNotReadAgain() {
        var conversation = Conversation.online()
        conversation.feed(.ownRead(upTo: "m2"), .ownRead(upTo: "m3"))
        conversation.feed(.history((1...3).map { .make("m\($0)") }, hasOlder: false))
        #expect(conversation.reports == [])
        conversation.feed(.ownRead(upTo: "n1"), .received(.make("n1")))
        #expect(conversation.reports == [])
        conversation.feed(.received(.make("n2")))
        #expect(conversation.reports == [.markRead(upTo: "n2")])
    }

    /// The server's first read mark may come after the history.
    @Test func theUnreadMarkerAtTheStart() {
        var conversation = Conversation()
        conversation.feed(.connection(.online(limits: MessageLimits())))
        conversation.feed(.history((1...5).map { .make("m\($0)", own: $0 == 4) }, hasOlder: false))
        #expect(conversation.model.firstNew == nil)
        conversation.feed(.ownRead(upTo: "m3"))
        #expect(conversation.model.firstNew == "m5")
        conversation.feed(.caughtUp, .ownRead(upTo: "m5"))
        #expect(conversation.model.firstNew == nil)
        conversation.feed(.received(.make("n1")))
        #expect(conversation.model.firstNew == nil)
    }

    /// If there is no read mark, all messages after the user's own last message are new.
    @Test func theUnreadMarkerOfAConversationNeverRead() {
        for (own, first) in [(0, "m1"), (2, "m3"), (5, nil)] {
            var conversation = Conversation()
            conversation.feed(.connection(.online(limits: MessageLimits())))
            conversation.feed(.history((1...5).map { .make("m\($0)", own: $0 == own) }, hasOlder: false), .caughtUp)
            #expect(conversation.model.firstNew == first.map { MessageID($0) })
        }
    }

    @Test func whatIsNewAtTheStartIsCountedOutOfSight() {
        var conversation = Conversation()
        conversation.feed(.input(.focus(false)), .client(.ownRead(upTo: "m2")))
        conversation.feed(.history((1...5).map { .make("m\($0)", own: $0 == 4) }, hasOlder: false))
        #expect(conversation.model.firstNew == "m3")
        #expect(conversation.model.newCount == 2)
        conversation.feed(.ownRead(upTo: "m4"))
        #expect(conversation.model.firstNew == "m5")
        #expect(conversation.model.newCount == 1)
    }
}
