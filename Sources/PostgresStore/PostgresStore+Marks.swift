#if Cluster

import ChatServer
import ChatWire

extension PostgresStore {
    public func acknowledge(
        _ acknowledgements: [Acknowledgement], atMost: Int
    ) async throws(StoreError) -> [Coverage] {
        // The function names each user once. Later acknowledgements of the same user have calls of their own.
        var rounds: [[Int]] = []
        var seen: [UserID: Int] = [:]
        for (index, acknowledgement) in acknowledgements.enumerated() where userIDs.allows(acknowledgement.user) {
            let round = seen[acknowledgement.user, default: 0]
            seen[acknowledgement.user] = round + 1
            if round == rounds.count { rounds.append([]) }
            rounds[round].append(index)
        }
        let queries = rounds.map { round in
            Query(
                name: "acknowledge", sql: "SELECT user_id, sender_id, message_id FROM chat.acknowledge($1, $2, $3)",
                values: [
                    arrayText(round.map { acknowledgements[$0].user.wire }),
                    arrayText(round.map { String(max(0, acknowledgements[$0].cursor)) }), String(max(0, atMost)),
                ])
        }
        var coverages = [Coverage](repeating: Coverage(), count: acknowledgements.count)
        for (round, rows) in zip(rounds, try await run(queries)) {
            var indices: [UserID: Int] = [:]
            for index in round { indices[acknowledgements[index].user] = index }
            for row in 0..<rows.count {
                guard let user = rows.user(row, 0), let index = indices[user] else { continue }
                if let sender = rows.user(row, 1), let id = rows.messageID(row, 2) {
                    coverages[index].marks.append(DeliveredMark(sender: sender, messageID: id))
                } else {
                    coverages[index].isPartial = true
                }
            }
        }
        return coverages
    }

    public func markRead(_ marks: [ReadMark], atMost: Int) async throws(StoreError) -> [ReadOutcome] {
        let places = marks.indices.filter { userIDs.allows(marks[$0].user) && userIDs.allows(marks[$0].peer) }
        var outcomes = [ReadOutcome](repeating: .unknown, count: marks.count)
        if places.isEmpty { return outcomes }
        let sound = places.map { marks[$0] }
        let rows = try await run(
            Query(
                name: "mark read", sql: "SELECT outcome, newest FROM chat.mark_read($1, $2, $3, $4)",
                values: [
                    arrayText(sound.map(\.user.wire)), arrayText(sound.map(\.peer.wire)),
                    arrayText(sound.map(\.messageID.uuid)), String(max(1, atMost)),
                ]))
        for (row, place) in places.enumerated() where row < rows.count {
            switch rows.text(row, 0) {
            case "s": outcomes[place] = .set(newest: rows.messageID(row, 1))
            case "p": outcomes[place] = .partial
            case "u": outcomes[place] = .unchanged
            default: break
            }
        }
        return outcomes
    }

    public func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage {
        let limit = max(0, limit)
        let rows = try await read(
            as: user,
            Query(
                name: "marks",
                sql: """
                    SELECT peer_id, seq, \(Timestamp.microseconds("created_at")), delivered_id, read_id,
                      peer_delivered_id, peer_read_id
                    FROM chat.marks($1, $2, $3, $4)
                    """,
                values: [user.wire, range.after.map { String($0) }, range.before.map { String($0) }, String(limit)])
        )
        var page = MarksPage(marks: [], newest: nil, oldest: nil, hasMore: false)
        for row in 0..<rows.count {
            guard let peer = rows.user(row, 0), let seq = rows.int(row, 1), let time = rows.time(row, 2) else {
                continue
            }
            page.newest = page.newest ?? seq
            page.oldest = seq
            if time >= since {
                page.marks.append(
                    ConversationMarks(
                        own: ConversationMark(
                            user: user, delivered: rows.messageID(row, 3), read: rows.messageID(row, 4)),
                        peer: ConversationMark(
                            user: peer, delivered: rows.messageID(row, peer == user ? 3 : 5),
                            read: rows.messageID(row, peer == user ? 4 : 6))))
            }
        }
        page.hasMore = rows.count == limit && !page.marks.isEmpty
        return page
    }

    public func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp? {
        let rows = try await read(
            as: user,
            Query(
                name: "last time",
                sql: "SELECT \(Timestamp.microseconds("created_at")) FROM chat.conversation($1, $2, NULL, 1)",
                values: [user.wire, peer.wire]))
        return rows.count > 0 ? rows.time(0, 0) : nil
    }

    public func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks {
        marks(of: user, with: peer, try await read(as: user, marksQuery(of: user, with: peer)))
    }

    func marksQuery(of user: UserID, with peer: UserID) -> Query {
        Query(
            name: "marks of two",
            sql: """
                SELECT user_id, delivered_id, read_id FROM chat.peers
                WHERE user_id = $1::chat.user_id AND peer_id = $2::chat.user_id
                  OR user_id = $2::chat.user_id AND peer_id = $1::chat.user_id
                """, values: [user.wire, peer.wire])
    }

    func marks(of user: UserID, with peer: UserID, _ rows: Rows) -> ConversationMarks {
        var marks = ConversationMarks(own: ConversationMark(user: user), peer: ConversationMark(user: peer))
        for row in 0..<rows.count {
            guard let owner = rows.user(row, 0) else { continue }
            let mark = ConversationMark(
                user: owner, delivered: rows.messageID(row, 1), read: rows.messageID(row, 2))
            if owner == user { marks.own = mark }
            if owner == peer { marks.peer = mark }
        }
        return marks
    }

    public func setLastSeen(_ times: [UserID: Timestamp]) async throws(StoreError) {
        let times = times.filter { userIDs.allows($0.key) }
        if times.isEmpty { return }
        // Two servers lock the rows in the same order, so that neither waits for the other.
        _ = try await repeatable(
            Query(
                name: "set last seen",
                sql: """
                    SELECT chat.set_last_seen(d.who, \(Timestamp.sql("d.at")))
                    FROM (SELECT * FROM unnest($1::chat.user_id[], $2::bigint[]) AS t (who, at) ORDER BY who) AS d
                    """,
                values: [
                    arrayText(times.keys.map(\.wire)), arrayText(times.values.map { String($0.microseconds) }),
                ]))
    }

    public func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        let rows = try await repeatable(
            Query(
                name: "last seen",
                sql: "SELECT user_id, \(Timestamp.microseconds("seen_at")) FROM chat.last_seen($1)",
                values: [arrayText(known(users).map(\.wire))]))
        var times: [UserID: Timestamp] = [:]
        for row in 0..<rows.count {
            if let user = rows.user(row, 0) { times[user] = rows.time(row, 1) }
        }
        return times
    }
}

#endif
