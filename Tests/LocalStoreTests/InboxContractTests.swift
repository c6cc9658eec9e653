import ChatClient
import ChatWire
import Testing

/// The contract of every store about the list of conversations.
@Suite struct InboxContractTests {
    @Test(arguments: StoreKind.allCases)
    func theLatestComesFirst(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            #expect(try store.inbox(limit: 9) == StoredInbox())
            let start = FeedPosition(epoch: "e1", cursor: 0)
            try store.apply([.restart(start)] + feed(1, "1") + feed(2, "2"))
            try store.apply(feed(3, "3", from: carol) + feed(4, "4"))
            try store.apply([.profile(name: "Боб", product: Product(id: "p", title: "Лампа"), peer: bob)])
            #expect(try store.list() == ["bob 4 unread 3", "carol 3 unread 1"])
            #expect(try store.inbox(limit: 1).conversations.map(\.entry.peer) == [bob])
            let inbox = try store.inbox(limit: 9)
            #expect(inbox.position == FeedPosition(epoch: "e1", cursor: 4, messageID: "4"))
            #expect(inbox.conversations[0].entry.peerName == "Боб")
            #expect(inbox.conversations[0].entry.product == Product(id: "p", title: "Лампа"))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func unreadIsWhatCameAfterTheUsersMark(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply((1...5).map { .message(message("\($0)")) })
            try store.apply([.message(message("6", from: alice, to: bob))])
            #expect(try store.list() == ["bob 6 unread 5"])
            try store.apply([.mark(ConversationMark(user: alice, read: "3"), peer: bob)])
            #expect(try store.list() == ["bob 6 unread 2"])
            #expect(try store.inbox(limit: 9).conversations[0].ownRead == "3")
            try store.apply([.mark(ConversationMark(user: bob, read: "6"), peer: bob)])
            #expect(try store.list() == ["bob 6 unread 2"])
            try store.apply([.mark(ConversationMark(user: alice, read: "5"), peer: bob)])
            #expect(try store.list() == ["bob 6 unread 0"])
        }
    }

    /// A conversation that was only opened is not listed.
    @Test(arguments: StoreKind.allCases)
    func draftsAndNamesAloneAreNotListed(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.draft("text", peer: bob), .profile(name: "Кэрол", product: nil, peer: carol)])
            #expect(try store.list() == [])
        }
    }

    /// The list contains the drafts that opening would show. Reading it adopts nothing.
    @Test(arguments: StoreKind.allCases)
    func draftsOfWindowsThatAreGone(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, two, three) = (try windows.open(), try windows.open(), try windows.open())
            try one.apply([.draft("older", peer: bob), .draft("one's", peer: carol)])
            try two.apply([.draft("newer", peer: bob), .draft("two's", peer: carol)])
            #expect(try one.inbox(limit: 9).drafts == [bob: "older", carol: "one's"])
            #expect(try three.inbox(limit: 9).drafts == [:])
            windows.close(one)
            windows.close(two)
            try three.apply([.draft("mine", peer: carol)])
            for _ in 1...2 { #expect(try three.inbox(limit: 9).drafts == [bob: "older\nnewer", carol: "mine"]) }
            #expect(try three.state().draft == "older\nnewer")
        }
    }

    /// The same holds for unsent messages.
    @Test(arguments: StoreKind.allCases)
    func whatIsUnsent(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, two) = (try windows.open(), try windows.open())
            try one.apply([.enqueue(unsent("a")), .enqueue(unsent("b", to: carol, state: .inFlight))])
            try two.apply([.enqueue(unsent("c", to: carol, state: .held)), .enqueue(unsent("d"))])
            #expect(try one.inbox(limit: 9).unsent.map(\.id) == ["a", "b"])
            try two.apply([.disown(id: "d")])
            #expect(try one.inbox(limit: 9).unsent.map(\.id) == ["a", "b", "d"])
            windows.close(two)
            for _ in 1...2 { #expect(try one.inbox(limit: 9).unsent.map(\.id) == ["a", "b", "c", "d"]) }
            #expect(try one.list() == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func itCountsUpToABound(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply((1...1005).map { .message(message("\($0)")) })
            #expect(try store.list() == ["bob 1005 unread 999"])
        }
    }
}

extension ConversationStore {
    fileprivate func list() throws -> [String] {
        try inbox(limit: 99).conversations.map {
            "\($0.entry.peer) \($0.entry.lastMessage.id) unread \($0.entry.unread)"
        }
    }
}
