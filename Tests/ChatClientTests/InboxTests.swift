import ChatWire
import Testing

@testable import ChatClient

/// A message at a second of its own, which is also its id.
private func at(_ second: Int, from: UserID = bob, to: UserID = anna) -> Message {
    Message(
        id: "m\(second)", sender: from, receiver: to, text: UntrustedText("\(second)"),
        createdAt: Timestamp(seconds: 1_700_000_000 + Int64(second)))
}

/// The list as text: the peer, the last message, and the number of unread messages.
private func told(_ inbox: inout Inbox) -> [String] {
    inbox.takeChanges().map { "\($0.peer) \($0.lastMessage.id) \($0.unread)" }
}

@Suite("The list of conversations")
struct InboxTests {
    @Test("messages are unread until they are read here or elsewhere")
    func counting() {
        var inbox = Inbox(user: anna)
        for second in 1...3 { inbox.apply(.arrived(at(second), nil)) }
        inbox.apply(.arrived(at(4, from: carl), Product(title: "Лодка")))
        #expect(told(&inbox) == ["carl m4 1", "bob m3 3"])
        inbox.apply(.read(upTo: "m2", peer: bob, isHere: false))
        #expect(told(&inbox) == ["bob m3 1"])
        inbox.apply(.read(upTo: "m3", peer: bob, isHere: true))
        #expect(told(&inbox) == ["bob m3 0"])
        inbox.apply(.arrived(at(5, from: anna, to: bob), nil))
        #expect(told(&inbox) == ["bob m5 0"])
        #expect(told(&inbox) == [])
        #expect(!inbox.isUncertain)
    }

    @Test("a title stays with its id, whoever names the id alone: a message, the stored list or the server's")
    func productTitles() {
        let (lamp, table) = (Product(id: "p", title: "Лампа"), Product(id: "q", title: "Стол"))
        var inbox = Inbox(user: anna)
        func shown() -> Product? { inbox.takeChanges().first?.product }
        let entry = ConversationList.Entry(peer: bob, product: table, lastMessage: at(0), unread: 0)
        inbox.restore([StoredConversation(entry: entry, products: [table, lamp])])
        #expect(shown() == table)
        inbox.apply(.arrived(at(1), Product(id: "p")))
        #expect(shown() == lamp)
        inbox.apply(.arrived(at(2), nil))
        #expect(shown() == lamp)
        inbox.apply(.named(nil, Product(id: "r"), peer: bob))
        #expect(shown() == Product(id: "r"))
        inbox.apply(.arrived(at(3), Product(id: "r", title: "Шкаф")))
        inbox.apply(.arrived(at(4), Product(title: "Шкаф")))
        #expect(shown() == Product(title: "Шкаф"))
        let listed = ConversationList.Entry(peer: bob, product: Product(id: "q"), lastMessage: at(4), unread: 0)
        inbox.listRequested()
        _ = inbox.merge([listed])
        #expect(shown() == table)
        let other = ConversationList.Entry(peer: carl, product: lamp, lastMessage: at(5, from: carl), unread: 0)
        _ = inbox.merge([other])
        inbox.apply(.arrived(at(6, from: carl), Product(id: "p")))
        #expect(shown() == lamp)
    }

