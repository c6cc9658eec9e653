import ChatServer
import ChatWire
import Testing

/// Every store's contract for cursors, read marks and presence.
let marksContract: [Promise] = [
    Promise("ofMarksThatComeTogetherOnlyTheFurthestIsSet") { stores in
        try await stores.withStore { store in
            let ids = try await store.store((0..<5).map { draft("\($0)") }).map(\.message.id)
            let others = try await store.store([draft("x", from: carol, to: bob)]).map(\.message.id)
            func mark(_ id: MessageID, of user: UserID = bob, with peer: UserID = alice) -> ReadMark {
                ReadMark(user: user, peer: peer, messageID: id)
            }
            let answers = try await store.markRead([
                mark(ids[0]), mark(ids[2]), mark("unknown"), mark(others[0], with: carol), mark(ids[1]), mark(ids[2]),
                mark(ids[4], of: alice, with: bob),
            ])
            #expect(answers == [false, true, nil, true, false, false, true])
            #expect(try await store.list(of: bob) == ["carol: x 0", "alice: 4 2"])
            #expect(try await store.markRead([mark(ids[1]), mark(ids[2])]) == [false, false])
            #expect(try await store.markRead([]) == [])
        }
    },

    /// However few messages one step counts, the result is as if all had been counted at once. That holds with the
    /// user's own messages in between, and if some are deleted or arrive meanwhile.
    Promise("aMarkThatJumpsFarMayGoInParts") { stores in
        for (target, atMost) in (0..<20).flatMap({ target in [1, 2, 3, 7, 100].map { (target, $0) } }) {
            try await stores.withStore { store in
                let drafts = (0..<20).map { number in
                    number % 3 == 2 ? draft("\(number)", from: bob, to: alice) : draft("\(number)")
                }
                let ids = try await store.store(drafts).map(\.message.id)
                _ = try await store.markRead(by: bob, with: alice, upTo: ids[1])
                let mark = [ReadMark(user: bob, peer: alice, messageID: ids[target])]
                var (outcome, calls) = (ReadOutcome.partial, 0)
                while outcome == .partial, calls < 30 {
                    outcome = try await store.markRead(mark, atMost: atMost)[0]
                    calls += 1
                }
                let newest = ids[...target].indices.last { drafts[$0].sender == alice }.map { ids[$0] }
                #expect(outcome == (target > 1 ? .set(newest: newest) : .unchanged) && calls <= 20)
                let unread = drafts[(max(target, 1) + 1)...].count { $0.sender == alice }
                #expect(try await store.list(of: bob) == ["alice: 19 \(unread)"])
                #expect(try await store.markRead(mark, atMost: atMost) == [.unchanged])
            }
        }
    },

    Promise("anAckOfManyIsTakenInParts") { stores in
        try await stores.withStore { store in
            let ids = try await store.store((0..<5).map { draft("\($0)") }).map(\.message.id)
            let ack = [Acknowledgement(user: bob, cursor: 9)]
            for (id, isPartial) in [(ids[1], true), (ids[3], true), (ids[4], false)] {
                let coverage = try await store.acknowledge(ack, atMost: 2)
                #expect(
                    coverage == [.init(marks: [DeliveredMark(sender: alice, messageID: id)], isPartial: isPartial)])
            }
            #expect(try await store.acknowledge(ack, atMost: 2) == [Coverage()])
        }
    },

    Promise("anAcknowledgementNamesTheNewestOfEachSender") { stores in
        try await stores.withStore { store in
            try await store.store([
                draft("a1"), draft("c1", from: carol), draft("own", from: bob, to: alice), draft("a2"), draft("a3"),
            ])
            #expect(try await store.delivered(bob, 4) == ["c1", "a2"])
            #expect(try await store.marks() == ["alice - -", "bob a2 -"])
            #expect(try await store.marks(of: bob, with: carol) == ["bob c1 -", "carol - -"])
            #expect(try await store.delivered(bob, 5) == ["a3"])
            #expect(try await store.delivered(alice, 4) == ["own"])
            #expect(try await store.marks() == ["alice own -", "bob a3 -"])
        }
    },

    Promise("cursorsOnlyGoForward") { stores in
        try await stores.withStore { store in
            try await store.store([draft("1"), draft("2"), draft("3")])
            #expect(try await store.delivered(bob, 2) == ["2"])
            for cursor in [2, 1, 0, -1, Int.min] { #expect(try await store.delivered(bob, cursor) == []) }
            #expect(try await store.marks() == ["alice - -", "bob 2 -"])
        }
    },

    Promise("aCursorAboveTheFeedsEndIsItsEnd") { stores in
        try await stores.withStore { store in
            try await store.store([draft("1")])
            #expect(try await store.delivered(bob, .max) == ["1"])
            try await store.store([draft("2")])
            #expect(try await store.marks() == ["alice - -", "bob 1 -"])
            #expect(try await store.delivered(bob, 2) == ["2"])
            #expect(try await store.delivered(user("nobody"), 7) == [])
        }
    },

    Promise("manyAcknowledgementsAreAnsweredInOrder") { stores in
        try await stores.withStore { store in
            let first = try await store.store([draft("1"), draft("2", from: bob, to: alice), draft("3", to: carol)])
            let answers = try await store.acknowledge([
                Acknowledgement(user: carol, cursor: 1), Acknowledgement(user: bob, cursor: 1),
                Acknowledgement(user: alice, cursor: 3), Acknowledgement(user: bob, cursor: 2),
                Acknowledgement(user: carol, cursor: 1),
            ])
            let ids = first.map(\.message.id)
            let expected: [[DeliveredMark]] = [
                [DeliveredMark(sender: alice, messageID: ids[2])], [DeliveredMark(sender: alice, messageID: ids[0])],
                [DeliveredMark(sender: bob, messageID: ids[1])], [], [],
            ]
            #expect(answers == expected)
            let none = try await store.acknowledge([])
            #expect(none == [])
        }
    },

    Promise("aMessageToOneselfIsNotDeliveredToAnybody") { stores in
        try await stores.withStore { store in
            try await store.store([draft("note", to: alice)])
            #expect(try await store.delivered(alice, 1) == [])
            #expect(try await store.marks(of: alice, with: alice) == ["alice - -", "alice - -"])
        }
    },

    /// A resumed device acknowledges thousands of messages at once. Some of their senders have written again since.
    Promise("oneAcknowledgementCoversALongAbsence") { stores in
        try await stores.withStore { store in
            let senders = (0..<7).map { user("sender \($0)") }
            try await store.store((0..<7000).map { draft("\($0)", from: senders[$0 * $0 % 7]) })
            #expect(try await store.delivered(bob, 6000) == ["5996", "5997", "5998", "5999"])
            #expect(try await store.delivered(bob, 7000) == ["6993", "6997", "6998", "6999"])
        }
    },

    Promise("readMarksOnlyGoForward") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([draft("1"), draft("2", from: bob, to: alice), draft("3")]).map(
                \.message.id)
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[1]) == true)
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[1]) == false)
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[0]) == false)
            #expect(try await store.marks() == ["alice - -", "bob - 1"])
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[2]) == true)
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[1]) == true)
            #expect(try await store.marks() == ["alice - 2", "bob - 3"])
            #expect(try await store.marks(of: bob, with: alice) == ["bob - 3", "alice - 2"])
        }
    },

    /// A client may also mark a message that its own user wrote. The peer is told of the newest message before it that
    /// the peer wrote, however few messages one step counts.
    Promise("aReadMarkNamesAMessageOfThePeers") { stores in
        for atMost in [1, 2, 7, 100] {
            try await stores.withStore { store in
                func mark(_ id: MessageID) async throws -> ReadOutcome {
                    var outcome = ReadOutcome.partial
                    for _ in 0..<40 where outcome == .partial {
                        outcome = try await store.markRead(
                            [ReadMark(user: alice, peer: bob, messageID: id)], atMost: atMost)[0]
                    }
                    return outcome
                }
                let own = try await store.store((0..<20).map { draft("own \($0)") }).map(\.message.id)
                #expect(try await mark(own[4]) == .set(newest: nil))
                #expect(try await mark(own[4]) == .unchanged)
                #expect(try await store.marks() == ["alice - -", "bob - -"])
                let bobs = try await store.store(["1", "2", "3"].map { draft($0, from: bob, to: alice) })
                    .map(\.message.id)
                let more = try await store.store((20..<40).map { draft("own \($0)") }).map(\.message.id)
                try await store.store([draft("4", from: bob, to: alice)])
                #expect(try await mark(own[19]) == .set(newest: nil))
                #expect(try await store.unread(of: alice, with: bob) == 4)
                #expect(try await mark(bobs[1]) == .set(newest: bobs[1]))
                #expect(try await mark(more[18]) == .set(newest: bobs[2]))
                #expect(try await mark(more[19]) == .set(newest: bobs[2]))
                #expect(try await store.unread(of: alice, with: bob) == 1)
                #expect(try await store.marks() == ["alice - 3", "bob - -"])
                #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice - 3"])
            }
        }
    },

    Promise("whatIsNotOfTheConversationCannotBeRead") { stores in
        try await stores.withStore { store in
            let stored = try await store.store([draft("1"), draft("elsewhere", to: carol)])
            let (known, elsewhere) = (stored[0].message.id, stored[1].message.id)
            for id in [
                elsewhere, "", "unknown", MessageID(known.wire.uppercased()), MessageID(known.wire + "\0"),
                "' OR 1 = 1 --",
            ] {
                #expect(try await store.markRead(by: bob, with: alice, upTo: id) == nil, "\(id)")
            }
            #expect(try await store.markRead(by: carol, with: bob, upTo: known) == nil)
            #expect(try await store.markRead(by: user("nobody"), with: alice, upTo: known) == nil)
            #expect(try await store.marks() == ["alice - -", "bob - -"])
        }
    },

    Promise("aMessageIsReadWhereItsReceiversMarkCoversIt") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([
                draft("1"), draft("2", from: bob, to: alice), draft("3"), draft("4", from: bob, to: alice),
            ]).map(\.message.id)
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[1])
            #expect(try await store.isRead() == [true, false, false, false])
            _ = try await store.markRead(by: alice, with: bob, upTo: ids[2])
            #expect(try await store.isRead() == [true, true, false, false])
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[3])
            #expect(try await store.isRead() == [true, true, true, false])
            try await store.store([draft("5")])
            #expect(try await store.isRead() == [true, true, true, false, false])
            #expect(try await store.isRead(of: bob, with: alice) == [true, true, true, false, false])
        }
    },

    Promise("pagesCarryTheMarks") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([draft("1"), draft("2")]).map(\.message.id)
            _ = try await store.acknowledge([Acknowledgement(user: bob, cursor: 2)])
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[0])
            let expected = [
                ConversationMark(user: alice), ConversationMark(user: bob, delivered: ids[1], read: ids[0]),
            ]
            for (before, limit) in [(nil, 1), (ids[1], 10), (ids[0], 10), ("unknown", 10), (nil, 0)] {
                let page = try await store.conversation(of: alice, with: bob, before: before, limit: limit)
                #expect(page.marks == expected)
                let other = try await store.conversation(of: bob, with: alice, before: before, limit: limit)
                #expect(other.marks == expected.reversed())
            }
            let empty = try await store.conversation(of: alice, with: carol, before: nil, limit: 1)
            #expect(empty.marks == [ConversationMark(user: alice), ConversationMark(user: carol)])
        }
    },

    Promise("marksInPages") { stores in
        try await stores.withStore { store in
            let peers = (0..<7).map { user("peer\($0)") }
            let later = noon.advanced(by: .seconds(1))
            // The first conversation is too old. So is the third, but there are others after it.
            try await store.store(
                peers.enumerated().map { draft("x", from: $1, to: alice, at: [0, 2].contains($0) ? noon : later) })
            var pages: [[UserID]] = []
            func page(_ range: ConversationRange, since: Timestamp = later) async throws -> MarksPage {
                let page = try await store.marks(of: alice, in: range, since: since, limit: 2)
                pages.append(page.marks.map(\.peer.user))
                return page
            }
            let first = try await page(.init())
            let second = try await page(.init(before: try #require(first.oldest) as Int))
            try await store.store([draft("y", from: peers[1], to: alice, at: later)])
            let third = try await page(.init(before: try #require(second.oldest) as Int))
            #expect(first.hasMore && second.hasMore && !third.hasMore)
            let moved = try await page(.init(after: try #require(first.newest) as Int))
            #expect(!moved.hasMore && moved.newest == moved.oldest)
            #expect(pages == [[peers[6], peers[5]], [peers[4], peers[3]], [], [peers[1]]])
            let none = try await store.marks(of: alice, in: .init(after: .max), since: noon, limit: 2)
            #expect(none == MarksPage(marks: [], newest: nil, oldest: nil, hasMore: false))
        }
    },

    Promise("marksOfTheLatestConversations") { stores in
        let (before, after) = (noon.advanced(by: .seconds(-1)), noon.advanced(by: .seconds(1)))
        let dave = user("dave")
        try await stores.withStore { store in
            try await store.store([
                draft("old", at: before), draft("d", from: dave, to: alice, at: noon), draft("c", to: carol, at: after),
                draft("others", from: bob, to: carol, at: after),
            ])
            #expect(try await store.peersOfAlice(since: noon) == [carol, dave])
            #expect(try await store.peersOfAlice(since: before) == [carol, dave, bob])
            #expect(try await store.peersOfAlice(since: before, limit: 1) == [carol])
            #expect(try await store.peersOfAlice(since: before, limit: 0) == [])
            #expect(try await store.peersOfAlice(since: before, limit: -1) == [])
            #expect(try await store.peersOfAlice(since: after.advanced(by: .seconds(1))) == [])
            try await store.store([draft("new", from: bob, to: alice, at: noon)])
            #expect(try await store.peersOfAlice(since: noon) == [bob, carol, dave])
            #expect(try await store.marks(of: user("nobody"), in: .init(), since: before, limit: 9).marks == [])
        }
    },

    Promise("marksAreOfUsersWhoseBytesDiffer") { stores in
        let (composed, decomposed) = (user("\u{E9}"), user("e\u{301}"))
        try await stores.withStore { store in
            let ids = try await store.store([draft("to one", to: composed), draft("to two", to: decomposed)])
                .map(\.message.id)
            #expect(try await store.delivered(composed, 9) == ["to one"])
            #expect(try await store.markRead(by: composed, with: alice, upTo: ids[1]) == nil)
            #expect(try await store.markRead(by: decomposed, with: alice, upTo: ids[1]) == true)
            #expect(try await store.marks(of: alice, with: composed).last == "\u{E9} to one -")
            #expect(try await store.marks(of: alice, with: decomposed).last == "e\u{301} - to two")
            try await store.setLastSeen(noon, of: composed)
            #expect(try await store.lastSeen(of: [composed, decomposed]) == [composed: noon])
        }
    },

    Promise("usersWereSeenWhenItWasSaidLast") { stores in
        try await stores.withStore { store in
            let later = noon.advanced(by: .milliseconds(1))
            try await store.setLastSeen(later, of: alice)
            try await store.setLastSeen(noon, of: bob)
            #expect(try await store.lastSeen(of: [alice, bob, carol, alice]) == [alice: later, bob: noon])
            #expect(try await store.lastSeen(of: [carol]) == [:])
            #expect(try await store.lastSeen(of: []) == [:])
            try await store.setLastSeen(noon, of: alice)
            #expect(try await store.lastSeen(of: [alice]) == [alice: noon])
            try await store.setLastSeen([:])
            try await store.setLastSeen([bob: later, carol: noon])
            #expect(
                try await store.lastSeen(of: [alice, bob, carol]) == [alice: noon, bob: later, carol: noon])
        }
    },
]

extension MessageStore {
    /// The peers of a page of alice's marks.
    fileprivate func peersOfAlice(since: Timestamp, limit: Int = 10) async throws -> [UserID] {
        let marks = try await marks(of: alice, in: .init(), since: since, limit: limit).marks
        #expect(marks.allSatisfy { $0.own.user == alice })
        return marks.map(\.peer.user)
    }
}
