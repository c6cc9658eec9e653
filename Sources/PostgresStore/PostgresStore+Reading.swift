#if Cluster

import ChatServer
import ChatWire

extension PostgresStore {
    public func conversation(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int
    ) async throws(StoreError) -> HistoryPage {
        // An id that is no UUID names no message. The nil UUID does neither.
        let before = before.map { $0.uuid ?? "00000000-0000-0000-0000-000000000000" }
        let limit = min(max(0, limit), .max - 1)
        let page = Query(
            name: "conversation",
            sql: """
                SELECT message_id, sender_id, receiver_id, cursor, \(Timestamp.microseconds("created_at")),
                  client_message_id, product_id, product_title, message_text, is_read, sender_name, avatar_url
                FROM chat.conversation($1, $2, $3, $4)
                """, values: [user.wire, peer.wire, before, String(limit + 1)])
        let answers = try await read(as: user, [page, marksQuery(of: user, with: peer)])
        let rows = answers[0]
        var entries: [HistoryPage.Entry] = []
        for row in (0..<min(rows.count, limit)).reversed() { entries.append(try entry(row, rows)) }
        let marks = marks(of: user, with: peer, answers[1])
        return HistoryPage(messages: entries, hasMore: rows.count > limit, marks: [marks.own, marks.peer])
    }

    private func entry(_ row: Int, _ rows: Rows) throws(StoreError) -> HistoryPage.Entry {
        guard let id = rows.messageID(row, 0), let sender = rows.user(row, 1), let receiver = rows.user(row, 2),
            let time = rows.time(row, 4), let text = rows.untrusted(row, 8)
        else { throw .failed(PostgresError.malformed.message) }
        return HistoryPage.Entry(
            message: Message(id: id, sender: sender, receiver: receiver, text: text, createdAt: time),
            productID: rows.text(row, 6), productTitle: rows.untrusted(row, 7), isRead: rows.bool(row, 9),
            updatedAt: time,
            sender: HistoryPage.Profile(name: rows.untrusted(row, 10), avatarURL: rows.text(row, 11)),
            cursor: rows.int(row, 3), clientMessageID: rows.text(row, 5).map { ClientMessageID($0) })
    }

    public func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage] {
        let rows = try await read(
            as: user,
            Query(
                name: "feed",
                sql: """
                    SELECT message_id, sender_id, receiver_id, sender_cursor, receiver_cursor,
                      \(Timestamp.microseconds("created_at")), client_message_id, product_id, product_title,
                      message_text
                    FROM chat.feed($1, $2, $3)
                    """, values: [user.wire, String(max(0, cursor)), String(max(0, limit))]))
        let missing = (0..<rows.count).filter { rows.text($0, 9) == nil }.compactMap { rows.text($0, 0) }
        if !missing.isEmpty {
            // The client connects again, and is told to load its messages anew.
            _ = try await repeatable(
                Query(name: "forget missing", sql: "SELECT chat.forget_missing($1)", values: [arrayText(missing)]))
            throw .failed("\(missing.count) messages are gone from the table without a word")
        }
        var messages: [StoredMessage] = []
        for row in 0..<rows.count {
            guard let id = rows.messageID(row, 0), let sender = rows.user(row, 1), let receiver = rows.user(row, 2),
                let senderCursor = rows.int(row, 3), let receiverCursor = rows.int(row, 4),
                let time = rows.time(row, 5), let text = rows.untrusted(row, 9)
            else { throw .failed(PostgresError.malformed.message) }
            messages.append(
                StoredMessage(
                    message: Message(id: id, sender: sender, receiver: receiver, text: text, createdAt: time),
                    clientMessageID: rows.text(row, 6).map { ClientMessageID($0) },
                    product: rows.product(row, id: 7, title: 8), senderCursor: senderCursor,
                    receiverCursor: receiverCursor > 0 ? receiverCursor : nil))
        }
        return messages
    }

    public func lastCursor(of user: UserID) async throws(StoreError) -> Int {
        try await account(of: user, resume: nil).cursor
    }

    public func lastCursors(of users: [UserID]) async throws(StoreError) -> [UserID: Int] {
        if users.isEmpty { return [:] }
        let rows = try await repeatable(.lastCursors(of: known(users)))
        var cursors: [UserID: Int] = [:]
        for row in 0..<rows.count {
            if let user = rows.user(row, 0) { cursors[user] = rows.int(row, 1) }
        }
        return cursors
    }

    public func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry] {
        let rows = try await read(
            as: user,
            Query(
                name: "conversations",
                sql: """
                    SELECT peer_id, peer_name, product_id, product_title, message_id, sender_id, receiver_id, cursor,
                      message_text, \(Timestamp.microseconds("created_at")), unread, is_blocked
                    FROM chat.conversations($1, $2)
                    """, values: [user.wire, String(max(0, limit))]))
        var entries: [ConversationList.Entry] = []
        for row in 0..<rows.count {
            guard let peer = rows.user(row, 0), let id = rows.messageID(row, 4), let sender = rows.user(row, 5),
                let receiver = rows.user(row, 6), let text = rows.untrusted(row, 8), let time = rows.time(row, 9)
            else { throw .failed(PostgresError.malformed.message) }
            var message = Message(id: id, sender: sender, receiver: receiver, text: text, createdAt: time)
            message.cursor = rows.int(row, 7)
            entries.append(
                ConversationList.Entry(
                    peer: peer, peerName: rows.untrusted(row, 1), product: rows.product(row, id: 2, title: 3),
                    lastMessage: message, unread: rows.int(row, 10) ?? 0, isBlocked: rows.bool(row, 11)))
        }
        return entries
    }

    public func account(of user: UserID, resume: FeedPosition?) async throws(StoreError) -> Account {
        let rows = try await read(
            as: user,
            Query(
                name: "account",
                sql: """
                    SELECT is_banned, cursor, last_message, name, message_at_resume, feed_start
                    FROM chat.account($1, $2)
                    """,
                values: [user.wire, resume.map { String($0.cursor) }]))
        return Account(
            isBanned: rows.bool(0, 0), epoch: epoch, cursor: rows.int(0, 1) ?? 0, lastMessage: rows.messageID(0, 2),
            name: rows.untrusted(0, 3), messageAtResume: rows.messageID(0, 4), feedStart: rows.int(0, 5) ?? 0)
    }
}

#endif