    @Test("a read mark that arrives while the feed is behind the list leaves the count uncertain")
    func readBehindTheList() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(3), unread: 2)])
        #expect(told(&inbox) == ["bob m3 2"])
        inbox.apply(.read(upTo: "m1", peer: bob, isHere: false))
        #expect(told(&inbox) == ["bob m3 2"])
        #expect(inbox.isUncertain)
    }

    @Test("what was read here is not the end any more once the history has a later message")
    func readBeforeALaterMessage() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.apply(.read(upTo: "m1", peer: bob, isHere: true))
        inbox.apply(.newest(at(9)))
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(9), unread: 8)])
        #expect(told(&inbox) == ["bob m9 8"])
    }

    @Test("a read mark to a message before a page of the history leaves the count uncertain")
    func readBeforeAPage() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.apply(.newest(at(4)))
        inbox.apply(.arrived(at(5), nil))
        _ = told(&inbox)
        inbox.apply(.read(upTo: "m1", peer: bob, isHere: false))
        #expect(inbox.isUncertain)
    }

    @Test("a read mark before messages that the feed left out leaves the count uncertain")
    func readBeforeSkippedMessages() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.apply(.skipped)
        inbox.apply(.arrived(at(4, from: anna, to: bob), nil))
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(4, from: anna, to: bob), unread: 3)])
        inbox.apply(.arrived(at(5), nil))
        inbox.apply(.read(upTo: "m1", peer: bob, isHere: false))
        #expect(inbox.isUncertain)
        #expect(told(&inbox) == ["bob m5 4"])
        // Where nothing is missing, the arrived messages are counted.
        inbox.listRequested()
        inbox.apply(.read(upTo: "m4", peer: bob, isHere: false))
        #expect(!inbox.isUncertain)
        #expect(told(&inbox) == ["bob m5 1"])
    }

    @Test("what was read here is not everything any more once the feed left messages out")
    func readHereBeforeSkippedMessages() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.apply(.read(upTo: "m1", peer: bob, isHere: true))
        inbox.apply(.skipped)
        let own = at(4, from: anna, to: bob)
        inbox.apply(.arrived(own, nil))
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: own, unread: 2)])
        #expect(told(&inbox) == ["bob m4 2"])
    }

    @Test("messages that the feed left out may not have been seen here")
    func seenBeforeSkippedMessages() {
        var inbox = Inbox(user: anna)
        inbox.restore([StoredConversation(entry: .init(peer: bob, lastMessage: at(3), unread: 1))])
        inbox.apply(.skipped)
        inbox.apply(.newest(at(6)))
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(6), unread: 4)])
        inbox.apply(.read(upTo: "m3", peer: bob, isHere: true))
        #expect(inbox.isUncertain)
        #expect(told(&inbox) == ["bob m6 4"])
        inbox.apply(.read(upTo: "m6", peer: bob, isHere: true))
        #expect(told(&inbox) == ["bob m6 0"])
    }

    @Test("cursors decide which message and conversation is the latest, whatever the clock says")
    func wrongClock() {
        func fed(_ cursor: Int, at second: Int, from sender: UserID = bob) -> Message {
            var message = at(second, from: sender)
            message.cursor = cursor
            return message
        }
        let ahead = 315_360_000
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(fed(1, at: ahead), nil))
        inbox.apply(.arrived(fed(2, at: 2, from: carl), nil))
        inbox.apply(.arrived(fed(3, at: 3), nil))
        inbox.apply(.arrived(fed(4, at: ahead + 1), nil))
        inbox.apply(.arrived(fed(5, at: 5, from: carl), nil))
        #expect(told(&inbox) == ["carl m5 2", "bob m\(ahead + 1) 3"])
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: fed(7, at: 7), unread: 5)])
        #expect(told(&inbox) == ["bob m7 5"])
        // The list contained both messages already.
        inbox.apply(.arrived(fed(6, at: 6), nil))
        inbox.apply(.arrived(fed(7, at: 7), nil))
        #expect(told(&inbox) == ["bob m7 5"])
        inbox.apply(.newest(fed(4, at: ahead + 1)))
        #expect(told(&inbox) == [])
        inbox.forgetCursors()
        inbox.apply(.arrived(fed(1, at: 8), nil))
        #expect(told(&inbox) == ["bob m8 6", "carl m5 2"])
    }

    @Test("forgotten cursors are reported, so that the next feed's messages come first in the list")
    func otherFeed() {
        func fed(_ cursor: Int, from sender: UserID) -> Message {
            var message = at(cursor, from: sender)
            message.cursor = cursor
            return message
        }
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(fed(900, from: bob), nil))
        inbox.apply(.arrived(fed(1000, from: carl), nil))
        #expect(inbox.takeChanges().map(\.lastMessage.cursor) == [1000, 900])
        inbox.forgetCursors()
        #expect(inbox.takeChanges().map(\.lastMessage.cursor) == [nil, nil])
        inbox.apply(.arrived(fed(1, from: bob), nil))
        #expect(inbox.takeChanges().map(\.lastMessage.cursor) == [1])
    }

    @Test("a read mark at an unknown message makes the list be requested again")
    func unknownMark() {
        var inbox = Inbox(user: anna)
        inbox.restore([
            StoredConversation(entry: .init(peer: bob, lastMessage: at(9), unread: 4), ownRead: "m1")
        ])
        inbox.apply(.read(upTo: "m6", peer: bob, isHere: false))
        #expect(inbox.isUncertain)
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(9), unread: 2)])
        #expect(told(&inbox) == ["bob m9 2"])
        #expect(!inbox.isUncertain)
    }

    @Test("if the list counted without a read mark that is known here, it is requested again")
    func lateMark() {
        var inbox = Inbox(user: anna)
        inbox.restore([StoredConversation(entry: .init(peer: bob, lastMessage: at(9), unread: 1), ownRead: "m6")])
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(9), unread: 2)])
        inbox.apply(.read(upTo: "m6", peer: bob, isHere: false))
        #expect(inbox.isUncertain)
    }

    @Test("reading an incomplete conversation does not clear its unread count")
    func seenInPart() {
        var inbox = Inbox(user: anna)
        inbox.restore([StoredConversation(entry: .init(peer: bob, lastMessage: at(3), unread: 1))])
        inbox.apply(.arrived(at(5), nil))  // the disk refuses it
        inbox.apply(.read(upTo: "m3", peer: bob, isHere: true))
        #expect(inbox.isUncertain)
        #expect(told(&inbox) == ["bob m5 2"])
        // The list is ahead of the feed.
        inbox = Inbox(user: anna)
        inbox.restore([StoredConversation(entry: .init(peer: bob, lastMessage: at(2), unread: 1))])
        inbox.listRequested()
        _ = inbox.merge([.init(peer: bob, lastMessage: at(5), unread: 2)])
        inbox.apply(.read(upTo: "m2", peer: bob, isHere: true))
        #expect(inbox.isUncertain)
        #expect(told(&inbox) == ["bob m5 2"])
        // The stored history reaches the list's last message, so it is complete.
        inbox.listRequested()
        inbox.apply(.newest(at(5)))
        inbox.apply(.read(upTo: "m4", peer: bob, isHere: true))
        #expect(!inbox.isUncertain)
        #expect(told(&inbox) == ["bob m5 0"])
    }

    @Test("the first message of a peer without a name makes the list be requested once")
    func stranger() {
        var inbox = Inbox(user: anna)
        for (second, isNew) in [(1, true), (2, false)] {
            inbox.apply(.arrived(at(second), nil))
            #expect(inbox.hasUnnamedPeer == isNew)
            inbox.listRequested()
            _ = inbox.merge([.init(peer: bob, lastMessage: at(second), unread: second)])
        }
        inbox.apply(.arrived(at(3, from: anna, to: carl), nil))
        #expect(!inbox.hasUnnamedPeer)
    }

    @Test("the server's list adds names and conversations, and the feed's messages in it are not counted twice")
    func serverList() {
        var inbox = Inbox(user: anna)
        inbox.restore([StoredConversation(entry: .init(peer: bob, lastMessage: at(1), unread: 0))])
        inbox.listRequested()
        let fresh = inbox.merge([
            .init(peer: carl, peerName: "Карл", lastMessage: at(8, from: carl), unread: 2),
            .init(peer: bob, lastMessage: at(3), unread: 2),
            .init(peer: anna, lastMessage: at(9, from: anna), unread: 0),  // no conversation of two
            .init(peer: user("eve"), lastMessage: at(9, from: bob, to: carl), unread: 0),  // strangers' words
        ])
        #expect(fresh.named.map(\.peer) == [carl])
        #expect(fresh.new.map(\.id) == ["m8"])
        #expect(told(&inbox) == ["carl m8 2", "bob m3 2"])
        for second in 2...4 { inbox.apply(.arrived(at(second), nil)) }
        #expect(told(&inbox) == ["bob m4 3"])
    }

    @Test("what was read here stays read although the server does not know it, until there is a new message")
    func readHere() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.apply(.read(upTo: "m1", peer: bob, isHere: true))
        for (second, unread, told) in [(1, 1, 0), (2, 2, 2), (2, 1, 1)] {
            inbox.listRequested()
            _ = inbox.merge([.init(peer: bob, lastMessage: at(second), unread: unread)])
            #expect(inbox.takeChanges().map(\.unread) == [told])
        }
    }

    @Test("a block that only the list told of makes the list be requested again when it ends")
    func listedBlock() {
        var inbox = Inbox(user: anna)
        func list(unread: Int, isBlocked: Bool) {
            inbox.listRequested()
            _ = inbox.merge([.init(peer: bob, lastMessage: at(1), unread: unread, isBlocked: isBlocked)])
        }
        inbox.apply(.arrived(at(1), nil))
        list(unread: 0, isBlocked: true)
        #expect(!inbox.isUncertain)
        inbox.blocked(false, bob)
        #expect(inbox.isUncertain)
        list(unread: 1, isBlocked: false)
        #expect(!inbox.isUncertain)
        #expect(told(&inbox) == ["bob m1 1"])
    }

    @Test("a list that contradicts an event about a block is requested once more")
    func contradictedBlock() {
        var inbox = Inbox(user: anna)
        inbox.apply(.arrived(at(1), nil))
        inbox.listRequested()
        inbox.blocked(false, bob)
        for (isBlocked, isUncertain) in [(true, true), (false, false)] {
            _ = inbox.merge([.init(peer: bob, lastMessage: at(1), unread: 0, isBlocked: isBlocked)])
            #expect(inbox.isUncertain == isUncertain)
            inbox.listRequested()
        }
    }

    @Test("if a conversation changed while the list was requested and the two differ, the list is requested again")
    func changedMeanwhile() {
        var inbox = Inbox(user: anna)
        inbox.listRequested()
        inbox.apply(.arrived(at(2), nil))
        _ = inbox.merge([.init(peer: bob, lastMessage: at(2), unread: 1)])
        #expect(!inbox.isUncertain)
        inbox.listRequested()
        inbox.apply(.arrived(at(3), nil))
        _ = inbox.merge([.init(peer: bob, lastMessage: at(2), unread: 1)])
        #expect(inbox.isUncertain)
        #expect(told(&inbox) == ["bob m3 2"])
    }
}
