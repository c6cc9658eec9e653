import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

struct SendingTests {
    @Test("what the server says of the start is no answer to /block", arguments: [true, false])
    func blocking(_ isBlocked: Bool) {
        var conversation = Conversation()
        conversation.feed(.connection(.online(limits: MessageLimits())))
        _ = conversation.model.conversation?.setBlocked(isBlocked, in: &conversation.model.app)
        conversation.feed(.blocked(!isBlocked))
        #expect(conversation.model.notice == nil && conversation.model.isBlocked == !isBlocked)
        conversation.feed(.blocked(isBlocked))
        #expect(conversation.model.notice == .blocked(isBlocked) && conversation.model.isBlocked == isBlocked)
    }

    @Test(arguments: [
        ("Привет<enter>", "Привет"),
        ("  Привет <a-enter><enter>", "Привет"),
        ("//x<enter>", "//x"), (" /x<enter>", "/x"), ("// x //<enter>", "// x //"), (" //x<enter>", "//x"),
        ("один<a-enter>/два<enter>", "один\n/два"),
    ])
    func sends(_ keys: String, _ text: String) {
        var conversation = Conversation.online()
        #expect(conversation.press(keys) == [.send(id: "own1", text: text)])
        #expect(conversation.model.editor.isEmpty)
        #expect(conversation.model.transcript.pending.map(\.text) == [UntrustedText(text)])
    }

    @Test(arguments: [
        ("<enter>", nil),
        ("   <enter>", nil),
        ("/home/user<enter>", Notice.unknownCommand("/home/user", nearest: nil, asText: true)),
        ("/help now<enter>", .commandTakesNoText("help", isAboutConversation: false)),
        ("/<enter>", .unknownCommand("/", nearest: nil, asText: true)),
        ("/name Борис<enter>", .unknownCommand("/name", nearest: nil, asText: true)),
    ])
    func sendsNothing(_ keys: String, _ notice: Notice?) {
        var conversation = Conversation.online()
        #expect(conversation.press(keys) == [])
        #expect(conversation.model.notice == notice)
        #expect(conversation.model.editor.text == keys.replacing("<enter>", with: ""))
        #expect(conversation.model.transcript.isEmpty)
    }

    @Test(arguments: [
        ConnectionStatus.connecting(attempt: 1), .waiting(attempt: 2, retryAt: .noon, after: .lost),
        .stopped(after: .token(.expired)),
    ])
    func offlineKeepsTheText(_ status: ConnectionStatus) {
        var conversation = Conversation.online()
        conversation.feed(.connection(status))
        #expect(conversation.press("Привет<enter>") == [])
        #expect(conversation.model.editor.text == "Привет")
        #expect(conversation.model.notice == .offline)
        conversation.feed(.connection(.online(limits: MessageLimits())))
        #expect(conversation.model.notice == nil)
        #expect(conversation.press("<enter>") == [.send(id: "own1", text: "Привет")])
    }

    @Test(arguments: [
        (String(repeating: "ж", count: 500), nil),
        (String(repeating: "ж", count: 501), Notice.tooManyCharacters(excess: 1, limit: 500)),
        (String(repeating: "👨‍👩‍👧", count: 227), nil),
        (String(repeating: "👨‍👩‍👧", count: 228), .tooManyBytes(excess: 8, limit: 4096)),
        (String(repeating: "👨‍👩‍👧", count: 501), .tooLong(characters: 1, bytes: 4922, MessageLimits())),
        (" " + String(repeating: "ж", count: 500) + " ", nil),
    ])
    func limits(_ text: String, _ notice: Notice?) {
        var conversation = Conversation.online()
        conversation.feed(.input(.paste(text)))
        let effects = conversation.press("<enter>")
        #expect(effects.isEmpty == (notice != nil))
        #expect(conversation.model.notice == notice)
        #expect(conversation.model.editor.text == (notice == nil ? "" : text))
    }

    @Test(arguments: [
        ("", "0/500", false), (" ж ", "1/500", false), (String(repeating: "👨‍👩‍👧", count: 227), "227/500", false),
        (String(repeating: "👨‍👩‍👧", count: 228), "228/500 · больше 4 КиБ", true),
        (String(repeating: "a", count: 501), "501/500", true),
    ])
    func counter(_ draft: String, _ text: String, _ isOver: Bool) {
        var conversation = Conversation.online()
        conversation.feed(.input(.paste(draft)))
        let counter = Counter(conversation.model.app)
        #expect(counter.text == text)
        #expect(counter.isOver == isOver)
    }

