import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// Messages that are being saved on disk, and messages that are loaded from it.
struct UnsavedTests {
    @Test func isShownWhenItIsOnDisk() {
        var conversation = Conversation.online()
        conversation.savesAtOnce = false
        conversation.press("1<enter>2<enter>")
        #expect(conversation.model.transcript.isEmpty)
        #expect(conversation.model.unsaved.map(\.id) == ["own1", "own2"])
        conversation.feed(.outgoing(id: "own1", .unsent(.waiting)), .outgoing(id: "own2", .unsent(.waiting)))
        #expect(conversation.model.unsaved.isEmpty)
        #expect(conversation.model.transcript.pending.map(\.id) == ["own1", "own2"])
    }

    @Test(arguments: [
        UnsentStatus.waiting, .refused(nil, message: "нет"), .unconfirmed, .stale, .notSaved(.diskFull),
    ])
    func states(_ status: UnsentStatus) {
        var conversation = Conversation.online()
        conversation.savesAtOnce = false
        conversation.press("1<enter>черновик")
        conversation.feed(.outgoing(id: "own1", .unsent(status)))
        #expect(conversation.model.transcript.pending.map(\.status) == [status])
        #expect(conversation.model.transcript.pending.map(\.text) == ["1"])
        #expect(conversation.model.editor.text == "черновик")
        conversation.feed(.unsent(.make("u1", "2", at: .noon), status))
        conversation.feed(.unsent(.make("u1", "2", at: .noon), status))
        #expect(conversation.model.transcript.pending.map(\.status) == [status, status])
        conversation.feed(.outgoing(id: "u1", .stored(.make("m1", "2", own: true))))
        #expect(conversation.model.transcript.pending.map(\.id) == ["own1"])
        #expect(conversation.model.transcript.stored.map(\.id) == ["m1"])
    }

    @Test func whatIsNotOnDiskIsSentAnewAndForgottenHere() {
        var conversation = Conversation.online()
        conversation.savesAtOnce = false
        conversation.press(" /a<enter>2<enter>черновик")
        for id: ClientMessageID in ["own1", "own2"] {
            conversation.feed(.outgoing(id: id, .unsent(.notSaved(.failed("нет места")))))
        }
        #expect(conversation.press("<c-x>") == [.send(id: "own1", text: "/a")])
        #expect(conversation.model.transcript.pending.map(\.id) == ["own2"])
        #expect(conversation.press("<a-x>") == [])
        #expect(conversation.model.transcript.pending.isEmpty)
        conversation.press("<c-u>")
        conversation.feed(.outgoing(id: "own1", .unsent(.notSaved(.failed("нет места")))))
        #expect(conversation.model.editor.text == " /a", "as it has to be typed")
    }

    /// The messages of conversations that are no longer open count, too.
    @Test func whatIsOnlyHereIsCounted() {
        var conversation = Conversation.online()
        conversation.savesAtOnce = false
        conversation.press("1<enter>2<enter>черновик")
        conversation.feed(
            .outgoing(id: "own1", .unsent(.waiting)), .outgoing(id: "own2", .unsent(.notSaved(.failed("нет места")))))
        #expect(conversation.model.messagesOnlyInMemory == 1)
        conversation.press("<c-u>/seller carl<enter>")
        conversation.feed(.opened(nil))
        #expect(conversation.model.messagesOnlyInMemory == 1)
    }

    @Test func whatTheDiskHasIsResentAndDiscarded() {
        var conversation = Conversation.online()
        for id: ClientMessageID in ["u1", "u2"] {
            conversation.feed(.unsent(.make(id, "1", at: .noon), .stale))
        }
        #expect(conversation.press("<c-x><a-x>") == [.resend(id: "u1"), .discard(id: "u2")])
        #expect(conversation.model.transcript.pending.map(\.status) == [.waiting])
    }

    /// A confirmed message is put after the other stored ones, even if messages that still wait were written before it.
    @Test func waitingOnesStandBehindTheStored() {
        var conversation = Conversation.online()
        conversation.press("1<enter>2<enter>")
        conversation.feed(.outgoing(id: "own2", .stored(.make("m2", "2", own: true))), .received(.make("m3")))
        let transcript = conversation.model.transcript
        #expect(
            (0..<transcript.count).map { transcript.line(at: $0).id } == [
                .stored("m2"), .stored("m3"), .pending("own1"),
            ])
    }

    @Test func theWordOfALostConnectionClosesNoGap() {
        var conversation = Conversation.online()
        conversation.feed(.history([.make("m1")], hasOlder: false), .connection(.connecting(attempt: 1)), .caughtUp)
        #expect(conversation.model.transcript.openGap != nil)
        #expect(!conversation.model.isCaughtUp)
    }

    /// The marks for delivered and read differ without colours.
    @Test func marksDifferWithoutColour() {
        #expect(Style.read.attributes != Style.secondary.attributes)
        #expect(Style.read.attributes.contains(.bold))
    }
}
