#if Cluster

import ChatServer
import ChatWire

extension PostgresStore {
    public func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile {
        let rows = try await repeatable(
            Query(name: "profile", sql: "SELECT name, avatar_url FROM chat.profile($1)", values: [user.wire]))
        return HistoryPage.Profile(name: rows.untrusted(0, 0), avatarURL: rows.text(0, 1))
    }

    public func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError) {
        _ = try await repeatable(
            Query(name: "set name", sql: "SELECT chat.set_name($1, $2)", values: [user.wire, name.wire]))
    }

    // MARK: - Bans

    @discardableResult
    public func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) async throws(StoreError) -> Bool {
        try await run(
            Query(
                name: "set banned", sql: "SELECT chat.set_banned($1, $2, \(Timestamp.sql("$3")))",
                values: [isBanned ? "t" : "f", user.wire, String(time.microseconds)])
        ).bool(0, 0)
    }

    public func isBanned(_ user: UserID) async throws(StoreError) -> Bool {
        try await bannedUsers(among: [user]).contains(user)
    }

    public func bannedUsers() async throws(StoreError) -> Set<UserID> {
        try await bannedUsers(among: nil)
    }

    private func bannedUsers(among users: [UserID]?) async throws(StoreError) -> Set<UserID> {
        let rows = try await repeatable(.banned(among: users.map(known)))
        return Set((0..<rows.count).compactMap { rows.user($0, 0) })
    }

    // MARK: - Blocks

    public func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?, atMost: Int
    ) async throws(StoreError) -> BlockOutcome {
        let rows = try await run(
            Query(
                name: "set blocked",
                sql: """
                    SELECT outcome, message_id, \(Timestamp.microseconds("created_at")), receiver_cursor, product_id,
                      product_title, message_text
                    FROM chat.set_blocked($1, $2, $3, \(Timestamp.sql("$4")), $5, $6)
                    """,
                values: [
                    isBlocked ? "t" : "f", user.wire, other.wire, String(time.microseconds),
                    limit.map { String($0) },
                    String(max(1, atMost)),
                ]))
        switch rows.text(0, 0) {
        case "b": return .begun
        case "e": return .ended(delivered: delivered(rows, from: other, to: user))
        case "p": return .partial
        case "t": return .tooMany
        case "x": return .banned
        default: return .unchanged
        }
    }

    /// The newest of the messages that came late.
    private func delivered(_ rows: Rows, from sender: UserID, to receiver: UserID) -> StoredMessage? {
        guard let id = rows.messageID(0, 1), let time = rows.time(0, 2), let cursor = rows.int(0, 3),
            let text = rows.untrusted(0, 6)
        else { return nil }
        return StoredMessage(
            message: Message(id: id, sender: sender, receiver: receiver, text: text, createdAt: time),
            product: rows.product(0, id: 4, title: 5), senderCursor: 0, receiverCursor: cursor)
    }

    private struct Block {
        var user: UserID
        var blocked: UserID
        var time: Timestamp?
    }

    private func blocks(between user: UserID, and others: [UserID]) async throws(StoreError) -> [Block] {
        let others = known(others)
        let rows = try await repeatable(
            Query(
                name: "blocks between",
                sql: """
                    SELECT user_id, blocked_id, \(Timestamp.microseconds("blocked_at"))
                    FROM chat.blocks_between($1, $2)
                    """, values: [user.wire, arrayText(others.map(\.wire))]))
        return (0..<rows.count).compactMap { row in
            guard let user = rows.user(row, 0), let blocked = rows.user(row, 1) else { return nil }
            return Block(user: user, blocked: blocked, time: rows.time(row, 2))
        }
    }

    public func blockers(of user: UserID, among others: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        let blocks = try await blocks(between: user, and: others)
        let own = Set(blocks.filter { $0.user == user }.map(\.blocked))
        var times: [UserID: Timestamp] = [:]
        for block in blocks where block.blocked == user && !own.contains(block.user) {
            times[block.user] = block.time
        }
        return times
    }

    public func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool {
        try await blocks(between: user, and: [other]).contains { $0.user == user && $0.blocked == other }
    }

    public func blockedEitherWay(with user: UserID, among others: [UserID]) async throws(StoreError) -> Set<UserID> {
        Set(try await blocks(between: user, and: others).map { $0.user == user ? $0.blocked : $0.user })
    }
}

#endif