    /// If leaving loses something, the next Ctrl-C confirms it and asks no other question.
    @Test func oneAnswerEndsTheProgram() {
        var conversation = Conversation.online()
        conversation.press("<c-c>")
        conversation.press("<c-c>")
        #expect(conversation.effects.last == .quit)
        conversation.feed(.leavingLoses(Remains(lostDrafts: 1)))
        let asked = conversation.effects.count
        conversation.press("<c-c>")
        #expect(conversation.effects.dropFirst(asked) == [.quit])
        conversation.feed(.leavingLoses(Remains(lostDrafts: 1)))
        conversation.wait(.seconds(10))
        #expect(conversation.model.notice == nil, "later it would be asked anew")
    }

    @Test func theServersLimitsCount() {
        var conversation = Conversation()
        conversation.feed(.connection(.online(limits: MessageLimits(characters: 3, bytes: 10))))
        #expect(conversation.press("abcd<enter>") == [])
        #expect(conversation.press("<backspace><enter>") == [.send(id: "own1", text: "abc")])
    }

    @Test func resendAndDiscardActOnTheOldestFailure() {
        var conversation = Conversation.online()
        conversation.press("1<enter>2<enter>3<enter>")
        #expect(conversation.press("<c-x>") == [])
        #expect(conversation.model.notice == .resendsAutomatically)
        conversation.feed(
            .outgoing(id: "own3", .unsent(.unconfirmed)),
            .outgoing(id: "own2", .unsent(.refused(nil, message: "нельзя"))))
        #expect(conversation.press("<c-x>") == [.resend(id: "own2")])
        #expect(conversation.press("<a-x>") == [.discard(id: "own3")])
        #expect(conversation.model.transcript.pending.map(\.id) == ["own1", "own2"])
        #expect(conversation.model.transcript.pending.map(\.status) == [.waiting, .waiting])
    }

    @Test func resendWaitsForTheConnection() {
        var conversation = Conversation.online()
        conversation.press("1<enter>")
        conversation.feed(.outgoing(id: "own1", .unsent(.unconfirmed)), .connection(.connecting(attempt: 1)))
        #expect(conversation.press("<c-x>") == [])
        #expect(conversation.model.notice == .offline)
    }
}

struct KeyTests {
    @Test(arguments: [
        ("<c-r>", [Effect.reconnectNow]), ("/reconnect<enter>", [.reconnectNow]), ("<c-к>", [.reconnectNow]),
        ("<c-l>", [.redraw]), ("<c-z>", [.suspend]),
        ("<c-d>", [.quit]), ("/quit<enter>", [.quit]), ("текст<c-d>", []), ("<c-c>", []), ("<c-c><c-c>", [.quit]),
        ("<c-c>x<c-c>", []),
    ])
    func effects(_ keys: String, _ effects: [Effect]) {
        var conversation = Conversation.online()
        #expect(conversation.press(keys) == effects)
    }

    /// A temporary failure is not shown while the connection is fine. A permanent one is.
    @Test(arguments: [(HistoryFailure.unanswered(.timedOut), false), (.notProvided, true), (.onlyOldest(9), true)])
    func whatIsSaidOfTheHistoryEndsWithTheProblem(_ failure: HistoryFailure, _ stays: Bool) {
        var conversation = Conversation.online()
        conversation.feed(.historyUnavailable(failure))
        #expect(conversation.model.notice == .historyUnavailable(failure))
        conversation.feed(.caughtUp)
        #expect((conversation.model.notice != nil) == stays, "on the same connection")

        conversation = .online()
        conversation.feed(.historyUnavailable(failure), .connection(.connecting(attempt: 2)))
        #expect((conversation.model.notice != nil) == stays, "while not connected")
        // Without a connection another sentence says it.
        conversation.feed(.historyUnavailable(failure))
        #expect(conversation.model.notice != nil)
        conversation.feed(.connection(.online(limits: MessageLimits())), .caughtUp)
        #expect((conversation.model.notice != nil) == stays, "on the next one")
    }

