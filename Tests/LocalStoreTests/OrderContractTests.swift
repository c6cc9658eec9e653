import ChatClient
import ChatWire
import Testing
import TextSearch

/// The contract of every store about the order of messages: the server's order, whatever the clocks say.
@Suite struct OrderContractTests {
    private static let tenYears: Int64 = 315_360_000
    private static let start = StoreChange.restart(FeedPosition(epoch: "e1", cursor: 0))

    /// Messages of a feed. The server's clock was ten years ahead for the third and the fourth.
    private static let jumping = (1...8).map { number in
        message("\(number)", at: Int64(number) + (3...4 ~= number ? tenYears : 0), cursor: number)
    }

    @Test(arguments: StoreKind.allCases)
    func aFeedIsInTheOrderOfItsCursors(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([Self.start])
            for stored in Self.jumping {
                let position = FeedPosition(epoch: "e1", cursor: stored.cursor ?? 0, messageID: stored.message.id)
                try store.apply([.message(stored), .advance(position)])
            }
            #expect(try windows.open().page(of: bob, before: nil, limit: 9).messages == Self.jumping)
            try store.apply([.page(Self.jumping, peer: bob, hasOlder: false)])
            #expect(try windows.open().page(of: bob, before: nil, limit: 9).messages == Self.jumping)
            for place in 1..<8 {
                let page = try store.page(of: bob, before: "\(place + 1)", limit: 1)
                #expect(page.messages == [Self.jumping[place - 1]])
                #expect(try store.run(of: bob, after: "\(place)", limit: 1).messages == [Self.jumping[place]])
            }
            #expect(try store.search(TextQuery("4")!, in: bob, after: nil, limit: 9).ids == ["4"])
            #expect(try store.run(of: bob, around: "4", limit: 3).messages.map(\.message.id) == ["3", "4", "5"])
            try store.apply([.mark(ConversationMark(user: alice, read: "5"), peer: bob)])
            try store.apply([.mark(ConversationMark(user: alice, read: "4"), peer: bob)])
            #expect(try store.inbox(limit: 9).conversations[0].entry.unread == 3)
        }
    }

    /// The history comes in pages towards the past, or in one page together with messages that are here.
    @Test(
        arguments: StoreKind.allCases,
        [[6...8, 3...5, 1...2], [4...8, 1...3], [8...8, 7...7, 2...6, 1...1], [1...8]])
    func pagesKeepTheirOrder(kind: StoreKind, pages: [ClosedRange<Int>]) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            for page in pages {
                let run = Array(Self.jumping[(page.lowerBound - 1)..<page.upperBound])
                try store.apply([.page(run, peer: bob, hasOlder: page.lowerBound > 1)])
            }
            #expect(try store.page(of: bob, before: nil, limit: 9).messages == Self.jumping)
        }
    }

    /// Protocol 1 has no cursors, so the order is that of arrival until a page tells the server's.
    @Test(arguments: StoreKind.allCases)
    func aPageCorrectsTheTimesOfThisMachine(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page([message("1")], peer: bob, hasOlder: false)])
            let own = message("2", from: alice, to: bob, at: Self.tenYears)
            try store.apply([.message(own), .message(message("3")), .message(message("4"))])
            #expect(try store.page(of: bob, before: nil, limit: 9).messages.map(\.message.id) == ["1", "2", "3", "4"])
            let page = [message("1"), message("2", from: alice, to: bob), message("4"), message("3", at: 5)]
            try store.apply([.page(page, peer: bob, hasOlder: false)])
            #expect(try store.page(of: bob, before: nil, limit: 9).messages == page)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatIsWithoutCursorStandsByItsTime(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page([message("5", cursor: 2), message("9", cursor: 3)], peer: bob, hasOlder: true)])
            try store.apply([.page([message("1"), message("2")], peer: bob, hasOlder: false)])
            #expect(try store.run(of: bob, after: nil, limit: 9).messages.map(\.message.id) == ["1", "2", "5", "9"])
            // The message moves to the place of its cursor.
            try store.apply([.message(message("2", cursor: 4))])
            #expect(try store.run(of: bob, after: nil, limit: 9).messages.map(\.message.id) == ["1", "5", "9", "2"])
        }
    }

    /// A server with a new or restored database gives the same cursors to other messages.
    @Test(arguments: StoreKind.allCases)
    func anotherFeedsCursorsDoNotCount(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([Self.start] + feed(1, "1") + feed(2, "2") + feed(3, "3", from: carol) + feed(4, "4"))
            let new = (11...12).map { message("\($0)", cursor: $0 - 10) }
            try store.apply([
                .page(new, peer: bob, hasOlder: false), .restart(FeedPosition(epoch: "e2", cursor: 2)),
                .message(message("13", cursor: 3)), .advance(FeedPosition(epoch: "e2", cursor: 3)),
            ])
            let shown = try store.run(of: bob, after: nil, limit: 9).messages.map(\.message.id)
            #expect(shown == ["1", "2", "4", "11", "12", "13"])
            let listed = try windows.open().inbox(limit: 9).conversations.map(\.entry)
            #expect(listed.map(\.lastMessage.id) == ["13", "3"])
            #expect(listed.map(\.lastMessage.cursor) == [3, nil])
        }
    }

    /// A conversation with a message from a wrong clock does not stay first for ten years.
    @Test(arguments: StoreKind.allCases)
    func theListIsInTheOrderOfTheFeed(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([Self.start] + feed(1, "1", at: Self.tenYears) + feed(2, "2", from: carol))
            #expect(try windows.open().inbox(limit: 9).conversations.map(\.entry.peer) == [carol, bob])
            #expect(try store.inbox(limit: 1).conversations.map(\.entry.peer) == [carol])
        }
    }
}
