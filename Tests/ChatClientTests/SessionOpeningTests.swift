import ChatWire
import Testing

@testable import ChatClient

/// A window that shows the list, and whose feed is stored up to a cursor.
private func inbox(upTo cursor: Int = 7) -> Harness {
    var harness = Harness()
    harness.session = Session(user: anna, peer: nil, seed: 1)
    harness.inbox.position = FeedPosition(epoch: "e", cursor: cursor, messageID: "m\(cursor)")
    harness.inbox.conversations = [
        StoredConversation(entry: .init(peer: bob, lastMessage: message("b1", "x", from: bob, to: anna), unread: 0))
    ]
    return harness
}

private func incoming(_ cursor: Int, from: UserID) -> ServerEvent {
    .newMessage(.init(message: message("m\(cursor)", UntrustedText("\(cursor)"), from: from, to: anna), cursor: cursor))
}

/// The reported entries of the list, as text.
private func listed(_ effects: [Session.Effect]) -> [String] {
    updates(effects).flatMap { update in
        guard case .conversations(let entries) = update else { return [String]() }
        return entries.map { "\($0.peer) \($0.lastMessage.id) \($0.unread)" }
    }
}

private func received(_ effects: [Session.Effect]) -> [MessageID] {
    updates(effects).compactMap { if case .received(let message) = $0 { message.id } else { nil } }
}

extension Session.Effect {
    fileprivate static var asksForList: Self { .fetchConversations(link: 1) }
}

@Suite("The client's session: one conversation after another")
struct SessionOpeningTests {
    @Test("the list comes from the disk, then from the server, and then follows the feed")
    func list() {
        var harness = inbox()
        harness.inbox.drafts = [bob: "начало"]
        harness.inbox.unsent = [UnsentMessage.State.held, .waiting].enumerated().map { index, state in
            UnsentMessage(
                id: "u\(index)", receiver: carl, text: "x", createdAt: Timestamp(seconds: 1_700_000_000), state: state)
        }
        let first = harness.handle(.start)
        #expect(updates(first).contains(.unsentElsewhere(harness.inbox.unsent[0], .unconfirmed)))
        #expect(updates(first).contains(.unsentElsewhere(harness.inbox.unsent[1], .waiting)))
        #expect(listed(first) == ["bob b1 0"])
        #expect(updates(first).contains(.drafts([bob: "начало"])))
        #expect(harness.goOnline(2).contains(.asksForList))
        let entries: [ConversationList.Entry] = [
            .init(peer: carl, peerName: "Карл", lastMessage: message("c1", "y", from: carl, to: anna), unread: 3)
        ]
        let answer = harness.handle(.conversations(.success(.init(conversations: entries)), link: 1))
        #expect(listed(answer) == ["carl c1 3"])
        #expect(updates(answer).last == .conversationsComplete)
        // Conversations that were never stored are stored, so that they are available offline.
        #expect(harness.changes.contains(.profile(name: "Карл", product: nil, peer: carl)))
        let news = harness.event(incoming(8, from: bob))
        #expect(listed(news) == ["bob m8 1"])
        #expect(received(news) == [])
    }

    @Test("a server of the first protocol has no list, and one that fails is asked again")
    func noList() {
        var old = inbox()
        #expect(updates(old.goOnline(nil)).contains(.conversationsUnavailable(.notProvided)))
        var failing = inbox()
        failing.goOnline(2)
        let answer = failing.handle(.conversations(.failure(.refused(status: 500)), link: 1))
        #expect(updates(answer) == [.conversationsUnavailable(.refused(status: 500))])
        #expect(failing.pass(.seconds(2)).contains(.asksForList))
    }

    @Test("opening shows what is stored; the previous conversation ends with its draft stored")
    func opening() {
        var harness = inbox()
        harness.goOnline(2)
        harness.disk.newest.messages = [StoredMessage(message: message("b1", "x", from: bob, to: anna), cursor: 7)]
        harness.disk.reachesFeed = true
        harness.disk.draft = "начало"
        let opened = updates(harness.handle(.open(peer: bob)))
        #expect(opened.first == .opened(bob))
        #expect(opened.contains(.history([message("b1", "x", from: bob, to: anna)], hasOlder: false)))
        #expect(opened.contains(.draft("начало")))
        #expect(opened.last == .caughtUp)
        #expect(received(harness.event(incoming(8, from: bob))) == ["m8"])

        harness.handle(.draft("ещё"))
        #expect(updates(harness.handle(.open(peer: carl))).first == .opened(carl))
        #expect(harness.changes.contains(.draft("ещё", peer: bob)))
        #expect(harness.loads == [bob, carl])
        // An answer about the previous conversation comes too late.
        let late = HistoryPage(messages: [.init(message: message("b0", "z", from: bob, to: anna))], hasMore: false)
        #expect(harness.handle(.history(.success(late), peer: bob, before: nil, link: 1)) == [])
        #expect(updates(harness.handle(.open(peer: nil))) == [.opened(nil)])
    }

    @Test("a conversation with oneself cannot be opened")
    func oneself() {
        var harness = inbox()
        harness.goOnline(2)
        #expect(harness.handle(.open(peer: anna)) == [])
    }