    @Test func thatTheDiskTakesNothingIsNotSaidWhenItDoesAgain() {
        var conversation = Conversation.online()
        conversation.feed(.storeFailed(.diskFull))
        #expect(conversation.model.notice == .storeFailed(.diskFull))
        conversation.feed(.storeRecovered)
        #expect(conversation.model.notice == nil && conversation.model.notKept == nil)
        conversation.feed(.disk(.newer), .client(.storeRecovered))
        #expect(conversation.model.notice == .disk(.newer) && conversation.model.notKept != nil)
    }

    @Test func theSecondControlCMustFollowSoon() {
        var conversation = Conversation.online()
        conversation.press("текст<c-c>")
        #expect(conversation.model.editor.text == "текст")
        let tick = nextTick(conversation.model, in: conversation.environment)
        #expect(tick == conversation.instant + .seconds(2))
        conversation.wait(.seconds(2))
        #expect(conversation.model.notice == nil)
        #expect(conversation.press("<c-c>") == [])
        conversation.wait(.milliseconds(1999))
        #expect(conversation.press("<c-c>") == [.quit])
    }

    @Test func escapeClosesTheHelpThenGoesToTheBottom() {
        var conversation = Conversation.online()
        conversation.feed(.history((1...50).map { .make("m\($0)") }, hasOlder: false))
        conversation.press("<pageup><f1>")
        #expect(conversation.model.overlay == .help(top: 0))
        conversation.press("<esc>")
        #expect(conversation.model.overlay == nil)
        #expect(conversation.model.viewport != .following)
        conversation.press("<esc>")
        #expect(conversation.model.viewport == .following)
    }

    @Test func writingClosesTheHelp() {
        var conversation = Conversation.online()
        conversation.press("<f1>д")
        #expect(conversation.model.overlay == nil)
        #expect(conversation.model.editor.text == "д")
    }

    /// Nothing that the help covers is sent or changed.
    @Test func theHelpCoversWhatIsBelow() {
        var conversation = Conversation.online()
        conversation.press("текст<f1><a-h><c-d><backspace><tab><a-enter>")
        #expect(conversation.model.overlay == .help(top: 0))
        #expect(conversation.effects.isEmpty)
        conversation.press("<enter>")
        #expect(conversation.model.overlay == nil && conversation.effects.isEmpty)
        conversation.press("<f1>q<f1>й")
        #expect(conversation.model.overlay == nil && conversation.model.editor.text == "текст")
    }

    /// A window that is too small shows nothing, so nothing is sent from it by mistake. What is typed
    /// stays.
    @Test func nothingIsSentFromAWindowThatIsTooSmall() {
        var conversation = Conversation.online()
        conversation.press("текст")
        conversation.feed(.resized(Size(rows: 9, columns: 30)))
        conversation.press(" вслепую<enter><a-h>")
        #expect(conversation.effects.isEmpty)
        conversation.feed(.resized(Size(rows: 24, columns: 80)))
        #expect(conversation.model.editor.text == "текст вслепую")
    }

    @Test func everyKeyIsBoundOnce() {
        let keys = KeyBindings.standard.all.flatMap(\.keys)
        #expect(Set(keys).count == keys.count)
        #expect(keys.allSatisfy { $0.latinShortcut == $0 })
    }
}

struct ConversationTests {
    @Test func strangersMessagesAreNotShown() {
        var conversation = Conversation.online()
        var message = Message.make("m1")
        message.sender = UserID("stranger")!
        conversation.feed(.received(message), .history([message], hasOlder: false))
        #expect(conversation.model.transcript.isEmpty)
    }

    @Test func givenNamesStay() {
        var conversation = Conversation(peerName: "Иван", product: nil)
        conversation.feed(.named("Пётр"), .about("Диван"))
        #expect(conversation.model.peerDisplayName == "Иван")
        #expect(conversation.model.product == "Диван")
        conversation = Conversation(peerName: nil, product: "Стол")
        #expect(conversation.model.peerDisplayName == "seller")
        conversation.feed(.named("Пётр"), .about("Диван"))
        #expect(conversation.model.peerDisplayName == "Пётр")
        #expect(conversation.model.product == "Стол")
        conversation.feed(.named(" \u{2003}"))
        #expect(conversation.model.peerDisplayName == "seller")
    }

