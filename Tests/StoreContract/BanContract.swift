import ChatServer
import ChatWire
import Testing

/// Every store's contract for banned users.
let banContract: [Promise] = [
    Promise("nothingOfABannedUserIsStored") { stores in
        try await stores.withStore { store in
            try await store.store([draft("before", id: "m1")])
            #expect(try await store.setBanned(true, alice, at: noon))
            #expect(try await !store.setBanned(true, alice, at: noon))
            #expect(try await store.isBanned(alice))
            #expect(try await !store.isBanned(bob))
            #expect(try await store.bannedUsers() == [alice])
            let outcomes = try await store.append([
                draft("after"), draft("before", id: "m1"), draft("to alice", from: bob, to: alice),
            ])
            #expect(outcomes.prefix(2) == [.banned, .banned] && outcomes.last?.stored != nil)
            #expect(try await store.feedTexts(of: alice) == ["1 before", "2 to alice"])
            #expect(try await store.setBanned(false, alice, at: noon))
            #expect(try await store.store([draft("again")])[0].senderCursor == 3)
            #expect(try await store.feedStart(of: alice) == 0)
            try await store.checkWritable()
        }
    },

    /// This covers writes that are under way when the ban comes, and later ones without a request, such as the time of
    /// leaving.
    Promise("nothingIsWrittenInABannedUsersName") { stores in
        try await stores.withStore { store in
            let id = try await store.store([draft("to alice", from: bob, to: alice)])[0].message.id
            struct Answers: Equatable {
                var block: BlockOutcome
                var read: Bool?
                var ack: [Coverage]
            }
            func writes() async throws -> Answers {
                try await store.setLastSeen([alice: noon, bob: noon])
                try await store.setName("Алиса", of: alice)
                return Answers(
                    block: try await store.setBlocked(true, carol, by: alice, at: noon, limit: 9, atMost: 9),
                    read: try await store.markRead(by: alice, with: bob, upTo: id),
                    ack: try await store.acknowledge([Acknowledgement(user: alice, cursor: 1)], atMost: 9))
            }
            #expect(try await store.setBanned(true, alice, at: noon))
            #expect(try await writes() == Answers(block: .banned, read: false, ack: [Coverage()]))
            #expect(try await store.setBlocked(false, carol, by: alice, at: noon, limit: 9, atMost: 9) == .banned)
            #expect(try await store.lastSeen(of: [alice, bob]) == [bob: noon])
            #expect(try await store.profile(of: alice).name == nil)
            #expect(try await !store.isBlocked(carol, by: alice))
            #expect(try await store.marks() == ["alice - -", "bob - -"])
            // Others can still block the banned user. After the ban is lifted everything works again.
            #expect(try await store.setBlocked(true, alice, by: carol))
            #expect(try await store.setBanned(false, alice, at: noon))
            let coverage = Coverage(marks: [DeliveredMark(sender: bob, messageID: id)])
            #expect(try await writes() == Answers(block: .begun, read: true, ack: [coverage]))
            #expect(try await store.lastSeen(of: [alice, bob]) == [alice: noon, bob: noon])
            #expect(try await store.profile(of: alice).name == "Алиса")
        }
    },
]
