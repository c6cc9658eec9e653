import ChatServer
import ChatWire
import Testing

/// Every store's contract for the list of conversations, and for what a page shows to whom.
let conversationContract: [Promise] = [
    Promise("theLatestConversationIsTheFirst") { stores in
        try await stores.withStore { store in
            let stored = try await store.store([
                draft("to bob"), draft("to carol", to: carol), draft("others", from: bob, to: carol),
                draft("back", from: bob, to: alice),
            ])
            #expect(try await store.list(of: alice) == ["bob: back 1", "carol: to carol 0"])
            #expect(try await store.list(of: bob) == ["alice: back 1", "carol: others 0"])
            #expect(try await store.list(of: carol) == ["bob: others 1", "alice: to carol 1"])
            // The clock went back, but the order is that of storing.
            try await store.store([draft("late", to: carol, at: noon.advanced(by: .seconds(-60)))])
            #expect(try await store.list(of: alice) == ["carol: late 0", "bob: back 1"])
            #expect(try await store.conversations(of: alice, limit: 9)[1].lastMessage == stored[3].message)
        }
    },

    Promise("aListHasALimit") { stores in
        try await stores.withStore { store in
            try await store.store((1...5).map { draft("\($0)", to: user("peer \($0)")) })
            for (limit, expected) in [(2, ["5", "4"]), (5, ["5", "4", "3", "2", "1"]), (0, []), (-1, [])] {
                let list = try await store.conversations(of: alice, limit: limit)
                #expect(list.map(\.lastMessage.text.wire) == expected)
            }
            #expect(try await store.list(of: user("nobody")) == [])
        }
    },

    Promise("unreadIsWhatThePeerWroteBehindTheMark") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([
                draft("1"), draft("2"), draft("noise", from: carol), draft("3", from: bob, to: alice), draft("4"),
            ]).map(\.message.id)
            #expect(try await store.unread(of: bob) == 3)
            #expect(try await store.unread(of: alice, with: bob) == 1)
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[0])
            #expect(try await store.unread(of: bob) == 2)
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[3])
            #expect(try await store.unread(of: bob) == 1)
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[1])
            #expect(try await store.unread(of: bob) == 1)
            _ = try await store.markRead(by: bob, with: alice, upTo: ids[4])
            #expect(try await store.unread(of: bob) == 0)
            #expect(try await store.unread(of: bob, with: carol) == 1)
            #expect(try await store.unread(of: alice, with: bob) == 1)
            try await store.store([draft("5"), draft("6")])
            #expect(try await store.unread(of: bob) == 2)
        }
    },

    Promise("repeatsAreNotUnreadTwice") { stores in
        try await stores.withStore { store in
            _ = try await store.append([draft("1", id: "m1"), draft("1", id: "m1"), draft("other", id: "m1")])
            _ = try await store.append([draft("1", id: "m1")])
            #expect(try await store.list(of: bob) == ["alice: 1 1"])
        }
    },

    Promise("aConversationWithOneselfHasNothingUnread") { stores in
        try await stores.withStore { store in
            let note = try await store.store([draft("note", to: alice)])[0]
            #expect(try await store.list(of: alice) == ["alice: note 0"])
            #expect(try await store.markRead(by: alice, with: alice, upTo: note.message.id) == true)
            #expect(try await store.list(of: alice) == ["alice: note 0"])
        }
    },

    Promise("theProductIsTheLastOneNamed") { stores in
        let (lamp, table) = (Product(id: "p1", title: "Лампа"), Product(title: "table"))
        try await stores.withStore { store in
            try await store.store([draft("1"), draft("elsewhere", to: carol)])
            try await store.store([draft("2", product: lamp), draft("3")])
            try await store.store([draft("4", from: bob, to: alice)])
            #expect(try await store.conversations(of: alice, limit: 9).map(\.product) == [lamp, nil])
            #expect(try await store.conversations(of: bob, limit: 9).map(\.product) == [lamp])
            try await store.store([draft("5", from: bob, to: alice, product: table), draft("6")])
            #expect(try await store.conversations(of: alice, limit: 9).map(\.product) == [table, nil])
        }
    },

    Promise("aProductNamedByItsIDKeepsItsTitle") { stores in
        let (lamp, table) = (Product(id: "p1", title: "Лампа"), Product(id: "p2", title: "Стол"))
        try await stores.withStore { store in
            #expect(try await store.product(afterNaming: Product(id: "p1")) == Product(id: "p1"))
            #expect(try await store.product(afterNaming: lamp) == lamp)
            #expect(try await store.product(afterNaming: Product(id: "p1")) == lamp)
            // Another id does not inherit the title, and the first one still has it afterwards.
            #expect(try await store.product(afterNaming: Product(id: "p2")) == Product(id: "p2"))
            #expect(try await store.product(afterNaming: Product(id: "p1")) == lamp)
            #expect(try await store.product(afterNaming: table) == table)
            #expect(try await store.product(afterNaming: Product(title: "Лампа")) == Product(title: "Лампа"))
            #expect(try await store.product(afterNaming: Product(id: "p1")) == lamp)
            #expect(try await store.product(of: alice, afterNaming: Product(id: "p2")) == table)
            // The newest title counts, and ids are compared byte for byte.
            #expect(
                try await store.product(afterNaming: Product(id: "p1", title: "Торшер"))
                    == Product(id: "p1", title: "Торшер"))
            #expect(try await store.product(afterNaming: Product(id: "p1")) == Product(id: "p1", title: "Торшер"))
            #expect(try await store.product(afterNaming: Product(id: "P1")) == Product(id: "P1"))
            // What another conversation says of this id is not asked.
            try await store.store([draft("y", to: carol, product: Product(id: "p2"))])
            #expect(try await store.conversations(of: carol, limit: 9).map(\.product) == [Product(id: "p2")])
            let page = try await store.conversation(of: bob, with: alice, before: nil, limit: 2).messages
            #expect(page.map(\.product) == [Product(id: "p1"), Product(id: "P1")])
        }
    },

    Promise("peersAreNamedWhereTheDatabaseKnows") { stores in
        try await stores.withStore(profiles: [alice: HistoryPage.Profile(name: "Алиса")]) { store in
            try await store.store([draft("1"), draft("2", from: carol)])
            #expect(try await store.conversations(of: bob, limit: 9).map(\.peerName) == [nil, "Алиса"])
        }
    },

    Promise("peersWhoseBytesDifferHaveConversationsOfTheirOwn") { stores in
        try await stores.withStore { store in
            try await store.store([draft("1", to: user("\u{E9}")), draft("2", to: user("e\u{301}"))])
            #expect(
                try await store.conversations(of: alice, limit: 9).map(\.peer) == [user("e\u{301}"), user("\u{E9}")])
        }
    },

    Promise("pagesTellTheAskingUsersPlacesAndNamesOfMessages") { stores in
        try await stores.withStore { store in
            try await store.store([
                draft("noise", to: carol), draft("1", id: "m1"), draft("2", from: bob, to: alice, id: "m2"), draft("3"),
            ])
            let alices = try await store.conversation(of: alice, with: bob, before: nil, limit: 9).messages
            #expect(alices.map(\.cursor) == [2, 3, 4])
            #expect(alices.map(\.clientMessageID) == ["m1", nil, nil])
            let bobs = try await store.conversation(of: bob, with: alice, before: nil, limit: 9).messages
            #expect(bobs.map(\.cursor) == [1, 2, 3])
            #expect(bobs.map(\.clientMessageID) == [nil, "m2", nil])
        }
    },

    Promise("whatADraftWouldRepeatIsKnownBefore") { stores in
        try await stores.withStore { store in
            let first = try await store.store([draft("é", id: "m1"), draft("no id")])[0]
            let outcomes: [(MessageDraft, AppendOutcome?)] = [
                (draft("é", id: "m1", at: noon.advanced(by: .seconds(9))), .duplicate(first)),
                (draft("e\u{301}", id: "m1"), .conflict), (draft("é", to: carol, id: "m1"), .conflict),
                (draft("é", id: "m2"), nil), (draft("é", id: "M1"), nil), (draft("é", from: carol, id: "m1"), nil),
                (draft("no id"), nil),
            ]
            for (draft, expected) in outcomes {
                let outcome = try await store.earlierOutcome(of: draft)
                #expect(outcome == expected, "\(draft)")
            }
            #expect(try await store.earlierOutcome(of: draft("é", id: "m1\0")) == .refused(.containsNUL))
            #expect(try await store.lastCursor(of: alice) == 2)
        }
    },
]

extension MessageStore {
    /// The product of a user's latest conversation, after Alice named one to Bob.
    fileprivate func product(of user: UserID = bob, afterNaming product: Product) async throws -> Product? {
        try await store([draft("x", product: product)])
        return try await conversations(of: user, limit: 9).first?.product
    }
}