    @Test func newMessagesAreCountedOutOfSight() {
        var conversation = Conversation.online()
        conversation.feed(.history((1...50).map { .make("m\($0)") }, hasOlder: false))
        #expect(conversation.feed(.received(.make("n1"))) == [])
        #expect(conversation.model.newCount == 0)
        conversation.feed(.input(.focus(false)))
        #expect(conversation.feed(.received(.make("n2"))) == [.bell, .notify(title: "Иван Петров", body: "текст")])
        #expect(conversation.feed(.received(.make("n2"))) == [])
        #expect(conversation.model.newCount == 1)
        #expect(conversation.model.firstNew == "n2")
        conversation.feed(.input(.focus(true)))
        #expect(conversation.model.newCount == 0)
        conversation.press("<pageup>")
        #expect(conversation.feed(.received(.make("n3")), .received(.make("n4", own: true))) == [])
        #expect(conversation.model.newCount == 1)
        #expect(conversation.model.firstNew == "n3")
        conversation.press("текст<enter>")
        #expect(conversation.model.newCount == 0)
        #expect(conversation.model.firstNew == nil)
    }

    @Test func olderPagesAreAskedForOnce() {
        var conversation = Conversation.online()
        conversation.feed(.history((50...99).map { .make("m\($0)") }, hasOlder: true))
        #expect(conversation.press("<c-home>") == [.loadOldest])
        #expect(conversation.press("<c-home><pageup>") == [])
        conversation.feed(.historyUnavailable(.notStored))
        #expect(conversation.press("<pageup>") == [.loadOlder(before: "m50")])
        // A newer page does not say whether there are messages before the first one.
        conversation.feed(.history((1...49).map { .make("m\($0)") }, hasOlder: false))
        conversation.feed(.history((90...99).map { .make("m\($0)") }, hasOlder: true))
        #expect(conversation.press("<c-home>") == [])
    }

    /// The stored history is not loaded page by page. What only the server has is, until another key ends the jump.
    @Test func theWayToTheBeginning() {
        var conversation = Conversation.online()
        conversation.feed(.history((500...599).map { .make("m\($0)") }, hasOlder: true))
        #expect(conversation.press("<home>") == [.loadOldest])
        // A page that was not requested is not the answer.
        #expect(conversation.feed(.history((590...599).map { .make("m\($0)") }, hasOlder: true)) == [])
        let oldest = (100...120).map { Message.make("m\($0)") }
        #expect(conversation.feed(.beginning(oldest, hasOlder: true, hasNewer: true)) == [.loadOlder(before: "m100")])
        let page = (80...99).map { Message.make("m\($0)") }
        #expect(conversation.feed(.history(page, hasOlder: true)) == [.loadOlder(before: "m80")])
        conversation.press("x")
        #expect(conversation.feed(.history((60...79).map { .make("m\($0)") }, hasOlder: true)) == [])
        #expect(conversation.model.transcript.stored.first?.id == "m60")
        #expect(conversation.press("<c-home>") == [.loadOldest])
        #expect(conversation.feed(.beginning(oldest, hasOlder: true, hasNewer: true)) == [.loadOlder(before: "m60")])
        #expect(conversation.feed(.history((1...59).map { .make("m\($0)") }, hasOlder: false)) == [])
        #expect(conversation.model.jumpToTop == nil)
        #expect(conversation.press("<c-home>") == [])
    }

    /// A server that claims to have more but sends nothing is not asked forever. The same holds for a disk.
    @Test(arguments: [true, false])
    func theWayToTheBeginningEnds(isOnline: Bool) {
        var conversation = Conversation.online()
        conversation.feed(.history([.make("m1")], hasOlder: true))
        if !isOnline { conversation.feed(.connection(.connecting(attempt: 1))) }
        #expect(conversation.press("<home>") == [.loadOldest])
        #expect(conversation.feed(.beginning([], hasOlder: true, hasNewer: false)) == [.loadOlder(before: "m1")])
        #expect(conversation.feed(.history([], hasOlder: true)) == [])
        #expect(conversation.model.jumpToTop == nil)
        #expect(conversation.model.notice == (isOnline ? nil : .olderOnlyOnServer))
    }

