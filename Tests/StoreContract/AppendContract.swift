import ChatServer
import ChatWire
import Testing

/// Every store's contract for writing.
let appendContract: [Promise] = [
    Promise("feedsCountEachUsersMessages") { stores in
        try await stores.withStore { store in
            try await store.store([draft("1"), draft("2", from: bob, to: alice), draft("3", to: carol)])
            try await store.store([draft("4", from: carol, to: bob)])
            #expect(try await store.feedTexts(of: alice) == ["1 1", "2 2", "3 3"])
            #expect(try await store.feedTexts(of: bob) == ["1 1", "2 2", "3 4"])
            #expect(try await store.feedTexts(of: carol) == ["1 3", "2 4"])
            #expect(try await store.lastCursor(of: bob) == 3)
        }
    },

    Promise("nobodysFeedIsEmpty") { stores in
        try await stores.withStore { store in
            let outcomes = try await store.append([])
            #expect(outcomes == [])
            #expect(try await store.lastCursor(of: alice) == 0)
            #expect(try await store.feed(of: alice, after: 0, limit: 10) == [])
        }
    },

    Promise("aMessageToOneselfIsInTheFeedOnce") { stores in
        try await stores.withStore { store in
            try await store.store([draft("note", to: alice), draft("next")])
            #expect(try await store.feedTexts(of: alice) == ["1 note", "2 next"])
            #expect(try await store.texts(of: alice, with: alice) == ["note"])
        }
    },

    Promise("concurrentAppendsLeaveNoGap") { stores in
        let (writers, rounds) = (8, 25)
        try await stores.withStore { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for round in 0..<rounds {
                            let sender = user("writer \(writer)")
                            try await store.store([draft("\(round)", from: sender), draft("\(round)'", from: sender)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let feed = try await store.feed(of: bob, after: 0, limit: .max)
            #expect(feed.map(\.receiverCursor) == Array(1...writers * rounds * 2))
            for writer in 0..<writers {
                let sent = feed.filter { $0.message.sender == user("writer \(writer)") }
                #expect(sent.map(\.senderCursor) == Array(1...rounds * 2))
                #expect(sent.map(\.message.text.wire) == (0..<rounds).flatMap { ["\($0)", "\($0)'"] })
            }
        }
    },

    Promise("aRepeatIsTheFirstMessageAndNothingMore") { stores in
        try await stores.withStore { store in
            let first = try await store.store([draft("hello", id: "m1", product: Product(id: "p1"))])[0]
            let later = draft("hello", id: "m1", at: noon.advanced(by: .seconds(60)))
            #expect(try await store.append([later]) == [.duplicate(first)])
            #expect(try await store.lastCursor(of: alice) == 1)
            #expect(try await store.texts() == ["hello"])
        }
    },

    Promise("otherContentUnderAKnownIDIsAConflict") { stores in
        try await stores.withStore { store in
            try await store.store([draft("é", id: "m1")])
            let outcomes = try await store.append([
                draft("other", id: "m1"),
                draft("é", to: carol, id: "m1"),
                draft("e\u{301}", id: "m1"),
            ])
            #expect(outcomes == [.conflict, .conflict, .conflict])
            #expect(try await store.feedTexts(of: alice) == ["1 é"])
        }
    },

    /// RFC 9562, section 4: upper case is accepted and means the same.
    Promise("aUUIDIsOneInEitherCase") { stores in
        let lower: ClientMessageID = "0f8fad5b-d9cb-469f-a165-70867728950e"
        let upper = ClientMessageID(lower.wire.uppercased())
        try await stores.withStore { store in
            let first = try await store.store([draft("x", id: upper)])[0]
            #expect(first.clientMessageID == lower)
            #expect(try await store.append([draft("x", id: lower)]) == [.duplicate(first)])
            #expect(
                try await store.append([draft("x", id: ClientMessageID("0F8fad5b" + lower.wire.dropFirst(8)))]) == [
                    .duplicate(first)
                ])
            #expect(try await store.append([draft("y", id: lower)]) == [.conflict])
            #expect(try await store.earlierOutcome(of: draft("x", id: upper)) == .duplicate(first))
            #expect(
                try await store.conversation(of: alice, with: bob, before: nil, limit: 9).messages
                    .map(\.clientMessageID) == [lower])
            let other = "A" + lower.wire.dropFirst()
            let outcomes = try await store.append([
                draft("z", id: ClientMessageID(other)), draft("z", id: ClientMessageID(other.lowercased())),
            ])
            guard case .stored(let stored) = outcomes[0] else { return #expect(Bool(false), "\(outcomes)") }
            #expect(outcomes[1] == .duplicate(stored))
            // An id that is no UUID is never changed.
            #expect(
                try await store.store([draft("1", id: "M1"), draft("2", id: "m1")]).map(\.clientMessageID) == [
                    "M1", "m1",
                ])
        }
    },

    Promise("repeatsAndConflictsWithinOneBatch") { stores in
        try await stores.withStore { store in
            let outcomes = try await store.append([
                draft("a", id: "m1"), draft("a", id: "m1"), draft("b", id: "m1"), draft("b", id: "m2"),
            ])
            let first = try #require(outcomes[0].stored)
            #expect(outcomes[1] == .duplicate(first))
            #expect(outcomes[2] == .conflict)
            #expect(outcomes[3].stored?.senderCursor == 2)
            #expect(try await store.feedTexts(of: bob) == ["1 a", "2 b"])
        }
    },

    Promise("idsAreTheSendersOwn") { stores in
        try await stores.withStore { store in
            try await store.store([
                draft("1", id: "m1"), draft("2", from: bob, to: alice, id: "m1"), draft("same"), draft("same"),
                draft("3", id: "é"), draft("4", id: "e\u{301}"),
            ])
            #expect(try await store.lastCursor(of: alice) == 6)
        }
    },

    /// When the clock was ten years ahead, the times stay as given, and the order is that of storing.
    Promise("timesAreTheClocksAndCursorsTheOrder") { stores in
        try await stores.withStore { store in
            let ahead = noon.advanced(by: .seconds(315_360_000))
            let earlier = noon.advanced(by: .seconds(-60))
            let times = [noon, ahead, ahead, earlier, noon]
            var ids: [MessageID] = []
            for (number, time) in times.enumerated() {
                let isOwn = number % 2 == 0
                let stored = try await store.store([
                    draft("\(number)", from: isOwn ? alice : bob, to: isOwn ? bob : alice, at: time)
                ])
                #expect(stored[0].message.createdAt == time)
                ids.append(stored[0].message.id)
            }
            let batch = [draft("ahead", to: carol, at: ahead), draft("now", to: carol, at: noon)]
            #expect(try await store.store(batch).map(\.message.createdAt) == [ahead, noon])
            try await store.store([draft("5", at: noon)])

            #expect(try await store.texts() == ["0", "1", "2", "3", "4", "5"])
            for place in 1..<5 {
                let page = try await store.conversation(of: bob, with: alice, before: ids[place], limit: 1)
                #expect(page.messages.map(\.message.id) == [ids[place - 1]])
                #expect(page.hasMore == (place > 1))
            }
            #expect(try await store.feedTexts(of: bob, after: 2) == ["3 2", "4 3", "5 4", "6 5"])
            let list = try await store.conversations(of: alice, limit: 9)
            #expect(list.map(\.lastMessage.text.wire) == ["5", "now"])
            #expect(list.map(\.lastMessage.cursor) == [8, 7])
            #expect(try await store.conversations(of: bob, limit: 9).map(\.lastMessage.cursor) == [6])
            #expect(try await store.lastTime(of: bob, with: alice) == noon)
            let later = noon.advanced(by: .seconds(1))
            #expect(try await store.marks(of: alice, in: .init(), since: later, limit: 9).marks.isEmpty)
            #expect(try await store.markRead(by: alice, with: bob, upTo: ids[1]) == true)
            #expect(try await store.list(of: alice)[0] == "bob: 5 1")
        }
    },

    Promise("createdAtIsStoredAsItIsPrinted") { stores in
        let times = [
            ("2024-01-01T12:00:00.123999Z", "2024-01-01T12:00:00.123Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z"),
        ]
        for (received, printed) in times {
            try await stores.withStore { store in
                let time = try #require(Timestamp(iso8601: received))
                let stored = try await store.store([draft("now", at: time)])[0].message.createdAt
                #expect(stored.iso8601 == printed)
                #expect(Timestamp(iso8601: stored.iso8601) == stored)
                #expect(try await store.feed(of: bob, after: 0, limit: 1)[0].message.createdAt == stored)
            }
        }
    },

    Promise("messagesAreNamedByUUIDs") { stores in
        try await stores.withStore { store in
            let ids = try await store.store((1...100).map { draft("\($0)") }).map(\.message.id)
            // RFC 9562, section 5.7: milliseconds, version 7, variant 10.
            let version7 = /018cc4e5-2200-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
            for id in ids { #expect(id.wire.wholeMatch(of: version7) != nil, "\(id)") }
            #expect(Set(ids).count == 100)
        }
    },

    Promise("aCancelledTaskStoresAllTheSame") { stores in
        try await stores.withStore { store in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.append([draft("last words")])
            }
            let outcomes = try await task.value
            #expect(outcomes.count == 1)
            #expect(try await store.texts() == ["last words"])
        }
    },

    /// It holds up nobody else.
    Promise("halfATextIsNeverStored") { stores in
        let drafts = [
            draft("a\0b"), draft("ab", id: "m\0"), draft("ab", product: Product(id: "p\0")),
            draft("ab", product: Product(title: "t\0")),
        ]
        for broken in drafts {
            try await stores.withStore { store in
                let outcomes = try await store.append([draft("1"), broken, draft("2")])
                #expect(outcomes.map { $0.stored?.senderCursor } == [1, nil, 2])
                #expect(outcomes[1] == .refused(.containsNUL))
                #expect(try await store.append([broken]) == [.refused(.containsNUL)])
                #expect(try await store.feedTexts(of: bob) == ["1 1", "2 2"])
            }
        }
    },
]