    @Test("a message to oneself is ignored even if a server sends it")
    func messageToOneself() {
        var harness = inbox()
        harness.goOnline(2)
        let effects = harness.event(
            .newMessage(.init(message: message("m8", "x", from: anna, to: anna), cursor: 8)))
        #expect(!effects.contains(.transmit(.ack(cursor: 8))))
        #expect(listed(effects) == [])
    }

    @Test("if the server is not told, what was read still counts here")
    func readingInSecret() {
        var harness = inbox()
        harness.session = Session(user: anna, peer: nil, tellsRead: false, seed: 1)
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.handle(.open(peer: bob))
        let seen = harness.handle(.seen(upTo: "m8"))
        #expect(listed(seen) == ["bob m8 0"])
        #expect(harness.changes.contains(.mark(ConversationMark(user: anna, read: "m8"), peer: bob)))
        harness.lose()
        let told = seen + harness.goOnline(2)
        #expect(!told.contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
        let entry = ConversationList.Entry(
            peer: bob, lastMessage: message("m8", "x", from: bob, to: anna), unread: 1)
        let answer = harness.handle(.conversations(.success(.init(conversations: [entry])), link: harness.link))
        #expect(!listed(answer).contains("bob m8 1"))
    }

    @Test("messages that a slow terminal showed late are read, though another conversation is open") func readLate() {
        var harness = inbox()
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.handle(.open(peer: bob))
        harness.handle(.open(peer: carl))
        let seen = harness.handle(.seen(upTo: "m8", in: bob))
        #expect(listed(seen) == ["bob m8 0"])
        #expect(seen.contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
        #expect(harness.changes.contains(.mark(ConversationMark(user: anna, read: "m8"), peer: bob)))
    }

    @Test("a list that was requested before the user read on does not prove that the server knows the mark")
    func olderList() {
        var harness = inbox()
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.handle(.open(peer: bob))
        harness.handle(.seen(upTo: "m8"))
        let entry = ConversationList.Entry(
            peer: bob, lastMessage: message("m8", "x", from: bob, to: anna), unread: 0)
        harness.handle(.conversations(.success(.init(conversations: [entry])), link: harness.link))
        harness.handle(.open(peer: nil))
        harness.lose()
        #expect(harness.goOnline(2).contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
    }

    @Test("a list that may be older than a mark just sent is requested once more")
    func listBesideReading() {
        var harness = inbox()
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.handle(.open(peer: bob))
        harness.handle(.seen(upTo: "m8"))
        harness.event(incoming(9, from: bob))
        harness.lose()
        #expect(harness.goOnline(2).contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
        let entry = ConversationList.Entry(peer: bob, lastMessage: message("m9", "x", from: bob, to: anna), unread: 1)
        let list = ConversationList(conversations: [entry])
        harness.handle(.conversations(.success(list), link: harness.link))
        #expect(harness.pass(.seconds(2)).contains(.fetchConversations(link: harness.link)))
        harness.handle(.conversations(.success(list), link: harness.link))
        #expect(!harness.pass(.seconds(2)).contains(.fetchConversations(link: harness.link)))
    }

    @Test("messages read here or on another device are not unread any more")
    func reading() {
        var harness = inbox()
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.event(incoming(9, from: carl))
        harness.handle(.open(peer: bob))
        let seen = harness.handle(.seen(upTo: "m8"))
        #expect(listed(seen) == ["bob m8 0"])
        #expect(seen.contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
        #expect(listed(harness.event(.read(user: anna, otherUser: carl, messageID: "m9"))) == ["carl m9 0"])
    }

    @Test("if the feed left messages out, a read mark before them makes the list be requested again")
    func markBeforeSkippedMessages() {
        func list(_ cursor: Int, unread: Int) -> [Session.Effect] {
            var last = message("m\(cursor)", "x", from: bob, to: anna)
            last.cursor = cursor
            let entry = ConversationList.Entry(peer: bob, lastMessage: last, unread: unread)
            return harness.handle(.conversations(.success(.init(conversations: [entry])), link: harness.link))
        }
        var harness = inbox()
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.lose()
        harness.handle(.reconnectNow)
        harness.handle(.opened(link: harness.link))
        harness.event(authSuccess(2, cursor: 10))
        harness.event(.resyncRequired)
        #expect(listed(list(10, unread: 3)) == ["bob m10 3"])
        #expect(listed(harness.event(incoming(11, from: bob))) == ["bob m11 4"])
        #expect(listed(harness.event(.read(user: anna, otherUser: bob, messageID: "m8"))) == ["bob m11 4"])
        #expect(harness.pass(.seconds(2)).contains(.fetchConversations(link: harness.link)))
        #expect(listed(list(11, unread: 3)) == ["bob m11 3"])
    }