    /// The disk may have older pages.
    @Test func olderPagesAreAskedForOffline() {
        var conversation = Conversation.online()
        conversation.feed(.history([.make("m1")], hasOlder: true), .connection(.connecting(attempt: 1)))
        #expect(conversation.press("<pageup>") == [.loadOlder(before: "m1")])
        conversation.feed(.historyUnavailable(.notStored))
        #expect(conversation.model.notice == .olderOnlyOnServer)
        #expect(conversation.press("<pageup>") == [.loadOlder(before: "m1")])
    }

    /// Whatever happens around it, the row at the window's top stays there.
    @Test func theAnchorHolds() {
        var conversation = Conversation.online()
        let time = Timestamp.noon.advanced(by: .seconds(-100_000))
        conversation.feed(.history((100...199).map { .make("m\($0)", "номер \($0)", at: time) }, hasOlder: true))
        conversation.press("<c-home><pagedown><pagedown>")
        let before = conversation.screen.lines[2]
        #expect(before.hasPrefix(" номер"))
        func expectSame() { #expect(conversation.screen.lines[2] == before) }
        conversation.feed(.received(.make("n1")))
        expectSame()
        conversation.feed(.history((1...99).map { .make("m\($0)", "номер \($0)", at: time) }, hasOlder: false))
        expectSame()
        conversation.feed(.resized(Size(rows: 40, columns: 130)))
        expectSame()
        conversation.feed(.resized(Size(rows: 12, columns: 41)))
        expectSame()
        conversation.press("один<a-enter>два<a-enter>три")
        expectSame()
        conversation.press("<f1><esc>")
        expectSame()
    }

    /// If a message has fewer rows in a wider window, its last row stays at the window's top.
    @Test func theAnchorHoldsInsideALongMessage() {
        var conversation = Conversation.online()
        conversation.feed(.resized(Size(rows: 12, columns: 40)))
        let long = (1...100).map { "слово\($0)" }.joined(separator: " ")
        let others = (2...30).map { Message.make("m\($0)", "номер \($0)") }
        conversation.feed(.history([.make("m1", long)] + others, hasOlder: false))
        conversation.press("<c-home><pagedown><pagedown><pagedown><pagedown>")
        #expect(conversation.screen.lines[2].hasPrefix(" слово57"))
        conversation.feed(.resized(Size(rows: 12, columns: 200)))
        #expect(conversation.screen.lines[2].hasSuffix("слово100"))
        #expect(conversation.screen.lines[3] == " номер 2")
    }

    @Test func theAnchorSurvivesTheConfirmationOfItsMessage() {
        var conversation = Conversation.online()
        for number in 1...60 { conversation.press("\(number)<enter>") }
        conversation.press("<pageup>")
        guard case .anchored(let anchor) = conversation.model.viewport, case .pending(let anchored) = anchor.id else {
            Issue.record("it is not scrolled up")
            return
        }
        let newest = Transcript.LineID.stored(MessageID("s" + anchored.wire.dropFirst(3)))
        let before = conversation.screen.lines[2...8].map { $0.filter(\.isNumber) }
        for number in 1...60 {
            let message = Message.make("s\(number)", "\(number)", own: true)
            conversation.feed(.outgoing(id: "own\(number)", .stored(message)))
        }
        #expect(conversation.model.viewport == .anchored(.init(id: newest, row: anchor.row)))
        #expect(conversation.screen.lines[2...8].map { $0.filter(\.isNumber) } == before)
    }

    @Test func aDiscardedAnchorFallsToTheBottom() {
        var conversation = Conversation.online()
        conversation.model.viewport = .anchored(.init(id: .stored("gone"), row: 3))
        #expect(conversation.screen.lines.count == 24)
        #expect(conversation.press("<pagedown>") == [])
        #expect(conversation.model.viewport == .following)
    }

    @Test func resizingOntoTheEndFollowsAgain() {
        var conversation = Conversation.online()
        conversation.feed(.history((1...20).map { .make("m\($0)") }, hasOlder: false))
        conversation.feed(.resized(Size(rows: 12, columns: 40)))
        conversation.press("<pageup>")
        #expect(conversation.model.viewport != .following)
        conversation.feed(.resized(Size(rows: 60, columns: 40)))
        #expect(conversation.model.viewport == .following)
    }
}
