import ChatClient
import ChatWire
import Foundation
import GRDB
import Testing
import TextSearch

@testable import LocalStore

/// The search in all conversations.
@Suite struct FindTests {
    /// Both stores, and a scan by the rules of `WordQuery`, find the same messages among random texts.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func findsWhatAScanFinds(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let (disk, memory) = (try folder.store(), MemoryConversationStore(user: alice))
        var texts = RandomTexts(seed: seed)
        var written: [StoredMessage] = []
        for number in 0..<200 {
            // Loaded history arrives out of order, so the order of arrival is not that of the times.
            let time = Int64((number * 77) % 200 * 60)
            let stored = said("\(number)", texts.text(), with: texts.peer(), isOwn: number % 3 == 0, at: time)
            written.append(stored)
            for store in [disk, memory] as [any ConversationStore] {
                try store.apply([.page([stored], peer: stored.message.peer(of: alice), hasOlder: true)])
            }
        }
        written.sort { $0.message.createdAt > $1.message.createdAt }
        for _ in 0..<40 {
            let query = try #require(WordQuery(texts.query()))
            let expected = written.map(\.message).filter { query.matches($0.text) }.map(\.id)
            #expect(try disk.found(query).map(\.message.id) == expected, "\(query.text)")
            #expect(try disk.found(query) == memory.found(query), "\(query.text)")
        }
    }

    @Test(arguments: StoreKind.allCases) func aResultSaysWhereAndAboutWhat(kind: StoreKind) throws {
        try kind.withStore { windows in
            let store = try windows.open()
            try store.apply([
                .profile(name: "Боб", product: Product(id: "1", title: "Диван"), peer: bob),
                .message(said("1", "ещё продаёте?", at: 0)),
                .message(
                    said("2", "Продаю!", isOwn: true, at: 1, product: Product(title: "Стол"))
                ),
            ])
            let found = try store.found(#require(WordQuery("прода")))
            #expect(found.map(\.message.id) == ["2", "1"])
            #expect(found.map(\.peer) == [bob, bob])
            #expect(found.map(\.peerName) == ["Боб", "Боб"])
            #expect(found.last?.product == nil)
            #expect(found.first?.product?.title == "Стол")
        }
    }

    @Test func manyMessagesOfOneMomentAreAllFound() throws {
        let folder = try TemporaryFolder()
        let store = try folder.store()
        try store.apply((1...3000).map { .message(said("\($0)", "раз", at: 0)) })
        let found = try store.found(#require(WordQuery("раз")))
        #expect(Set(found.map(\.message.id)).count == 3000)
    }

    /// A server of protocol 1 corrects the time of a message that was sent here.
    @Test func aCorrectedTimeMovesTheMessage() throws {
        let folder = try TemporaryFolder()
        let store = try folder.store()
        try store.apply([
            .message(said("1", "раз", at: 0)), .message(said("2", "раз два", at: 60)),
        ])
        let later = said("1", "раз", at: 120)
        try store.apply([.page([later], peer: bob, hasOlder: true)])
        #expect(try store.found(#require(WordQuery("раз"))).map(\.message.id) == ["1", "2"])
        #expect(try store.found(#require(WordQuery("два"))).map(\.message.id) == ["2"])
    }

    // MARK: - Databases of older versions

    /// Undoes the migration, and what it and later messages stored.
    private func makeOld(_ store: LocalStore) throws {
        try store.queue.write { database in
            for table in ["search_words", "search_places", "search_state"] {
                try database.execute(sql: "DROP TABLE \(table)")
            }
            try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'v4'")
        }
        store.close()
    }

    @Test func olderMessagesAreIndexedInParts() throws {
        let folder = try TemporaryFolder()
        let query = try #require(WordQuery("слово"))
        do {
            let store = try folder.store()
            try store.apply((1...25).map { .message(said("\($0)", "слово \($0)", at: Int64($0))) })
            try makeOld(store)
        }
        var store = try folder.store()
        let page = try store.find(query, before: nil, limit: 9)
        #expect(page.messages == [] && page.next == nil && page.unindexed == 25)
        // A new message is found at once.
        try store.apply([.message(said("26", "Слово 26", at: 26))])
        #expect(try store.found(query).map(\.message.id) == ["26"])
        // The newest of the old ones are indexed first.
        #expect(try store.indexMore(limit: 10))
        let ids = (1...26).reversed().map { MessageID("\($0)") }
        #expect(try store.found(query).map(\.message.id) == Array(ids.prefix(11)))
        #expect(try store.find(query, before: nil, limit: 9).unindexed == 15)
        store.close()
        // Another window continues.
        store = try folder.store()
        #expect(try store.indexMore(limit: 10))
        #expect(try !store.indexMore(limit: 10))
        #expect(try !store.indexMore(limit: 10))
        #expect(try store.found(query).map(\.message.id) == ids)
    }

    /// A command that only reads finds what the index lacks, too, also in a database without an index. It writes nothing.
    @Test func aReaderFindsWhatIsNotIndexed() throws {
        let folder = try TemporaryFolder()
        let query = try #require(WordQuery("слово"))
        func found() throws -> [MessageID] {
            let history = try LocalHistory(folder: folder.data, server: server, user: alice)
            let ids = try history.find(query).map(\.message.id)
            #expect(try history.find(query, limit: 11).map(\.message.id) == Array(ids.prefix(11)))
            return ids
        }
        let ids = (1...26).reversed().map { MessageID("\($0)") }
        do {
            let store = try folder.store()
            try store.apply((1...26).map { .message(said("\($0)", "слово \($0)", at: Int64($0))) })
            #expect(try found() == ids)
            try makeOld(store)
        }
        let names = try folder.names()
        #expect(try found() == ids)
        #expect(try folder.names() == names)
        let store = try folder.store()
        #expect(try found() == ids)
        #expect(try store.indexMore(limit: 10))
        #expect(try found() == ids)
        store.close()
    }

    @Test func aTimeCorrectedBeforeIndexingIsIndexedOnce() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try folder.store()
            try store.apply([.message(said("1", "слово", at: 0))])
            try makeOld(store)
        }
        let store = try folder.store()
        try store.apply([.page([said("1", "слово", at: 5)], peer: bob, hasOlder: true)])
        while try store.indexMore(limit: 1) {}
        #expect(try store.found(#require(WordQuery("слово"))).map(\.message.id) == ["1"])
    }

    // MARK: - Time

    /// Prints the figures if `MEASURE_FIND` gives a number of messages.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["MEASURE_FIND"] != nil))
    func measure() throws {
        let count = try #require(ProcessInfo.processInfo.environment["MEASURE_FIND"].flatMap { Int($0) })
        let folder = try TemporaryFolder()
        let store = try folder.store()
        var texts = RandomTexts(seed: 1)
        let clock = ContinuousClock()
        let filling = try clock.measure {
            for start in stride(from: 0, to: count, by: 5000) {
                try store.apply(
                    (start..<min(count, start + 5000)).map { number in
                        .message(
                            said(
                                "\(number)", texts.text(words: 9), with: texts.peer(), at: Int64(90 * number),
                                cursor: number + 1))
                    })
            }
        }
        print("filled", count, filling)
        let single = try clock.measure {
            for number in 0..<500 {
                try store.apply([
                    .message(
                        said(
                            "s\(number)", texts.text(words: 9), at: Int64(90 * count + number),
                            cursor: count + number + 1))
                ])
            }
        }
        print("single", single / 500)
        let words = [0, 1, 20, 30, 60, 100, 1000, 50_000].map(RandomTexts.word)
        let pairs = ["\(words[4]) \(words[5])", "\(words[3]) \(words[7])", "о е а", "щщщщ", "о щщщщ"]
        for text in ["о", "ое", "оеа", "оеан"] + words + pairs {
            guard let query = WordQuery(text) else { continue }
            var page = FoundPage()
            let time = try clock.measure { page = try store.find(query, before: nil, limit: 50) }
            print(text, page.messages.count, time)
        }
        try store.queue.read { database in
            for row in try Row.fetchAll(
                database, sql: "SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC LIMIT 12")
            {
                print(row)
            }
        }
        try makeOld(store)
        let old = try folder.store()
        var worst = Duration.zero
        let indexing = try clock.measure {
            var isMore = true
            while isMore {
                let part = try clock.measure { isMore = try old.indexMore(limit: 300) }
                worst = max(worst, part)
            }
        }
        print("indexed in", indexing, "longest part", worst)
    }
}

