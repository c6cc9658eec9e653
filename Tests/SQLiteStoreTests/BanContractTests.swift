import ChatServer
import ChatWire
import Testing

/// What every store promises of users who are kept out.
@Suite struct BanContractTests {
    @Test(arguments: StoreKind.allCases)
    func nothingOfABannedUserIsStored(kind: StoreKind) async throws {
        try await kind.withStore { store in
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
    }
}
