import ChatClient
import ChatWire
import Testing
import TextSearch

/// The contract of every store about messages, gaps and the feed.
@Suite struct HistoryContractTests {
    /// The latest gap is the first one; a page closes it, and so does the note that nothing is before it.
    @Test(arguments: StoreKind.allCases)
    func gapsAreTold(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            func incomplete() throws -> Int {
                try store.find(#require(WordQuery("1")), before: nil, limit: 1).incomplete
            }
            #expect(try store.gap(except: []) == nil)
            #expect(try incomplete() == 0)
            try store.apply([
                .page(messages(5...6), peer: bob, hasOlder: true),
                .page([message("9", from: carol)], peer: carol, hasOlder: true),
            ])
            #expect(try incomplete() == 2)
            #expect(try store.gap(except: []) == StoredGap(peer: carol, before: "9", pageEnd: "9"))
            #expect(try store.gap(except: ["9"]) == StoredGap(peer: bob, before: "5", pageEnd: "5"))
            #expect(try store.gap(except: ["5", "9"]) == nil)
            try store.apply([.beginning("9", peer: carol)])
            #expect(try store.gap(except: []) == StoredGap(peer: bob, before: "5", pageEnd: "5"))
            try store.apply([.page(messages(3...4), peer: bob, hasOlder: true)])
            #expect(try store.gap(except: []) == StoredGap(peer: bob, before: "3", pageEnd: "3"))
            try store.apply([.page(messages(1...2), peer: bob, hasOlder: false)])
            #expect(try store.gap(except: []) == nil)
            #expect(try incomplete() == 0)
            #expect(try store.page(of: bob, before: nil, limit: 9).messages.map(\.message.id).count == 6)
        }
    }

