import ChatClient
import ChatWire
import GRDB
import TextSearch

/// The index for the search in all conversations, within a transaction.
struct SearchIndex {
    let database: Database

    // MARK: - Writing

    /// Adds a message. Call it once for each `seq`.
    func add(_ seq: Int64, _ text: UntrustedText, at time: Timestamp) throws {
        let insertion = try database.cachedStatement(
            sql: "INSERT INTO search_places (place, message) VALUES (?, ?) ON CONFLICT DO NOTHING")
        for place in Places(of: seq, at: time) {
            try insertion.execute(arguments: [place, seq])
            guard database.changesCount > 0 else { continue }
            return try database.cachedStatement(sql: "INSERT INTO search_words (rowid, words) VALUES (?, ?)")
                .execute(arguments: [place, WordQuery.indexedWords(of: text)])
        }
    }

    /// Moves a message whose time was corrected. Does nothing for one that is not in the index yet.
    func move(_ seq: Int64, _ text: UntrustedText, from old: Timestamp, to new: Timestamp) throws {
        guard try seq > unindexedUpTo, let place = try place(of: seq, at: old) else { return }
        try database.cachedStatement(sql: "DELETE FROM search_places WHERE place = ?").execute(arguments: [place])
        // A table without content has to be told what it forgets.
        try database.cachedStatement(
            sql: "INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', ?, ?)"
        ).execute(arguments: [place, WordQuery.indexedWords(of: text)])
        try add(seq, text, at: new)
    }

    /// Adds the newest messages that are not in the index, at most `limit`.
    /// - Returns: whether there are more.
    func addOlder(limit: Int) throws -> Bool {
        let end = try unindexedUpTo
        guard end > 0 else { return false }
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT seq, message_text, created_at FROM messages WHERE seq <= ? ORDER BY seq DESC LIMIT ?"),
            arguments: [end, limit])
        let messages = try rows.map { row in
            (
                seq: try row.integer("seq"), text: UntrustedText(try row.text("message_text")),
                time: Timestamp(microseconds: try row.integer("created_at"))
            )
        }
        // SQLite collects what is added in ascending order, and writes it at once.
        for message in messages.sorted(by: { $0.time < $1.time }) {
            try add(message.seq, message.text, at: message.time)
        }
        let rest = rows.count < limit ? 0 : try rows.last.map { try $0.integer("seq") - 1 } ?? 0
        try database.cachedStatement(sql: "UPDATE search_state SET unindexed_up_to = ?").execute(arguments: [rest])
        return rest > 0
    }

    var unindexedUpTo: Int64 {
        get throws {
            try Int64.fetchOne(database.cachedStatement(sql: "SELECT unindexed_up_to FROM search_state")) ?? 0
        }
    }

    private func place(of seq: Int64, at time: Timestamp) throws -> Int64? {
        let statement = try database.cachedStatement(sql: "SELECT message FROM search_places WHERE place = ?")
        for place in Places(of: seq, at: time) {
            guard let found = try Int64.fetchOne(statement, arguments: [place]) else { return nil }
            if found == seq { return place }
        }
        return nil
    }

    // MARK: - Searching

    /// The messages that match, newest first, at most `limit` of them.
    ///
    /// SQLite reads all occurrences of a longer beginning before it returns the first. If many messages have it, most
    /// of the newest ones with its first letters match, so those are looked through first.
    /// - Parameter end: Only places before this one are searched; all if it is nil.
    func find(_ query: WordQuery, before end: Int64?, limit: Int, user: UserID) throws -> FoundPage {
        var page = FoundPage(
            unindexed: Int(try unindexedUpTo), incomplete: try Gaps(database: database).conversations)
        let (rough, exact) = (Self.expression(query, letters: Self.indexedLetters), Self.expression(query))
        page.next = end ?? .max
        if rough != exact {
            page.next = try read(rough, query, before: page.next, limit, examining: 300, user, into: &page.messages)
        }
        if let rest = page.next, page.messages.count < limit {
            page.next = try read(exact, query, before: rest, limit, examining: .max, user, into: &page.messages)
        }
        // Within one unit of time, a place does not say which message is the newer one.
        page.messages.sort { $0.message.createdAt > $1.message.createdAt }
        return page
    }

    /// Adds messages that match until there are `limit`, or until so many have been examined.
    /// - Returns: where to continue; nil if there are no more.
    private func read(
        _ expression: String, _ query: WordQuery, before end: Int64?, _ limit: Int, examining most: Int, _ user: UserID,
        into messages: inout [FoundMessage]
    ) throws -> Int64? {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT search_places.place, \(FoundMessage.columns)
                    FROM search_words
                    CROSS JOIN search_places ON search_places.place = search_words.rowid
                    CROSS JOIN messages ON messages.seq = search_places.message
                    CROSS JOIN conversations ON conversations.id = messages.conversation
                    WHERE search_words MATCH ? AND search_words.rowid < ? ORDER BY search_words.rowid DESC
                    """),
            arguments: [expression, end])
        var (last, examined) = (end, 0)
        while let row = try rows.next() {
            if messages.count >= limit || examined == most { return last }
            last = try row.integer("place")
            examined += 1
            guard query.matches(UntrustedText(try row.text("message_text"))) else { continue }
            messages.append(try FoundMessage(row: row, user: user))
        }
        return nil
    }

    /// Beginnings of so many letters have lists of their own (`Schema.v4`).
    private static let indexedLetters = 3

    /// The beginnings in FTS5's language, cut to so many letters. A query of very many words is searched by the first
    /// ones; the texts decide about the rest.
    private static func expression(_ query: WordQuery, letters: Int = .max) -> String {
        query.beginnings.map { words in
            let parts = words.prefix(16).map { beginnings in
                let cut = Set(beginnings.map { String($0.unicodeScalars.prefix(letters)) }).sorted()
                return "(" + cut.map { "\"\($0)\" *" }.joined(separator: " OR ") + ")"
            }
            return "(" + parts.joined(separator: " AND ") + ")"
        }.joined(separator: " OR ")
    }
}

extension FoundMessage {
    /// The columns of a query for messages that were found, from `messages` and `conversations`.
    static let columns = """
        messages.*, peer_id, peer_name, (
            SELECT product_title FROM products
            WHERE products.conversation = messages.conversation AND products.product_id = messages.product_id
        ) AS known_title
        """

    init(row: Row, user: UserID) throws {
        guard let peer = UserID(try row.text("peer_id")) else { throw Row.UnexpectedValue() }
        let stored = try StoredMessage(row: row, user: user, peer: peer)
        let known = try row.product(title: "known_title")
        self.init(
            message: stored.message, peer: peer,
            peerName: try row.optionalText("peer_name").map { UntrustedText($0) },
            product: stored.product.map { Product.completed($0, with: known) ?? $0 })
    }
}

/// The places that a message may take, the best one first. If many messages have the same time, later attempts are
/// spread over a longer time, so that few are needed.
private struct Places: Sequence, IteratorProtocol {
    private let first: Int64
    private var random: SplitMix64
    private var span: Int64 = 0

    init(of seq: Int64, at time: Timestamp) {
        first = time.microseconds >> 16
        random = SplitMix64(seed: UInt64(bitPattern: seq))
    }

    mutating func next() -> Int64? {
        defer { span = span == 0 ? 4 : Swift.min(span * 2, 1 << 40) }
        return span == 0 ? first : first + Int64(random.next() % UInt64(span))
    }
}