/// A message with its text and its time in seconds after noon.
private func said(
    _ id: MessageID, _ text: String, with peer: UserID = bob, isOwn: Bool = false, at second: Int64,
    cursor: Int? = nil, product: Product? = nil
) -> StoredMessage {
    var stored = message(
        id, from: isOwn ? alice : peer, to: isOwn ? peer : alice, at: second, cursor: cursor, product: product)
    stored.message.text = UntrustedText(text)
    return stored
}

extension ConversationStore {
    /// All that is found, read in pages of different sizes.
    fileprivate func found(_ query: WordQuery) throws -> [FoundMessage] {
        var (all, place, limit) = ([FoundMessage](), Int64?.none, 1)
        repeat {
            let page = try find(query, before: place, limit: limit)
            all += page.messages
            (place, limit) = (page.next, limit + 1)
        } while place != nil
        return all
    }
}

private struct RandomTexts {
    private var random: SplitMix64
    private static let stems = [
        "диван", "стол", "Ёлка", "елк", "продам", "куплю", "Anna", "дом", "до", "д", "№", "🙂", "北京",
    ]
    private static let endings = ["", "ы", "а", "ов", "ами", "!", ", ", "\n", "s", "12"]

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func peer() -> UserID { below(2) == 0 ? bob : carol }

    private mutating func word() -> String {
        Self.stems[below(Self.stems.count)] + Self.endings[below(Self.endings.count)]
    }

    mutating func text() -> String { (0...below(6)).map { _ in word() }.joined(separator: " ") }

    /// Words as frequent as those of a language: the n-th is n times less frequent than the first.
    mutating func text(words: Int) -> String {
        (0..<words).map { _ in
            let rank = Int(exp(Double.random(in: 0..<log(200_000), using: &random))) - 1
            return Self.word(rank)
        }.joined(separator: " ")
    }

    /// Letters that look random, the same for each rank.
    static func word(_ rank: Int) -> String {
        var letters = SplitMix64(seed: UInt64(rank))
        let alphabet = Array("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъ")
        let length = 1 + min(rank / 4, 2 + Int(letters.next() % 9))
        return String((0..<length).map { _ in alphabet[Int(letters.next() % 32 * (letters.next() % 32) / 32)] })
    }

    mutating func query() -> String {
        let words = (0...below(2)).map { _ in String(word().prefix(1 + below(6))) }
        let text = words.joined(separator: " ")
        return WordQuery(text) == nil ? "диван" : text
    }
}