    /// The server's list tells neither a message's product nor who sent it first. So the page that is fetched for the
    /// gap before it has the message, too, even if others came meanwhile.
    @Test(arguments: StoreKind.allCases)
    func aMessageOfTheListIsFetchedWithWhatIsBeforeIt(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            let listed = message("7", cursor: 7)
            try store.apply([.page([listed], peer: bob, hasOlder: true), .restart(FeedPosition(epoch: "e", cursor: 8))])
            #expect(try store.gap(except: []) == StoredGap(peer: bob, before: "7", pageEnd: nil))
            try store.apply(feed(9, "9"))
            #expect(try store.gap(except: ["9"]) == StoredGap(peer: bob, before: "7", pageEnd: "9"))
            let sofa = Product(id: "p1", title: "Диван")
            try store.apply([
                .page([message("6", cursor: 6), message("7", cursor: 7, product: sofa)], peer: bob, hasOlder: false)
            ])
            #expect(try store.state().newest.messages.map(\.product) == [nil, sofa, nil])
            #expect(try store.gap(except: []) == nil)
            // The cursors of another feed tell nothing about this one.
            try store.apply([.page([message("5", from: carol, cursor: 5)], peer: carol, hasOlder: true)])
            try store.apply([.restart(FeedPosition(epoch: "f", cursor: 1))])
            #expect(try store.gap(except: []) == StoredGap(peer: carol, before: "5", pageEnd: "5"))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func pagesEndBeforeAMessage(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page(messages(1...7), peer: bob, hasOlder: false)])
            try store.apply([.page([message("8", from: carol)], peer: carol, hasOlder: false)])
            let pages: [(before: MessageID?, limit: Int, shown: String)] = [
                (nil, 3, "… 5 6 7"), ("5", 3, "… 2 3 4"), ("2", 3, "1"), ("1", 3, ""), (nil, 7, "1 2 3 4 5 6 7"),
                (nil, 6, "… 2 3 4 5 6 7"), ("4", 3, "1 2 3"), (nil, .max, "1 2 3 4 5 6 7"), (nil, 0, "… "),
                (nil, -1, "… "), ("8", 3, ""), ("nobody's", 3, ""),
            ]
            for page in pages {
                #expect(try store.shown(before: page.before, limit: page.limit) == page.shown, "\(page)")
            }
            #expect(try store.state(limit: 2).newest.messages.map(\.message.id) == ["6", "7"])
            #expect(try store.shown(user("stranger")) == "")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anEmptyConversationIsKnownToBeEmpty(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.draft("Привет", peer: bob), .page([], peer: carol, hasOlder: true)])
            #expect(try !store.state().reachesFeed && !store.state(of: carol).reachesFeed)
            try store.apply([.page([], peer: bob, hasOlder: false)])
            #expect(try windows.open().state().reachesFeed)
            try store.apply([.message(message("1")), .page([], peer: bob, hasOlder: false)])
            #expect(try store.shown() == "| 1")
            // If there is a feed, the feed brings new messages.
            try store.apply([.restart(FeedPosition(epoch: "e1", cursor: 0)), .page([], peer: carol, hasOlder: false)])
            #expect(try !store.state(of: carol).reachesFeed)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func messagesComeBackAsTheyWere(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            let texts = ["Привет 👋🏽", "it's \"me\"", "a\u{0}b", "", "\u{1B}]0;\n\r\t"]
            let stored = texts.enumerated().map { index, text in
                StoredMessage(
                    message: Message(
                        id: "id\u{0}\(index)", sender: index % 2 == 0 ? alice : bob,
                        receiver: index % 2 == 0 ? bob : alice,
                        text: UntrustedText(text), createdAt: Timestamp(microseconds: -5 + Int64(index))),
                    cursor: index + 1, clientMessageID: index == 0 ? "c\u{0}" : nil,
                    product: index == 1 ? Product(id: "p", title: "t\u{0}") : nil)
            }
            try store.apply(stored.map { .message($0) })
            #expect(try store.page(of: bob, before: nil, limit: 9).messages == [stored[4]])
            try store.apply([.page(stored, peer: bob, hasOlder: false)])
            #expect(try store.page(of: bob, before: nil, limit: 9).messages == stored)
            #expect(try windows.open().state().newest.messages == stored)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aMessageThatIsThereStaysAndLearnsWhatItLacked(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page([message("1")], peer: bob, hasOlder: false)])
            try store.apply([.message(message("1", at: 8, cursor: 7, clientID: "c"))])
            try store.apply([.message(message("1", cursor: 9, clientID: "other"))])
            let found = try store.page(of: bob, before: nil, limit: 9).messages
            #expect(found == [message("1", cursor: 7, clientID: "c")])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func idsAreTheSameOnlyIfTheirBytesAre(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            let ids: [MessageID] = ["\u{E9}", "e\u{301}", "a", "a\u{0}", "A"]
            let run = ids.enumerated().map { message($1, at: Int64($0)) }
            try store.apply([.page(run, peer: bob, hasOlder: false)])
            #expect(try store.page(of: bob, before: nil, limit: 9).messages == run)
            #expect(try store.shown(before: "e\u{301}") == "\u{E9}")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func othersMessagesAreIgnored(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            let strange = message("1", from: carol, to: bob)
            try store.apply([.message(strange), .page([strange, message("2")], peer: bob, hasOlder: false)])
            #expect(try store.shown() == "2")
            #expect(try store.shown(carol) == "")
        }
    }

    // MARK: - Gaps

    @Test(arguments: StoreKind.allCases)
    func runsThatMeetBecomeOne(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page(messages(1...3), peer: bob, hasOlder: false)])
            try store.apply([.page(messages(8...9), peer: bob, hasOlder: true)])
            #expect(try store.shown() == "| 8 9")
            #expect(try store.shown(limit: 1) == "… 9")
            #expect(try store.shown(before: "8") == "| ")
            #expect(try store.shown(before: "3") == "1 2")
            try store.apply([.page(messages(5...7), peer: bob, hasOlder: true)])
            #expect(try store.shown() == "| 5 6 7 8 9")
            try store.apply([.page(messages(3...4), peer: bob, hasOlder: true)])
            #expect(try store.shown() == "1 2 3 4 5 6 7 8 9")
            try store.apply([.page([], peer: bob, hasOlder: false)])
            #expect(try store.shown(limit: 8) == "… 2 3 4 5 6 7 8 9")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRunClosesTheGapsThatItReachesOver(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            for id in [2, 4, 6] { try store.apply([.page(messages(id...id), peer: bob, hasOlder: true)]) }
            #expect(try store.shown() == "| 6")
            try store.apply([.page(messages(1...7), peer: bob, hasOlder: true)])
            #expect(try store.shown() == "| 1 2 3 4 5 6 7")
            try store.apply([.page(messages(1...2), peer: bob, hasOlder: false)])
            #expect(try store.shown() == "1 2 3 4 5 6 7")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theFeedGoesOnWithoutAGap(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([
                .page(messages(1...2), peer: bob, hasOlder: true),
                .restart(FeedPosition(epoch: "e1", cursor: 40)),
            ])
            try store.apply(feed(41, "3") + feed(42, "4", from: carol) + feed(43, "5"))
            #expect(try store.shown() == "| 1 2 3 5")
            #expect(try store.shown(carol) == "| 4")
            #expect(try store.state().reachesFeed)
            try store.apply(feed(44, "6", from: carol))
            #expect(try store.shown(carol) == "| 4 6")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func afterARestartTheFeedFollowsAGap(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.restart(FeedPosition(epoch: "e1", cursor: 0))])
            try store.apply(feed(1, "1") + feed(2, "2", from: carol))
            try store.apply([
                .page([message("7", from: carol)], peer: carol, hasOlder: true),
                .restart(FeedPosition(epoch: "e1", cursor: 50)),
            ])
            #expect(try !store.state().reachesFeed)
            #expect(try store.state(of: carol).reachesFeed)
            try store.apply(feed(51, "8") + feed(52, "9", from: carol) + feed(53, "10"))
            #expect(try store.shown() == "| 8 10")
            #expect(try store.shown(carol) == "| 7 9")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofTwoWindowsThatBeginTheFeedAnewTheSecondCounts(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (first, second) = (try windows.open(), try windows.open())
            try first.apply([.restart(FeedPosition(epoch: "e1", cursor: 0))])
            try first.apply(feed(1, "1", from: carol) + feed(2, "2") + feed(3, "3") + feed(4, "4"))
            // The server's database was restored from a copy that had the first message, and received two others since.
            try second.apply([
                .page([message("5")], peer: bob, hasOlder: true), .restart(FeedPosition(epoch: "e1", cursor: 2)),
            ])
            try second.apply(feed(3, "6", from: carol))
            #expect(try second.state().position?.messageID == "6")
            #expect(try second.shown(carol) == "| 6")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatComesFromBehindThePositionIsNotTheLastOfItsConversation(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (slow, fast) = (try windows.open(), try windows.open())
            try slow.apply([.restart(FeedPosition(epoch: "e1", cursor: 0))])
            try fast.apply([.restart(FeedPosition(epoch: "e1", cursor: 5))])
            try slow.apply(feed(4, "4"))
            #expect(try !slow.state().reachesFeed)
            try fast.apply(feed(6, "6"))
            #expect(try slow.shown() == "| 6")
            #expect(try slow.state().reachesFeed)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatComesWhileAPageIsFetchedFollowsAGapUntilThePageIsHere(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([
                .page(messages(1...1), peer: bob, hasOlder: false),
                .restart(FeedPosition(epoch: "e1", cursor: 1)),
            ])
            try store.apply([.message(message("7", cursor: 90)), .message(message("8", cursor: 91))])
            #expect(try store.shown() == "| 7 8")
            try store.apply([.page(messages(5...6), peer: bob, hasOlder: true)])
            #expect(try store.shown() == "| 5 6 7 8")
        }
    }

    /// As when a failover has lost messages, and the connection broke before the conversation was loaded.
    @Test(arguments: StoreKind.allCases)
    func whatIsMissingBetweenTwoBeginningsIsAGap(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.restart(FeedPosition(epoch: "e1", cursor: 0))] + feed(1, "1") + feed(2, "2"))
            try store.apply([.restart(FeedPosition(epoch: "e2", cursor: 1))])
            // Its cursor is that of a message that was lost, and it comes after it.
            try store.apply([.message(message("3", cursor: 2))])
            #expect(try store.shown() == "| 3")
            try store.apply([.restart(FeedPosition(epoch: "e2", cursor: 5))])
            try store.apply([.message(message("6", cursor: 6))])
            #expect(try store.shown() == "| 6")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func withoutCursorsMessagesFollowEachOther(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.message(message("1"))])
            try store.apply([.message(message("2")), .message(message("3"))])
            #expect(try store.shown() == "| 1 2 3")
        }
    }

    // MARK: - Runs and search

    @Test(arguments: StoreKind.allCases)
    func runsBehindAndAround(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page(messages(1...9), peer: bob, hasOlder: false)])
            let behind = try store.run(of: bob, after: "3", limit: 2)
            #expect(behind.messages.map(\.message.id) == ["4", "5"] && behind.hasOlder && behind.hasNewer)
            #expect(try !store.run(of: bob, after: "7", limit: 2).hasNewer)
            #expect(try store.run(of: bob, after: "9", limit: 2).messages.isEmpty)
            let oldest = try store.run(of: bob, after: nil, limit: 2)
            #expect(oldest.messages.map(\.message.id) == ["1", "2"] && !oldest.hasOlder && oldest.hasNewer)
            let around = try store.run(of: bob, around: "5", limit: 4)
            #expect(around.messages.map(\.message.id) == ["3", "4", "5", "6"] && around.hasOlder && around.hasNewer)
            let start = try store.run(of: bob, around: "1", limit: 4)
            #expect(start.messages.map(\.message.id) == ["1", "2", "3", "4"] && !start.hasOlder)
            for peer in [bob, carol] {
                #expect(try store.run(of: peer, after: "unknown", limit: 2) == StoredRun())
                #expect(try store.run(of: peer, around: "unknown", limit: 2) == StoredRun())
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func searchFindsWhateverTheCaseIs(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            let texts = ["Ёлка у метро", "nothing", "ёлки", "елка"]
            for (index, text) in texts.enumerated() {
                var found = message("\(index)")
                found.message.text = UntrustedText(text)
                try store.apply([.message(found)])
            }
            let query = try #require(TextQuery(" елк "))
            #expect(try store.search(query, in: bob, after: nil, limit: 9) == StoredMatches(ids: ["0", "2", "3"]))
            #expect(try store.search(query, in: carol, after: nil, limit: 9) == StoredMatches())
        }
    }

    /// A search in parts finds each match once, whatever the size of the parts.
    @Test(arguments: StoreKind.allCases, 1...8)
    func aSearchInPartsFindsTheSame(kind: StoreKind, limit: Int) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            for index in 0..<7 {
                var found = message("\(index)")
                found.message.text = UntrustedText(index.isMultiple(of: 3) ? "here" : "nothing")
                try store.apply([.message(found)])
            }
            let query = try #require(TextQuery("here"))
            var (ids, last, parts) = ([MessageID](), MessageID?.none, 0)
            repeat {
                let part = try store.search(query, in: bob, after: last, limit: limit)
                ids += part.ids
                last = part.last
                parts += 1
            } while last != nil && parts < 20
            #expect(ids == ["0", "3", "6"])
            #expect(parts >= 7 / limit && parts <= 7 / limit + 1)
            #expect(try store.search(query, in: bob, after: "unknown", limit: limit) == StoredMatches())
        }
    }

    // MARK: - The feed's position

    @Test(arguments: StoreKind.allCases)
    func thePositionMovesForwardUntilTheFeedBeginsAnew(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            let position = { (epoch: Epoch, cursor: Int) in
                FeedPosition(epoch: epoch, cursor: cursor, messageID: "m\u{0}\(cursor)")
            }
            let steps: [(change: StoreChange, position: FeedPosition?)] = [
                (.advance(position("e", 5)), nil),
                (.restart(position("e", 5)), position("e", 5)),
                (.advance(position("e", 4)), position("e", 5)),
                (.advance(position("E", 9)), position("e", 5)),
                (.advance(position("e", 6)), position("e", 6)),
                (.restart(position("e", 8)), position("e", 8)),
                // The server may have been restored from a copy with a shorter feed.
                (.restart(position("e", 3)), position("e", 3)),
                (.advance(position("e", 4)), position("e", 4)),
                (.restart(FeedPosition(epoch: "n", cursor: 2)), FeedPosition(epoch: "n", cursor: 2)),
            ]
            for step in steps {
                try store.apply([step.change])
                #expect(try store.state().position == step.position, "\(step)")
            }
        }
    }
}
