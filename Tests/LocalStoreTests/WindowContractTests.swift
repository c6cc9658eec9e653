import ChatClient
import ChatWire
import Testing

/// The contract of every store about unsent messages, drafts, marks and profiles, and about several windows.
@Suite struct WindowContractTests {
    @Test(arguments: StoreKind.allCases)
    func unsentMessagesWaitUntilTheyAreRemoved(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            var second = unsent("2", at: -9)
            second.text = "a\u{0}b"
            second.product = Product(id: "p", title: "Лампа")
            try store.apply([.enqueue(unsent("1")), .enqueue(second), .enqueue(unsent("3", to: carol))])
            #expect(try store.state().unsent == [unsent("1"), second])
            try store.apply([.setState(.held, ofUnsent: "1"), .removeUnsent(id: "2"), .removeUnsent(id: "unknown")])
            #expect(try store.state().unsent == [unsent("1", state: .held)])
            try store.apply([.enqueue(unsent("4")), .enqueue(unsent("1", at: 7))])
            #expect(try store.state().unsent == [unsent("1", at: 7), unsent("4")])
            #expect(try store.state(of: carol).unsent == [unsent("3", to: carol)])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aLivingWindowKeepsWhatItMade(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, other) = (try windows.open(), try windows.open())
            try one.apply([.enqueue(unsent("1")), .draft("mine", peer: bob)])
            #expect(try other.state().unsent == [])
            #expect(try other.state().draft == nil)
            #expect(try other.adoptUnsent(peer: bob, since: noon) == [])
            try other.apply([.draft("other's", peer: bob)])
            #expect(try one.state().draft == "mine")
            windows.close(one)
            #expect(try other.state().unsent == [unsent("1")])
            #expect(try other.state().draft == "other's")
            #expect(try windows.open().state().draft == "mine")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func adoptionLeavesWhatNeedsTheUsersWord(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, two) = (try windows.open(), try windows.open())
            try one.apply([.enqueue(unsent("1", to: carol, at: 5)), .enqueue(unsent("2", to: carol, at: 1))])
            try two.apply([
                .enqueue(unsent("3", at: 1, state: .held)), .enqueue(unsent("4", to: carol, at: 9, state: .held)),
            ])
            try one.apply([.enqueue(unsent("5", to: carol, at: 5, state: .inFlight)), .enqueue(unsent("6", at: 0))])
            windows.close(one)
            windows.close(two)
            let store = try windows.open()
            let since = Timestamp(seconds: noon.seconds + 5)
            let adopted = try store.adoptUnsent(peer: bob, since: since)
            #expect(adopted.map(\.id) == ["1", "3", "6"])
            #expect(try store.adoptUnsent(peer: bob, since: since) == [])
            #expect(try windows.open().state(of: carol).unsent.map(\.id) == ["2", "4", "5"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatBelongsToNobodyIsAdoptedByItsConversation(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, other) = (try windows.open(), try windows.open())
            try one.apply([.enqueue(unsent("1")), .setState(.held, ofUnsent: "1")])
            #expect(try other.adoptUnsent(peer: bob, since: noon).isEmpty)
            try one.apply([.disown(id: "1")])
            #expect(try other.adoptUnsent(peer: carol, since: noon).isEmpty)
            #expect(try other.adoptUnsent(peer: bob, since: noon).map(\.id) == ["1"])
            #expect(try one.adoptUnsent(peer: bob, since: noon).isEmpty)
        }
    }

    /// What the user chose for a draft comes back with it.
    @Test(arguments: StoreKind.allCases)
    func draftsKeepTheirProduct(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (sofa, bicycle) = (Product(id: "1", title: "Диван"), Product(title: "Велосипед"))
            let old = try (0..<3).map { _ in try windows.open() }
            try old[0].apply([.draft(Draft("a", product: bicycle), peer: carol), .draft("x", peer: bob)])
            #expect(try old[0].state(of: carol).draft == Draft("a", product: bicycle))
            try old[1].apply([.draft(Draft("y", product: sofa), peer: bob)])
            try old[2].apply([.draft("z", peer: bob)])
            for window in old { windows.close(window) }
            let new = try windows.open()
            let joined = Draft("x\ny\nz", product: sofa)
            #expect(try new.inbox(limit: 9).drafts == [bob: joined, carol: Draft("a", product: bicycle)])
            #expect(try new.state().draft == joined)
            #expect(try new.inbox(limit: 9).drafts[bob] == joined)
            #expect(try new.state(of: carol).draft == Draft("a", product: bicycle))
        }
    }

    /// Two windows wrote in the same conversation: neither text is lost when both are closed.
    @Test(arguments: StoreKind.allCases)
    func draftsOfClosedWindowsAreJoined(kind: StoreKind) throws {
        try kind.withStore { windows in
            let old = try (0..<3).map { _ in try windows.open() }
            for (index, window) in old.enumerated() { try window.apply([.draft("draft \(index)", peer: bob)]) }
            try old[0].apply([.draft("a\u{0}b", peer: bob)])
            try old[1].apply([.draft("", peer: bob)])
            for window in old { windows.close(window) }
            let new = try windows.open()
            #expect(try new.state(of: carol).draft == nil)
            #expect(try new.state().draft == "draft 2\na\u{0}b")
            #expect(try new.state().draft == "draft 2\na\u{0}b")
            let next = try windows.open()
            #expect(try next.state().draft == nil)
            try next.apply([.draft("mine", peer: bob)])
            windows.close(new)
            #expect(try next.state().draft == "mine")
            windows.close(next)
            #expect(try windows.open().state().draft == "draft 2\na\u{0}b\nmine")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func marksOnlyMoveForward(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.page(messages(1...3), peer: bob, hasOlder: false)])
            let steps: [(delivered: MessageID?, read: MessageID?, expected: ConversationMark)] = [
                ("unknown", nil, ConversationMark(user: bob, delivered: "unknown")),
                ("2", "1", ConversationMark(user: bob, delivered: "2", read: "1")),
                ("1", "2", ConversationMark(user: bob, delivered: "2", read: "2")),
                ("unknown", nil, ConversationMark(user: bob, delivered: "2", read: "2")),
                ("3", nil, ConversationMark(user: bob, delivered: "3", read: "2")),
            ]
            for step in steps {
                let mark = ConversationMark(user: bob, delivered: step.delivered, read: step.read)
                try store.apply([.mark(mark, peer: bob)])
                #expect(try store.state().marks == [step.expected], "\(step)")
            }
            let own = ConversationMark(user: alice, read: "3")
            try store.apply([.mark(own, peer: bob), .mark(ConversationMark(user: carol, read: "3"), peer: bob)])
            #expect(try store.state().marks.first == own)
            #expect(try store.state().marks.count == 2)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func profilesKeepWhatIsKnown(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([.profile(name: "Боб", product: Product(id: "p", title: "Лампа"), peer: bob)])
            try store.apply([.profile(name: nil, product: Product(id: "p"), peer: bob)])
            try store.apply([.profile(name: nil, product: nil, peer: bob)])
            #expect(try store.state().peerName == "Боб")
            #expect(try store.state().product == Product(id: "p", title: "Лампа"))
            try store.apply([.profile(name: "B", product: Product(id: "q"), peer: bob)])
            #expect(try store.state().peerName == "B")
            #expect(try store.state().product == Product(id: "q"))
            #expect(try store.state(of: carol) == StoredState())
        }
    }

    /// A title stays with its id: naming the id alone does not take it away, and another id does not get it.
    @Test(arguments: StoreKind.allCases)
    func titlesStayWithTheirIDs(kind: StoreKind) throws {
        let (lamp, table) = (Product(id: "p", title: "Лампа"), Product(id: "q", title: "Стол"))
        try kind.withStore { windows in
            let store = try windows.open()
            func named(_ product: Product) throws -> Product? {
                try store.apply([.profile(name: nil, product: product, peer: bob)])
                return try store.state().product
            }
            #expect(try named(lamp) == lamp)
            #expect(try named(Product(id: "q")) == Product(id: "q"))
            #expect(try named(Product(id: "p")) == lamp)
            #expect(try named(Product(title: "Лампа")) == Product(title: "Лампа"))
            #expect(try named(table) == table)
            #expect(try named(Product(id: "p")) == lamp)
            #expect(try named(Product(id: "P")) == Product(id: "P"))
            #expect(try named(Product(id: "p", title: "Торшер")) == Product(id: "p", title: "Торшер"))
            #expect(try named(Product(id: "p")) == Product(id: "p", title: "Торшер"))
            #expect(try store.state(of: carol).products == [])
        }
    }

    /// The titles come from messages as well, whichever way they were received, and the list has them, too.
    @Test(arguments: StoreKind.allCases)
    func productsOfMessages(kind: StoreKind) throws {
        let (lamp, table) = (Product(id: "p", title: "Лампа"), Product(id: "q", title: "Стол"))
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([
                .message(message("5", product: Product(id: "p"))), .message(message("6", product: table)),
                .message(message("7")), .message(message("8", product: Product(id: "q", title: "Парта"))),
            ])
            #expect(try store.state().products == [Product(id: "q", title: "Парта"), Product(id: "p")])
            try store.apply([.profile(name: nil, product: Product(id: "p"), peer: bob)])
            // An older page knows the title of the lamp. The table's newer title stays.
            try store.apply([
                .page(
                    [
                        message("1", product: lamp), message("2", product: table),
                        message("3", product: Product(title: "x")),
                    ],
                    peer: bob, hasOlder: false)
            ])
            let expected = [Product(id: "q", title: "Парта"), lamp, Product(title: "x")]
            #expect(Set(try store.state().products) == Set(expected))
            #expect(try store.inbox(limit: 9).conversations[0].products == store.state().products)
            try store.apply([.profile(name: nil, product: Product(id: "p"), peer: bob)])
            #expect(try store.inbox(limit: 9).conversations[0].entry.product == lamp)
        }
    }

    /// A message that comes again, from a server that tells more or less of it, keeps what is known.
    @Test(arguments: StoreKind.allCases)
    func productsOfRepeatedMessages(kind: StoreKind) throws {
        let lamp = Product(id: "p", title: "Лампа")
        try kind.withStore { windows in
            let store = try windows.open()
            func product(after stored: StoredMessage) throws -> Product? {
                try store.apply([.message(stored)])
                return try store.state().newest.messages.first { $0.message.id == stored.message.id }?.product
            }
            #expect(try product(after: message("1")) == nil)
            #expect(try product(after: message("1", product: Product(id: "p"))) == Product(id: "p"))
            #expect(try product(after: message("1", product: Product(id: "q", title: "Стол"))) == Product(id: "p"))
            #expect(try product(after: message("1", product: lamp)) == lamp)
            #expect(try product(after: message("1", product: Product(id: "p", title: "Торшер"))) == lamp)
            #expect(try product(after: message("1")) == lamp)
            #expect(try store.state().products == [lamp])
            #expect(try store.state().newest.messages[0].message.product == lamp)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func windowsSeeEachOthersMessages(kind: StoreKind) throws {
        try kind.withStore { windows in
            let (one, other) = (try windows.open(), try windows.open())
            try one.apply([.restart(FeedPosition(epoch: "e1", cursor: 0))])
            try one.apply(feed(1, "1") + feed(2, "2"))
            try other.apply(feed(1, "1"))
            try other.apply(feed(2, "2") + feed(3, "3"))
            #expect(try one.shown() == "| 1 2 3")
            #expect(try one.state().position?.cursor == 3)
        }
    }

    @Test func aCopyOfTheLedgerIsWhatACrashLeaves() throws {
        let store = MemoryConversationStore(user: alice)
        try store.apply([.enqueue(unsent("1"))])
        let crashed = MemoryConversationStore(store.ledger)
        try store.apply([.removeUnsent(id: "1")])
        #expect(try crashed.adoptUnsent(peer: carol, since: noon) == [unsent("1")])
        #expect(try store.state().unsent == [])
    }
}
