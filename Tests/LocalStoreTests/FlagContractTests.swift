import ChatClient
import ChatWire
import Testing

/// The contract of every store about the flags of conversations, and about who waits for an answer.
@Suite struct FlagContractTests {
    @Test(arguments: StoreKind.allCases)
    func flagsAreSharedByAllWindows(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, two) = (try windows.open(), try windows.open())
            try one.apply([
                .flag(.muted, true, peer: bob, last: nil), .flag(.archived, true, peer: bob, last: "3"),
                .flag(.unread, true, peer: carol, last: nil),
            ])
            #expect(
                try two.flags() == [
                    bob: StoredFlags([.muted, .archived], archivedAfter: "3"), carol: StoredFlags([.unread]),
                ])
            try two.apply([
                .flag(.archived, false, peer: bob, last: nil), .flag(.unread, false, peer: carol, last: nil),
            ])
            #expect(try one.flags() == [bob: StoredFlags([.muted])])
            #expect(try one.inbox(limit: 9).flags == [bob: StoredFlags([.muted])])
        }
    }

    /// A message that one window shows late must not undo what another window archived after it.
    @Test(arguments: StoreKind.allCases)
    func anArchiveAfterAMessageOutlivesThatMessage(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.flag(.archived, true, peer: bob, last: "3")])
            try store.apply([.flag(.archived, false, peer: bob, last: "3")])
            #expect(try store.flags() == [bob: StoredFlags([.archived], archivedAfter: "3")])
            try store.apply([.flag(.archived, false, peer: bob, last: "4")])
            #expect(try store.flags() == [:])
            try store.apply([
                .flag(.archived, true, peer: bob, last: nil), .flag(.archived, true, peer: bob, last: "5"),
            ])
            #expect(try store.flags() == [bob: StoredFlags([.archived], archivedAfter: "5")])
        }
    }

    /// A window may not know yet that another one muted the conversation.
    @Test(arguments: StoreKind.allCases)
    func aMessageDoesNotBringBackWhatAnotherWindowMuted(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, two) = (try windows.open(), try windows.open())
            try one.apply([.flag(.archived, true, peer: bob, last: "3")])
            try two.apply([.flag(.muted, true, peer: bob, last: nil)])
            try one.apply([.flag(.archived, false, peer: bob, last: "4")])
            #expect(try two.flags() == [bob: StoredFlags([.archived, .muted], archivedAfter: "3")])
            try one.apply([.flag(.archived, false, peer: bob, last: nil)])
            #expect(try two.flags() == [bob: StoredFlags([.muted])], "the user takes it out")
        }
    }

    /// A window may not know yet that another one archived the conversation, or took it out of the archive.
    @Test(arguments: StoreKind.allCases)
    func theEndOfMutingKeepsWhatAnotherWindowDid(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, two) = (try windows.open(), try windows.open())
            try one.apply([.flag(.muted, true, peer: bob, last: nil), .flag(.archived, true, peer: bob, last: "3")])
            try two.apply([.flag(.muted, false, peer: bob, last: "4")])
            #expect(try one.flags() == [bob: StoredFlags([.archived], archivedAfter: "4")])
            try one.apply([.flag(.muted, true, peer: bob, last: nil), .flag(.archived, false, peer: bob, last: nil)])
            try two.apply([.flag(.muted, false, peer: bob, last: "4")])
            #expect(try one.flags() == [:])
        }
    }

    /// A pinned conversation is listed, however old it is.
    @Test(arguments: StoreKind.allCases)
    func pinnedOnesComeFirst(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.message(message("1", from: carol, at: 1)), .message(message("2", from: bob, at: 2))])
            #expect(try store.inbox(limit: 1).conversations.map(\.entry.peer) == [bob])
            try store.apply([.flag(.pinned, true, peer: carol, last: nil)])
            #expect(try store.inbox(limit: 1).conversations.map(\.entry.peer) == [carol])
            #expect(try store.inbox(limit: 9).conversations.map(\.entry.peer) == [carol, bob])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whoeverHasNoAnswerWaitsSinceTheFirstMessage(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            func waitingSince() throws -> Int64? {
                try store.inbox(limit: 9).conversations.first?.waitingSince.map { $0.seconds - noon.seconds }
            }
            try store.apply([.message(message("1", at: 1)), .message(message("2", at: 2))])
            #expect(try waitingSince() == 1)
            try store.apply([.message(message("3", from: alice, to: bob, at: 3))])
            #expect(try waitingSince() == nil)
            try store.apply((4...7).map { .message(message("\($0)", at: Int64($0))) })
            #expect(try waitingSince() == 4)
        }
    }
}
