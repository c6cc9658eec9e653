import ChatServer
import ChatWire
import Testing

/// Every store's contract for blocks. Alice blocks bob.
let blockContract: [Promise] = [
    Promise("whatABlockedSenderWritesIsTheirsAlone") { stores in
        try await stores.withStore { store in
            try await store.store([draft("before", from: bob, to: alice)])
            #expect(try await store.setBlocked(true, bob, by: alice))
            let lamp = Product(id: "p1", title: "Лампа")
            let hidden = try await store.store([
                draft("1", from: bob, to: alice, id: "m1", product: lamp), draft("2", from: bob, to: alice),
            ])
            #expect(hidden.map(\.reachesReceiver) == [false, false])
            #expect(hidden.map(\.senderCursor) == [2, 3])
            #expect(try await store.feedTexts(of: bob) == ["1 before", "2 1", "3 2"])
            #expect(try await store.texts(of: bob, with: alice) == ["before", "1", "2"])
            #expect(try await store.list(of: bob) == ["alice: 2 0"])
            #expect(try await store.feedTexts(of: alice) == ["1 before"])
            #expect(try await store.lastCursor(of: alice) == 1)
            #expect(try await store.texts() == ["before"])
            #expect(try await store.conversation(of: alice, with: bob, before: nil, limit: 1).hasMore == false)
            #expect(try await store.list(of: alice) == ["bob: before 0"])
            #expect(try await store.conversations(of: alice, limit: 9).map(\.product) == [nil])
            #expect(try await store.conversations(of: bob, limit: 9).map(\.product) == [lamp])
        }
    },

    Promise("idsOfWhatIsHiddenAreUnknown") { stores in
        try await stores.withStore { store in
            try await store.store([draft("before", from: bob, to: alice)])
            try await store.setBlocked(true, bob, by: alice)
            let id = try await store.store([draft("1", from: bob, to: alice)])[0].message.id
            #expect(try await store.texts(before: id) == [])
            #expect(try await store.texts(of: bob, with: alice, before: id) == ["before"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: id) == nil)
            #expect(try await store.markRead(by: bob, with: alice, upTo: id) == true)
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.texts(before: id) == ["before"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: id) == true)
            #expect(try await store.markRead(by: alice, with: carol, upTo: id) == nil)
        }
    },

    Promise("aRepeatIsAnsweredAsTheFirst") { stores in
        try await stores.withStore { store in
            try await store.setBlocked(true, bob, by: alice)
            let first = try await store.store([draft("1", from: bob, to: alice, id: "m1")])[0]
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.append([draft("1", from: bob, to: alice, id: "m1")]) == [.duplicate(first)])
            #expect(try await store.append([draft("x", from: bob, to: alice, id: "m1")]) == [.conflict])
            #expect(try await store.feedTexts(of: alice) == ["1 1"])
            #expect(try await store.feedTexts(of: bob) == ["1 1"])
        }
    },

    Promise("aBlockIsOfOneForOne") { stores in
        try await stores.withStore { store in
            try await store.setBlocked(true, bob, by: alice)
            try await store.store([
                draft("from carol", from: carol, to: alice), draft("to carol", from: bob, to: carol),
                draft("to bob", from: alice, to: bob),
            ])
            #expect(try await store.feedTexts(of: alice) == ["1 from carol", "2 to bob"])
            #expect(try await store.feedTexts(of: carol) == ["1 from carol", "2 to carol"])
            #expect(try await store.feedTexts(of: bob) == ["1 to carol", "2 to bob"])
            try await store.setBlocked(true, user("\u{E9}"), by: carol)
            try await store.store([draft("other bytes", from: user("e\u{301}"), to: carol)])
            #expect(try await store.lastCursor(of: carol) == 3)
        }
    },

    Promise("afterTheBlockMessagesArriveAgain") { stores in
        try await stores.withStore { store in
            try await store.setBlocked(true, bob, by: alice)
            try await store.store([draft("hidden", from: bob, to: alice, at: noon.advanced(by: .seconds(60)))])
            try await store.setBlocked(false, bob, by: alice)
            try await store.store([draft("seen", from: bob, to: alice), draft("answer")])
            #expect(try await store.texts() == ["hidden", "seen", "answer"])
            #expect(try await store.texts(of: bob, with: alice) == ["hidden", "seen", "answer"])
            #expect(try await store.list(of: alice) == ["bob: answer 2"])
            #expect(try await store.feedTexts(of: alice) == ["1 hidden", "2 seen", "3 answer"])
        }
    },

    Promise("aBlockSaysWhetherItIsNew") { stores in
        try await stores.withStore { store in
            #expect(try await store.setBlocked(false, bob, by: alice) == false)
            #expect(try await store.setBlocked(true, bob, by: alice) == true)
            #expect(try await store.setBlocked(true, bob, by: alice) == false)
            try await store.setBlocked(true, alice, by: carol)
            #expect(try await store.blockedEitherWay(with: alice) == [bob, carol])
            #expect(try await store.isBlocked(bob, by: alice))
            #expect(try await !store.isBlocked(alice, by: bob))
            #expect(try await store.blockedEitherWay(with: bob) == [alice])
            #expect(try await store.setBlocked(false, bob, by: alice) == true)
            #expect(try await store.blockedEitherWay(with: alice) == [carol])
            #expect(try await store.blockedEitherWay(with: bob) == [])
        }
    },

    Promise("aBlockSaysSinceWhenToWhoeverDoesNotBlockToo") { stores in
        try await stores.withStore { store in
            let later = noon.advanced(by: .seconds(60))
            try await store.setBlocked(true, bob, by: alice, at: noon)
            try await store.setBlocked(true, bob, by: alice, at: later)
            try await store.setBlocked(true, bob, by: carol, at: later)
            #expect(try await store.blockers(of: bob) == [alice: noon, carol: later])
            #expect(try await store.blockers(of: alice) == [:])
            try await store.setBlocked(true, alice, by: bob, at: later)
            #expect(try await store.blockers(of: bob) == [carol: later])
            #expect(try await store.blockers(of: alice) == [:])
            try await store.setBlocked(false, bob, by: carol, at: later)
            #expect(try await store.blockers(of: bob) == [:])
        }
    },

    Promise("theListSaysWhoIsBlocked") { stores in
        try await stores.withStore { store in
            try await store.store([draft("1", from: bob, to: alice), draft("2", from: carol, to: alice)])
            try await store.setBlocked(true, bob, by: alice)
            let blocked = try await store.conversations(of: alice, limit: 9).filter(\.isBlocked)
            #expect(blocked.map(\.peer) == [bob])
            #expect(try await store.conversations(of: bob, limit: 9).map(\.isBlocked) == [false])
        }
    },

    Promise("whatWasWithheldIsUnreadAfterTheBlock") { stores in
        try await stores.withStore { store in
            let first = try await store.store([draft("1", from: bob, to: alice)])[0].message.id
            try await store.setBlocked(true, bob, by: alice)
            let hidden = try await store.store([draft("hidden", from: bob, to: alice)])[0].message.id
            #expect(try await store.list(of: alice) == ["bob: 1 0"])
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.list(of: alice) == ["bob: hidden 2"])
            try await store.store([draft("2", from: bob, to: alice), draft("3", from: bob, to: alice)])
            #expect(try await store.list(of: alice) == ["bob: 3 4"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: first) == true)
            #expect(try await store.list(of: alice) == ["bob: 3 3"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: hidden) == true)
            #expect(try await store.list(of: alice) == ["bob: 3 2"])
        }
    },

    // MARK: - What was withheld

    Promise("whatWasWithheldIsDeliveredWhenTheBlockEnds") { stores in
        try await stores.withStore { store in
            try await store.store([draft("before", from: bob, to: alice)])
            try await store.setBlocked(true, bob, by: alice)
            let lamp = Product(id: "p1", title: "Лампа")
            let hidden = try await store.store([
                draft("1", from: bob, to: alice, id: "m1", product: lamp), draft("alice's"),
                draft("2", from: bob, to: alice), draft("carol's", from: carol, to: alice),
            ])
            let outcome = try await store.setBlocked(false, bob, by: alice, at: noon, limit: nil, atMost: 9)
            guard case .ended(let newest?) = outcome else { return #expect(outcome == .ended(delivered: nil)) }
            #expect(newest.message == hidden[2].message && newest.receiverCursor == 5)
            // For alice they come when she gets them, for bob they are where he wrote them.
            let alices = ["1 before", "2 alice's", "3 carol's", "4 1", "5 2"]
            #expect(try await store.feedTexts(of: alice) == alices)
            #expect(try await store.texts() == ["before", "alice's", "1", "2"])
            #expect(try await store.texts(of: bob, with: alice) == ["before", "1", "alice's", "2"])
            #expect(try await store.feedTexts(of: bob) == ["1 before", "2 1", "3 alice's", "4 2"])
            let page = try await store.conversation(of: alice, with: bob, before: nil, limit: 2)
            #expect(page.messages.map(\.message) == [hidden[0].message, hidden[2].message])
            #expect(page.messages.map(\.cursor) == [4, 5] && page.hasMore == true)
            #expect(page.messages.map(\.clientMessageID) == [nil, nil])
            #expect(page.messages.map(\.productID) == ["p1", nil])
            #expect(try await store.texts(before: hidden[0].message.id) == ["before", "alice's"])
            #expect(try await store.texts(of: bob, with: alice, before: hidden[2].message.id).last == "alice's")
            #expect(try await store.list(of: alice) == ["bob: 2 3", "carol: carol's 1"])
            #expect(try await store.list(of: bob) == ["alice: 2 1"])
            #expect(try await store.conversations(of: alice, limit: 1).map(\.product) == [lamp])
            try await store.store([draft("after", from: bob, to: alice)])
            #expect(try await store.feedTexts(of: alice) == alices + ["6 after"])
        }
    },

    Promise("noMarkPassesWhatIsNotDelivered") { stores in
        try await stores.withStore { store in
            try await store.store([draft("0", from: bob, to: alice)])
            try await store.setBlocked(true, bob, by: alice)
            let ids = try await store.store(["1", "2", "3"].map { draft($0, from: bob, to: alice) }).map(\.message.id)
            #expect(try await store.delivered(alice, 1) == [])
            try await store.setBlocked(false, bob, by: alice)
            func read() async throws -> [Bool] {
                try await store.conversation(of: bob, with: alice, before: nil, limit: 9).messages.map {
                    $0.isRead == true
                }
            }
            #expect(try await read() == [false, false, false, false])
            #expect(try await store.delivered(alice, 2) == ["1"])
            #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice 1 -"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[0]) == true)
            #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice 1 1"])
            #expect(try await read() == [true, true, false, false])
            try await store.store([draft("4", from: bob, to: alice)])
            #expect(try await store.delivered(alice, 4) == ["3"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[2]) == true)
            #expect(try await read() == [true, true, true, true, false])
            #expect(try await store.unread(of: alice, with: bob) == 1)
        }
    },

    /// For bob, his withheld messages are before alice's. For alice, they come after them.
    Promise("noMarkOnOnesOwnMessagePassesWhatIsNotDelivered") { stores in
        try await stores.withStore { store in
            let first = try await store.store([draft("0", from: bob, to: alice)])[0].message.id
            try await store.setBlocked(true, bob, by: alice)
            let hidden = try await store.store([draft("1", from: bob, to: alice)])[0].message.id
            let own = try await store.store([draft("alice's")])[0].message.id
            try await store.setBlocked(false, bob, by: alice)
            func mark(_ id: MessageID) async throws -> [ReadOutcome] {
                try await store.markRead([ReadMark(user: alice, peer: bob, messageID: id)], atMost: 9)
            }
            #expect(try await store.delivered(alice, 2) == ["0"])
            #expect(try await mark(own) == [.set(newest: first)])
            #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice 0 0"])
            #expect(try await store.isRead(of: bob, with: alice) == [true, false, false])
            #expect(try await store.delivered(alice, 3) == ["1"])
            #expect(try await mark(hidden) == [.set(newest: hidden)])
            #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice 1 1"])
            #expect(try await store.isRead(of: bob, with: alice) == [true, true, false])
        }
    },

    Promise("manyWithheldMessagesAreDeliveredInParts") { stores in
        try await stores.withStore { store in
            try await store.setBlocked(true, bob, by: alice)
            let texts = (1...40).map(String.init)
            for text in texts { try await store.store([draft(text, from: bob, to: alice, id: "m\(text)")]) }
            func part() async throws -> BlockOutcome {
                try await store.setBlocked(false, bob, by: alice, at: noon, limit: nil, atMost: 15)
            }
            #expect(try await part() == .partial)
            // The block goes on meanwhile.
            #expect(try await store.isBlocked(bob, by: alice))
            #expect(try await store.texts() == Array(texts.prefix(15)))
            #expect(try await store.delivered(alice, 15) == [])
            #expect(try await store.store([draft("41", from: bob, to: alice)])[0].reachesReceiver == false)
            #expect(try await part() == .partial)
            guard case .ended(let newest?) = try await part() else { return #expect(Bool(false)) }
            #expect(newest.message.text == "41")
            #expect(try await store.texts() == texts + ["41"])
            #expect(try await store.texts(of: bob, with: alice) == texts + ["41"])
            #expect(try await store.feed(of: alice, after: 0, limit: .max).map(\.receiverCursor) == Array(1...41))
            #expect(try await store.delivered(alice, 41) == ["41"])
            #expect(try await part() == .unchanged)
            #expect(try await store.lastCursor(of: alice) == 41)
        }
    },

    Promise("eachBlockDeliversWhatItWithheld") { stores in
        try await stores.withStore { store in
            for round in 1...3 {
                try await store.setBlocked(true, bob, by: alice)
                try await store.store([draft("hidden \(round)", from: bob, to: alice)])
                try await store.setBlocked(false, bob, by: alice)
                try await store.store([draft("open \(round)", from: bob, to: alice)])
            }
            try await store.setBlocked(true, bob, by: alice)
            #expect(try await store.setBlocked(false, bob, by: alice))
            let texts = (1...3).flatMap { ["hidden \($0)", "open \($0)"] }
            #expect(try await store.texts() == texts)
            #expect(try await store.texts(of: bob, with: alice) == texts)
        }
    },

    /// However two users write and block each other, the messages of each are in the same order on both sides.
    Promise("eachSendersOrderIsTheSameForBoth") { stores in
        for seed in 1...6 {
            try await stores.withStore { store in
                var state = UInt64(seed)
                func random(_ count: UInt64) -> UInt64 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return (state >> 33) % count
                }
                for step in 0..<80 {
                    let (user, other) = random(2) == 0 ? (alice, bob) : (bob, alice)
                    switch random(6) {
                    case 0: try await store.setBlocked(true, other, by: user)
                    case 1:
                        _ = try await store.setBlocked(
                            false, other, by: user, at: noon, limit: nil, atMost: Int(random(3)) + 1)
                    default: try await store.store([draft("\(step)", from: user, to: other)])
                    }
                }
                for (user, other) in [(alice, bob), (bob, alice)] {
                    try await store.setBlocked(false, other, by: user)
                }
                func texts(of sender: UserID, seenBy user: UserID) async throws -> [String] {
                    let peer = user == alice ? bob : alice
                    return try await store.conversation(of: user, with: peer, before: nil, limit: .max).messages
                        .filter { $0.message.sender == sender }.map(\.message.text.wire)
                }
                for sender in [alice, bob] {
                    let own = try await texts(of: sender, seenBy: sender)
                    #expect(try await texts(of: sender, seenBy: sender == alice ? bob : alice) == own)
                    #expect(own.count > 10)
                }
            }
        }
    },

    Promise("twoBlocksEachWithholdTheirOwn") { stores in
        try await stores.withStore { store in
            try await store.setBlocked(true, bob, by: alice)
            try await store.setBlocked(true, alice, by: bob)
            try await store.store([draft("a1"), draft("b1", from: bob, to: alice), draft("a2")])
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.texts() == ["a1", "a2", "b1"])
            #expect(try await store.texts(of: bob, with: alice) == ["b1"])
            try await store.store([draft("a3"), draft("b2", from: bob, to: alice)])
            try await store.setBlocked(false, alice, by: bob)
            #expect(try await store.texts() == ["a1", "a2", "b1", "a3", "b2"])
            #expect(try await store.texts(of: bob, with: alice) == ["b1", "b2", "a1", "a2", "a3"])
            #expect(try await store.list(of: alice) == ["bob: b2 2"])
            #expect(try await store.list(of: bob) == ["alice: a3 3"])
        }
    },

    // MARK: - Names

    Promise("acrossABlockNamesStayAsTheyWere") { stores in
        let bobs = HistoryPage.Profile(name: "Bob", avatarURL: "https://example.org/b.png")
        try await stores.withStore(profiles: [bob: bobs]) { store in
            try await store.store([
                draft("1", from: bob, to: alice), draft("2"), draft("3", from: bob, to: carol),
            ])
            try await store.setBlocked(true, bob, by: alice)
            try await store.setName("Call me", of: bob)
            try await store.setName("Alice", of: alice)
            let before = ["Bob", bobs.avatarURL, "Bob"]
            #expect(try await shown(alice, bob, store) == before)
            // Nothing was known about alice.
            #expect(try await shown(bob, alice, store) == [nil, nil, nil])
            // All others, and the users themselves, see the new names.
            #expect(try await shown(carol, bob, store) == ["Call me", bobs.avatarURL, "Call me"])
            let own = try await store.conversation(of: bob, with: alice, before: nil, limit: 9).messages
            #expect(own.map(\.sender.name?.wire) == ["Call me", nil])
            #expect(try await store.profile(of: bob).name == "Call me")
            // The second block neither updates the names nor ends with the first.
            try await store.setBlocked(true, alice, by: bob)
            try await store.setBlocked(true, bob, by: alice)
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await shown(alice, bob, store) == before)
            #expect(try await shown(bob, alice, store) == [nil, nil, nil])
            try await store.setBlocked(false, alice, by: bob)
            #expect(try await shown(alice, bob, store) == ["Call me", bobs.avatarURL, "Call me"])
            #expect(try await shown(bob, alice, store) == ["Alice", nil, "Alice"])
            // A later block keeps the later names.
            try await store.setBlocked(true, alice, by: bob)
            try await store.setName("Bob", of: bob)
            #expect(try await shown(alice, bob, store) == ["Call me", bobs.avatarURL, "Call me"])
        }
    },

    // MARK: - Marks

    Promise("nothingIsToldAsDeliveredBetweenThem") { stores in
        try await stores.withStore { store in
            try await store.store([
                draft("1", from: bob, to: alice), draft("2", to: bob), draft("3", from: carol, to: alice),
            ])
            try await store.setBlocked(true, bob, by: alice)
            #expect(try await store.delivered(alice, 3) == ["3"])
            #expect(try await store.delivered(bob, 2) == [])
            // Bob's view is as it would be without the block. Alice sees nothing of the message, and bob sees nothing
            // new of her marks.
            #expect(try await store.marks(of: bob, with: alice) == ["bob 2 -", "alice - -"])
            #expect(try await store.marks(of: alice, with: bob) == ["alice - -", "bob - -"])
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.marks(of: alice, with: bob) == ["alice - -", "bob 2 -"])
            try await store.store([draft("4", from: bob, to: alice)])
            #expect(try await store.delivered(alice, 4) == ["4"])
        }
    },

    Promise("theBlockedOneNeverLearnsWhatWasRead") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([draft("1", from: bob, to: alice), draft("2")]).map(\.message.id)
            try await store.setBlocked(true, bob, by: alice)
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[1]) == false)
            #expect(try await store.list(of: alice) == ["bob: 2 0"])
            #expect(try await store.marks(of: bob, with: alice) == ["bob - -", "alice - -"])
            let page = try await store.conversation(of: bob, with: alice, before: nil, limit: 9)
            #expect(page.messages.map(\.isRead) == [false, false])
            // For bob everything goes on.
            #expect(try await store.list(of: bob) == ["alice: 2 1"])
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[1]) == true)
            #expect(try await store.list(of: bob) == ["alice: 2 0"])
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.list(of: alice) == ["bob: 2 1"])
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[1]) == true)
        }
    },

    Promise("theBlockingOneIsNotShownHowFarTheOtherIs") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([draft("1"), draft("2"), draft("3", from: bob, to: alice)]).map(
                \.message.id)
            _ = try await store.delivered(bob, 2)
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[0]) == true)
            _ = try await store.delivered(alice, 3)
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[2]) == true)
            let before = try await store.conversation(of: bob, with: alice, before: nil, limit: 9)
            try await store.setBlocked(true, bob, by: alice)
            #expect(try await store.markRead(by: bob, with: alice, upTo: ids[1]) == true)
            #expect(try await store.marks(of: alice, with: bob) == ["alice 3 3", "bob - -"])
            let told = try await store.marks(of: alice, in: .init(), since: noon, limit: 9).marks
            #expect(told.map(\.peer) == [ConversationMark(user: bob)])
            let seen = try await store.conversation(of: alice, with: bob, before: nil, limit: 9)
            #expect(seen.marks?.map(\.read) == [ids[2], nil] && seen.marks?.map(\.delivered) == [ids[2], nil])
            #expect(seen.messages.map(\.isRead) == [false, false, true])
            // Bob sees the same of alice as before, and his own mark where he put it.
            let after = try await store.conversation(of: bob, with: alice, before: nil, limit: 9)
            #expect(after.marks?.last == before.marks?.last && after.marks?.first?.read == ids[1])
            #expect(after.messages.map(\.isRead) == [true, true, true])
            try await store.setBlocked(false, bob, by: alice)
            #expect(try await store.marks(of: alice, with: bob) == ["alice 3 3", "bob 2 2"])
        }
    },

    Promise("aConversationThatOnlyOneKnowsOfIsListedForThatOne") { stores in
        try await stores.withStore { store in
            try await store.setBlocked(true, bob, by: alice)
            try await store.store([draft("1", from: bob, to: alice)])
            #expect(try await store.list(of: bob) == ["alice: 1 0"])
            #expect(try await store.list(of: alice) == [])
            let marks = try await store.marks(of: bob, in: .init(), since: noon, limit: 9).marks
            #expect(marks.map(\.peer.user) == [alice])
            #expect(try await store.marks(of: alice, in: .init(), since: noon, limit: 9).marks.isEmpty)
        }
    },
]

/// The name and picture that a user sees of a peer: in the history, and in the list.
private func shown(_ user: UserID, _ peer: UserID, _ store: any MessageStore) async throws -> [String?] {
    let page = try await store.conversation(of: user, with: peer, before: nil, limit: 9)
    let sender = page.messages.first { $0.message.sender == peer }?.sender
    let list = try await store.conversations(of: user, limit: 9).first { $0.peer == peer }
    return [sender?.name?.wire, sender?.avatarURL, list?.peerName?.wire]
}
