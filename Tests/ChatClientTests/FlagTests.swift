import ChatWire
import Testing

@testable import ChatClient

/// A window with the list, in which bob's last message is `b1`.
private func listing(_ flags: [UserID: StoredFlags] = [:]) -> Harness {
    var harness = Harness()
    harness.session = Session(user: anna, peer: nil, seed: 1)
    harness.inbox.position = FeedPosition(epoch: "e", cursor: 7, messageID: "m7")
    let last = message("b1", "x", from: bob, to: anna)
    harness.inbox.conversations = [
        StoredConversation(entry: .init(peer: bob, lastMessage: last, unread: 0), waitingSince: last.createdAt)
    ]
    harness.inbox.flags = flags
    return harness
}

private func incoming(_ cursor: Int, from: UserID, to: UserID = anna) -> ServerEvent {
    .newMessage(.init(message: message("m\(cursor)", "x", from: from, to: to), cursor: cursor))
}

/// The seconds count from the time of all other messages.
private func message(_ id: MessageID, from: UserID, at second: Int64) -> Message {
    var message = message(id, "x", from: from, to: from == anna ? bob : anna)
    message.createdAt = message.createdAt.advanced(by: .seconds(second))
    return message
}

private func notes(_ effects: [Session.Effect]) -> [[UserID: ConversationNotes]] {
    updates(effects).compactMap { if case .conversationNotes(let notes) = $0 { notes } else { nil } }
}

private let archived: [UserID: StoredFlags] = [bob: StoredFlags([.archived], archivedAfter: "b1")]

@Suite("The client's session: flags of conversations")
struct FlagTests {
    @Test("flags are stored, and told at once") func set() {
        var harness = listing()
        harness.goOnline(2)
        harness.isDiskSlow = true
        let effects = harness.handle(.setFlag(.archived, true, peer: bob))
        #expect(notes(effects) == [[bob: ConversationNotes(flags: [.archived])]])
        #expect(harness.changes.last == .flag(.archived, true, peer: bob, last: "b1"))
    }

    @Test("those on disk are told with the list") func stored() {
        var harness = listing([bob: StoredFlags([.muted]), carl: StoredFlags([.pinned])])
        #expect(
            notes(harness.handle(.start)) == [
                [bob: ConversationNotes(flags: [.muted]), carl: ConversationNotes(flags: [.pinned])]
            ])
    }

    @Test("a new message of the peer brings a conversation back from the archive") func comesBack() {
        var harness = listing(archived)
        harness.goOnline(2)
        #expect(notes(harness.event(incoming(8, from: anna, to: bob))) == [])
        #expect(notes(harness.event(incoming(9, from: bob))) == [[bob: ConversationNotes()]])
        #expect(harness.changes.last == .flag(.archived, false, peer: bob, last: "m9"))
    }

    @Test("unless it is muted; and what came while it was muted does not do so later") func mutedStays() {
        var harness = listing([bob: StoredFlags([.archived, .muted], archivedAfter: "b1")])
        harness.goOnline(2)
        #expect(notes(harness.event(incoming(8, from: bob))) == [])
        harness.handle(.setFlag(.muted, false, peer: bob))
        #expect(harness.changes.last == .flag(.muted, false, peer: bob, last: "m8"))
    }

    @Test("a message that came while no window followed the list does so, too", arguments: [true, false])
    func cameBefore(isOnDisk: Bool) {
        var harness = listing([bob: StoredFlags([.archived], archivedAfter: "a0")])
        if isOnDisk {
            harness.handle(.start)
        } else {
            harness.inbox.flags = archived
            harness.goOnline(2)
            let later = message("b2", from: bob, at: 1)
            let entries: [ConversationList.Entry] = [.init(peer: bob, lastMessage: later, unread: 1)]
            harness.handle(.conversations(.success(.init(conversations: entries)), link: 1))
        }
        #expect(harness.changes.contains(.flag(.archived, false, peer: bob, last: isOnDisk ? "b1" : "b2")))
    }

    @Test("another window's flags are told; what is not stored yet is newer") func otherWindows() {
        var harness = listing()
        harness.goOnline(2)
        harness.inbox.flags = [bob: StoredFlags([.pinned])]
        #expect(notes(harness.handle(.readFlags)) == [[bob: ConversationNotes(flags: [.pinned])]])
        #expect(notes(harness.handle(.readFlags)) == [])
        harness.isDiskSlow = true
        harness.handle(.setFlag(.pinned, false, peer: bob))
        #expect(notes(harness.handle(.readFlags)) == [])
        harness.inbox.flags = [:]
        harness.answerDisk()
        #expect(notes(harness.handle(.readFlags)) == [])
    }

    @Test("a disk that refuses gets the flag later") func refused() {
        var harness = listing()
        harness.goOnline(2)
        harness.diskFailure = .diskFull
        harness.handle(.setFlag(.muted, true, peer: bob))
        harness.diskFailure = nil
        harness.pass(.seconds(10))
        #expect(harness.changes.count { $0 == .flag(.muted, true, peer: bob, last: nil) } == 2)
    }

    @Test("the peer waits since the first message without an answer") func waiting() {
        var harness = listing()
        harness.goOnline(2)
        let first = message("b1", "x", from: bob, to: anna).createdAt
        func event(_ cursor: Int, from: UserID, _ second: Int64) -> ServerEvent {
            .newMessage(.init(message: message("m\(cursor)", from: from, at: second), cursor: cursor))
        }
        #expect(notes(harness.event(event(8, from: bob, 100))) == [[bob: ConversationNotes(waitingSince: first)]])
        #expect(notes(harness.event(event(9, from: anna, 200))) == [[bob: ConversationNotes()]])
        #expect(notes(harness.event(event(10, from: bob, 300))) == [])
        #expect(notes(harness.event(event(11, from: bob, 400))).count == 1)
    }

    @Test("a window that begins with one conversation can follow the list") func followsList() {
        var harness = Harness()
        harness.inbox = listing(archived).inbox
        harness.handle(.start)
        let effects = harness.handle(.followList)
        #expect(updates(effects).contains { if case .conversations = $0 { true } else { false } })
        let online = harness.goOnline(2) + harness.history([])
        #expect(online.contains(.fetchConversations(link: 1)))
        #expect(harness.session.peer == bob)
    }
}