    @Test("read marks from offline are sent for each conversation when there is a connection")
    func readingOffline() {
        var harness = inbox()
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.event(incoming(9, from: carl))
        harness.lose()
        for (peer, id) in [(bob, "m8"), (carl, "m9")] as [(UserID, MessageID)] {
            harness.handle(.open(peer: peer))
            harness.handle(.seen(upTo: id))
        }
        // The first connection may have been dead.
        for _ in 1...2 {
            let told = harness.goOnline(2)
            #expect(told.contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
            #expect(told.contains(.transmit(.read(otherUser: carl, messageID: "m9"))))
            harness.lose()
        }
        harness.goOnline(2)
        let entries = [(bob, "m8"), (carl, "m9")].map { peer, id in
            ConversationList.Entry(peer: peer, lastMessage: message(id, "x", from: peer, to: anna), unread: 0)
        }
        harness.handle(.conversations(.success(.init(conversations: entries)), link: harness.link))
        harness.lose()
        #expect(!harness.goOnline(2).contains(.transmit(.read(otherUser: bob, messageID: "m8"))))
    }

    @Test("a read mark from during a block is sent again when the block ends, because the server took none")
    func readingDuringBlock() {
        var harness = inbox()
        func list(isBlocked: Bool) {
            let entry = ConversationList.Entry(
                peer: bob, lastMessage: message("m8", "x", from: bob, to: anna), unread: 0, isBlocked: isBlocked)
            harness.pass(.seconds(2))
            harness.handle(.conversations(.success(.init(conversations: [entry])), link: harness.link))
        }
        harness.goOnline(2)
        harness.event(incoming(8, from: bob))
        harness.event(.blocked(user: bob, isBlocked: true))
        harness.handle(.open(peer: bob))
        harness.handle(.seen(upTo: "m8"))
        harness.handle(.open(peer: nil))
        let read = Session.Effect.transmit(.read(otherUser: bob, messageID: "m8"))
        list(isBlocked: true)
        #expect(harness.event(.blocked(user: bob, isBlocked: false)).contains(read))
        list(isBlocked: false)
        harness.event(.blocked(user: bob, isBlocked: true))
        #expect(!harness.event(.blocked(user: bob, isBlocked: false)).contains(read))
    }

    @Test("messages of one conversation are still sent while another is open")
    func outbox() {
        var harness = inbox()
        harness.goOnline(2)
        harness.handle(.open(peer: bob))
        harness.handle(.send(id: "1", text: "привет"))
        harness.handle(.open(peer: carl))
        let confirmed = harness.event(
            .messageSent(.init(messageID: "s1", clientMessageID: "1", cursor: 8, createdAt: harness.now.wall)))
        #expect(listed(confirmed) == ["bob s1 0"])
        #expect(!updates(confirmed).contains { if case .outgoing = $0 { true } else { false } })
    }

    @Test("messages of a closed window are sent although their conversation was closed before the disk answered")
    func closedBeforeItWasRead() {
        func left(_ id: ClientMessageID, _ state: UnsentMessage.State) -> UnsentMessage {
            UnsentMessage(id: id, receiver: bob, text: "text", createdAt: inbox().now.wall, state: state)
        }
        var harness = inbox()
        harness.goOnline(2)
        harness.handle(.open(peer: bob))
        let opening = harness.session.conversation.opening
        harness.handle(.open(peer: carl))
        let state = StoredState(unsent: [left("1", .waiting), left("2", .held)])
        let effects = harness.handle(.loaded(.success(state), of: bob, opening: opening))
        #expect(transmitted(effects) == ["1:text"])
        #expect(updates(effects) == [])
        #expect(harness.changes.contains(.disown(id: "2")))
    }

    @Test("a window that began with one conversation gets the list on request")
    func listLater() {
        var harness = online(2)
        #expect(harness.handle(.start) == [])
        harness.inbox = inbox().inbox
        let asked = harness.handle(.open(peer: nil))
        #expect(updates(asked).first == .opened(nil))
        #expect(listed(asked) == ["bob b1 0"])
        #expect(asked.contains(.asksForList))
        #expect(listed(harness.event(incoming(1, from: carl))) == ["carl m1 1"])
    }

    @Test("a stored list that could not be read is read again beside an open conversation")
    func listReadAgain() {
        var harness = online(2)
        harness.inbox = inbox().inbox
        harness.inbox.flags = [bob: StoredFlags([.muted])]
        harness.loadFailure = .diskFull
        #expect(harness.handle(.followList).contains(.asksForList))
        #expect(harness.handle(.readFlags) == [])
        harness.loadFailure = nil
        let read = harness.handle(.readFlags)
        #expect(listed(read) == ["bob b1 0"])
        #expect(updates(read).contains(.conversationNotes([bob: ConversationNotes(flags: [.muted])])))
        #expect(read.contains(.asksForList))
        #expect(updates(harness.handle(.readFlags)) == [])
    }

    @Test("a peer's presence is known when the conversation is opened")
    func presence() {
        var harness = inbox()
        harness.goOnline(2)
        harness.event(.presence(.init(user: carl, isOnline: true)))
        #expect(updates(harness.handle(.open(peer: carl))).contains(.presence(isOnline: true, lastSeen: nil)))
        harness.lose()
        harness.handle(.open(peer: nil))
        #expect(!updates(harness.handle(.open(peer: carl))).contains(.presence(isOnline: true, lastSeen: nil)))
    }
}
