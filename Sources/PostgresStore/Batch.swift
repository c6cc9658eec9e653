#if Cluster

import ChatServer
import ChatWire

/// Drafts with the ids that they get if they are stored. Sent again, they are found under these ids.
struct Batch: Sendable {
    private let drafts: [MessageDraft]
    private let ids: [MessageID]
    private let query: Query

    /// - Parameter drafts: Their users are such as the database can have.
    init(_ drafts: [MessageDraft]) {
        self.init(drafts, ids: drafts.map { .make(at: $0.createdAt) })
    }

    private init(_ drafts: [MessageDraft], ids: [MessageID]) {
        self.drafts = drafts
        self.ids = ids
        query = Query(
            name: "append",
            sql: """
                SELECT outcome, id, \(Timestamp.microseconds("created_at")), sender_cursor, receiver_cursor,
                  product_id, product_title
                FROM chat.append($1, $2, $3, $4, $5, $6, $7,
                  ARRAY(SELECT \(Timestamp.sql("time")) FROM unnest($8::bigint[]) WITH ORDINALITY AS d (time, n)
                    ORDER BY n), $9)
                """,
            values: [
                arrayText(ids.map(\.wire)), arrayText(drafts.map(\.sender.wire)),
                arrayText(drafts.map(\.receiver.wire)),
                arrayText(drafts.map(\.text.wire)), arrayText(drafts.map(\.clientMessageID?.wire)),
                arrayText(drafts.map(\.product?.id)), arrayText(drafts.map(\.product?.title?.wire)),
                arrayText(drafts.map { String($0.createdAt.microseconds) }),
                arrayText(drafts.map { $0.retryAfterMs == nil ? "t" : "f" }),
            ])
    }

    /// Stores the drafts. If one of them can never be stored, the others are.
    ///
    /// - Throws: if the drafts are not stored, or nobody knows whether they are.
    func append(on connection: DatabaseConnection) throws(PostgresError) -> [AppendOutcome] {
        do throws(PostgresError) {
            return try appendUpToDate(on: connection)
        } catch {
            guard error.outcome == .never, drafts.count > 1 else { throw error }
            return try appendHalves(on: connection)
        }
    }

    /// Looks for a draft that can never be stored, in as few transactions as possible, and refuses it.
    private func appendHalves(on connection: DatabaseConnection) throws(PostgresError) -> [AppendOutcome] {
        var outcomes: [AppendOutcome] = []
        let middle = drafts.count / 2
        for half in [0..<middle, middle..<drafts.count] {
            let batch = Batch(Array(drafts[half]), ids: Array(ids[half]))
            do throws(PostgresError) {
                outcomes += try batch.append(on: connection)
            } catch {
                guard error.outcome == .never else { throw error }
                outcomes.append(.refused)
            }
        }
        return outcomes
    }

    /// Starts again if another node has stored one of the drafts meanwhile, or a sender was banned.
    private func appendUpToDate(on connection: DatabaseConnection) throws(PostgresError) -> [AppendOutcome] {
        try untilUpToDate(attempts: 5) { () throws(PostgresError) in try appendTogether(on: connection) }
    }

    private func appendTogether(on connection: DatabaseConnection) throws(PostgresError) -> [AppendOutcome] {
        let rows = try connection.run([query])[0]
        var outcomes: [AppendOutcome] = []
        outcomes.reserveCapacity(drafts.count)
        for row in 0..<rows.count { outcomes.append(try outcome(of: row, in: rows)) }
        guard outcomes.count == drafts.count else { throw .malformed }
        return outcomes
    }

    private func outcome(of row: Int, in rows: Rows) throws(PostgresError) -> AppendOutcome {
        let draft = drafts[row]
        switch rows.text(row, 0) {
        case "s": return .stored(try message(of: row, in: rows))
        case "d":
            let earlier = try message(of: row, in: rows)
            // The batch was sent before, and its first try was stored.
            return earlier.message.id == ids[row] ? .stored(earlier) : .duplicate(earlier)
        case "b": return .banned
        case "r": return draft.refusal ?? .conflict
        case "u": return .refused
        default: return .conflict
        }
    }

    /// A repeat has the same sender, receiver, text and client's id, so these are the draft's.
    private func message(of row: Int, in rows: Rows) throws(PostgresError) -> StoredMessage {
        guard let id = rows.messageID(row, 1), let time = rows.time(row, 2), let sender = rows.int(row, 3),
            let receiver = rows.int(row, 4)
        else { throw .malformed }
        let draft = drafts[row]
        return StoredMessage(
            message: Message(
                id: id, sender: draft.sender, receiver: draft.receiver, text: draft.text, createdAt: time),
            clientMessageID: draft.clientMessageID, product: rows.product(row, id: 5, title: 6),
            senderCursor: sender,
            receiverCursor: receiver > 0 ? receiver : nil)
    }
}

#endif
