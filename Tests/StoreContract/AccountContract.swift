import ChatServer
import ChatWire
import Testing

/// Every store's contract for the look-up at a log-in.
let accountContract: [Promise] = [
    Promise("nobodysAccountIsEmpty") { stores in
        try await stores.withStore { store in
            let resume = FeedPosition(epoch: store.epoch, cursor: 0)
            let account = try await store.account(of: alice, resume: resume)
            #expect(account == Account(epoch: store.epoch, cursor: 0))
        }
    },

    Promise("anAccountIsOfOneUser") { stores in
        let profile = HistoryPage.Profile(name: "Алиса", avatarURL: "https://example.org/a.png")
        try await stores.withStore(profiles: [alice: profile]) { store in
            let ids = try await store.store([
                draft("1"), draft("others", from: carol, to: bob), draft("2", from: bob, to: alice),
            ]).map(\.message.id)
            let account = try await store.account(of: alice, resume: nil)
            #expect(account == Account(epoch: store.epoch, cursor: 2, lastMessage: ids[2], name: "Алиса"))
            #expect(account.feedStart == 0)
            try await store.setName("Алиса П.", of: alice)
            #expect(try await store.account(of: alice, resume: nil).name == "Алиса П.")
            #expect(try await store.account(of: bob, resume: nil).cursor == 3)
        }
    },

    /// The cursor is the client's claim.
    Promise("anAccountSaysWhichMessageStandsWhereItIsResumed") { stores in
        try await stores.withStore { store in
            let ids = try await store.store([draft("1"), draft("noise", from: carol, to: bob), draft("2")])
                .map(\.message.id)
            let expected = [
                (Int.min, nil), (-1, nil), (0, nil), (1, ids[0]), (2, ids[2]), (3, nil), (Int.max, nil),
            ]
            for (cursor, id) in expected {
                // The store does not check the rest of the position.
                let resume = FeedPosition(epoch: "another", cursor: cursor, messageID: "another")
                let account = try await store.account(of: alice, resume: resume)
                #expect(account.messageAtResume == id, "\(cursor)")
                #expect(account.lastMessage == ids[2] && account.cursor == 2)
            }
        }
    },

    Promise("whatIsHiddenFromAUserIsNotInTheirAccount") { stores in
        try await stores.withStore { store in
            let first = try await store.store([draft("1", from: bob, to: alice)])[0].message.id
            try await store.setBlocked(true, bob, by: alice)
            try await store.store([draft("2", from: bob, to: alice)])
            let resume = FeedPosition(epoch: store.epoch, cursor: 2)
            let account = try await store.account(of: alice, resume: resume)
            #expect(account == Account(epoch: store.epoch, cursor: 1, lastMessage: first))
        }
    },

    Promise("anAccountSaysWhetherTheUserIsBanned") { stores in
        try await stores.withStore { store in
            try await store.setBanned(true, alice, at: noon)
            #expect(try await store.account(of: alice, resume: nil).isBanned)
            #expect(try await !store.account(of: bob, resume: nil).isBanned)
            try await store.setBanned(false, alice, at: noon)
            #expect(try await !store.account(of: alice, resume: nil).isBanned)
        }
    },
]
