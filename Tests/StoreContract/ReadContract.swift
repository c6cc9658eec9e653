import ChatServer
import ChatWire
import Testing

/// Every store's contract for reading.
let readContract: [Promise] = [
    Promise("pagesEndBeforeAMessage") { stores in
        try await stores.withStore { store in
            let stored = try await store.store(
                (1...7).flatMap { [draft("\($0)"), draft("noise", to: carol), draft("noise", from: carol)] })
            let ids = stored.filter { $0.message.isBetween(alice, bob) }.map(\.message.id)

            // before (1…7), limit → texts, hasMore
            let pages: [(before: Int?, limit: Int, texts: [String], hasMore: Bool)] = [
                (nil, 3, ["5", "6", "7"], true),
                (5, 3, ["2", "3", "4"], true),
                (2, 3, ["1"], false),
                (1, 3, [], false),
                (nil, 7, ["1", "2", "3", "4", "5", "6", "7"], false),
                (nil, 6, ["2", "3", "4", "5", "6", "7"], true),
                (4, 3, ["1", "2", "3"], false),
                (nil, .max, ["1", "2", "3", "4", "5", "6", "7"], false),
                (nil, 0, [], true),
                (nil, -1, [], true),
            ]
            for expected in pages {
                for (user, peer) in [(alice, bob), (bob, alice)] {
                    let page = try await store.conversation(
                        of: user, with: peer, before: expected.before.map { ids[$0 - 1] }, limit: expected.limit)
                    #expect(page.messages.map(\.message.text.wire) == expected.texts, "\(expected)")
                    #expect(page.hasMore == expected.hasMore, "\(expected)")
                }
            }
        }
    },

    Promise("anUnknownMessageBeforeGivesAnEmptyPage") { stores in
        try await stores.withStore { store in
            let stored = try await store.store([draft("1"), draft("2"), draft("3", to: carol)])
            let elsewhere = stored[2].message.id
            let known = stored[1].message.id
            for before in [
                elsewhere, "unknown", "", "' OR 1 = 1 --", MessageID(known.wire.uppercased()),
                MessageID(known.wire + "\0"),
            ] {
                let page = try await store.conversation(of: alice, with: bob, before: before, limit: 10)
                #expect(page.messages == [] && page.hasMore == false, "before \(before)")
            }
        }
    },

    Promise("aConversationIsReadFromBothSides") { stores in
        // Pairs whose order by bytes differs from their order by UTF-16, by case or by canonical form.
        let pairs = [("a", "Z"), ("\u{FF5E}", "\u{1F600}"), ("é", "e\u{301}"), ("я", "a"), ("b", "ba"), ("%", "_")]
        try await stores.withStore { store in
            for (left, right) in pairs {
                let (left, right) = (user(left), user(right))
                try await store.store([draft("1", from: left, to: right), draft("2", from: right, to: left)])
                #expect(try await store.texts(of: left, with: right) == ["1", "2"])
                #expect(try await store.texts(of: right, with: left) == ["1", "2"])
            }
        }
    },

    Promise("idsAreComparedByTheirBytes") { stores in
        let (composed, decomposed) = (user("\u{E9}"), user("e\u{301}"))
        let profiles = [composed: HistoryPage.Profile(name: "One"), decomposed: HistoryPage.Profile(name: "Two")]
        try await stores.withStore(profiles: profiles) { store in
            try await store.store([
                draft("to one", to: composed), draft("to two", to: decomposed),
                draft("from one", from: composed, to: decomposed),
            ])
            #expect(try await store.feedTexts(of: composed) == ["1 to one", "2 from one"])
            #expect(try await store.feedTexts(of: decomposed) == ["1 to two", "2 from one"])
            #expect(try await store.texts(of: alice, with: composed) == ["to one"])
            #expect(try await store.texts(of: alice, with: decomposed) == ["to two"])
            #expect(try await store.profile(of: composed).name == "One")
            #expect(try await store.profile(of: decomposed).name == "Two")
        }
    },

    Promise("textsComeBackByteForByte") { stores in
        let fragment =
            "👩‍👩‍👧‍👦 e\u{301}\u{E9} ' \" ; DROP TABLE messages; -- %s \u{1B}[31m"
            + "\u{202E}\u{FEFF}\r\n\u{85}\u{FFFF}𝕏 "
        let text = String(repeating: fragment, count: 4096 / fragment.utf8.count)
        let product = Product(id: "p'1", title: UntrustedText(fragment))
        try await stores.withStore { store in
            let stored = try await store.store([draft(text, id: "Ünïque", product: product)])[0]
            let read = try await store.feed(of: bob, after: 0, limit: 1)[0]
            #expect(read == stored)
            #expect(Array(read.message.text.wire.utf8) == Array(text.utf8))
            #expect(Array(read.clientMessageID.map { $0.wire.utf8 } ?? "".utf8) == Array("Ünïque".utf8))
            #expect(read.product == product)
            let page = try await store.conversation(of: alice, with: bob, before: nil, limit: 1)
            #expect(page.messages.map(\.message) == [stored.message])
            #expect(page.messages.map(\.productID) == ["p'1"])
        }
    },

    Promise("anEntryHoldsWhatElseIsKnown") { stores in
        let profile = HistoryPage.Profile(name: "Алиса", avatarURL: "https://example.org/a.png")
        try await stores.withStore(profiles: [alice: profile]) { store in
            try await store.store([draft("1", product: Product(title: "a lamp")), draft("2", from: bob, to: alice)])
            let entries = try await store.conversation(of: bob, with: alice, before: nil, limit: 2).messages
            #expect(entries.map(\.sender) == [profile, HistoryPage.Profile()])
            #expect(entries.map(\.isRead) == [false, false])
            #expect(entries.map(\.updatedAt) == [noon, noon])
            #expect(entries.map(\.productID) == [nil, nil])
            #expect(try await store.profile(of: alice) == profile)
            #expect(try await store.profile(of: bob) == HistoryPage.Profile())
        }
    },

    Promise("feedsAreReadInPages") { stores in
        try await stores.withStore { store in
            try await store.store((1...5).map { draft("\($0)") })
            let pages = [
                (0, 2, [1, 2]), (2, 2, [3, 4]), (4, 2, [5]), (5, 2, []), (99, 2, []), (-3, 1, [1]), (0, -1, []),
            ]
            for (cursor, limit, expected) in pages {
                let page = try await store.feed(of: bob, after: cursor, limit: limit)
                #expect(page.map(\.receiverCursor) == expected, "after \(cursor), limit \(limit)")
            }
        }
    },

    Promise("eachStoreHasAnEpochOfItsOwn") { stores in
        try await stores.withStore { one in
            try await stores.withStore { other in
                #expect(one.epoch != other.epoch)
                #expect(one.epoch.wire.utf8.count == 36)
            }
        }
    },

    Promise("namesShowEverywhereAndChange") { stores in
        let picture = HistoryPage.Profile(name: "old", avatarURL: "https://example.org/a.png")
        try await stores.withStore(profiles: [alice: picture]) { store in
            try await store.store([draft("1"), draft("2", from: bob, to: alice)])
            for name: UntrustedText in ["Алиса", "Алиса П."] { try await store.setName(name, of: alice) }
            try await store.setName("Боб", of: bob)
            let expected = HistoryPage.Profile(name: "Алиса П.", avatarURL: "https://example.org/a.png")
            #expect(try await store.profile(of: alice) == expected)
            let page = try await store.conversation(of: bob, with: alice, before: nil, limit: 9)
            #expect(page.messages.map(\.sender) == [expected, HistoryPage.Profile(name: "Боб")])
            #expect(try await store.conversations(of: alice, limit: 9).map(\.peerName) == ["Боб"])
        }
    },
]
