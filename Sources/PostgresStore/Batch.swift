#if Cluster

import ChatServer
import ChatWire

/// Drafts with the ids that they get if they are stored, and what became of each. Sent again, they are found under these
/// ids.
struct Batch: Sendable {
    private var entries: [Entry]
    /// The reason of what is not stored now although others were tried.
    private var lastFailure: PostgresError?

    private struct Entry: Sendable {
        let draft: MessageDraft
        let id: MessageID
        /// Nil until it is known.
        var outcome: AppendOutcome?
        /// Whether an earlier call may have stored it.
        var mayBeStored = false
    }

    /// - Parameter drafts: Their users are such as the database can have, and their texts as well.
    init(_ drafts: [MessageDraft]) {
        entries = drafts.map { Entry(draft: $0, id: .make(at: $0.createdAt)) }
    }

    /// Whether an earlier call may have stored a draft of which nothing else is known.
    var isInDoubt: Bool { entries.contains { $0.outcome == nil && $0.mayBeStored } }

    /// What became of the drafts, in order.
    ///
    /// - Parameter failure: The reason why the last call did not settle all of them.
    func outcomes(after failure: PostgresError?) -> [AppendOutcome] {
        entries.map { entry in
            if let outcome = entry.outcome { return outcome }
            let error = StoreError(failure ?? lastFailure ?? .malformed)
            return entry.mayBeStored ? .unknown(error) : .notStored(error)
        }
    }

    /// Stores the drafts of which nothing is known. If one of them cannot be stored, the others are.
    ///
    /// - Throws: if this is the end for now: some are not stored, or nobody knows whether they are. What was found out
    ///   before is kept.
    mutating func append(on connection: DatabaseConnection) throws(PostgresError) {
        let open = entries.indices.filter { entries[$0].outcome == nil }
        var failures = LoneFailures()
        if !open.isEmpty { try append(open[...], &failures, on: connection) }
        if let failure = failures.last { lastFailure = failure }
    }

    /// Looks for a draft that cannot be stored, in as few transactions as possible.
    private mutating func append(
        _ places: ArraySlice<Int>, _ failures: inout LoneFailures, on connection: DatabaseConnection
    ) throws(PostgresError) {
        do throws(PostgresError) {
            try appendTogether(places, on: connection)
        } catch {
            guard error.mayConcernOneMessage else { throw error }
            if places.count == 1 {
                // What an earlier call may have stored cannot be refused any more: the next call finds it, or tries again.
                if error.outcome == .never, !entries[places.startIndex].mayBeStored {
                    return settle(places, as: .refused(.keptOut))
                }
                // The next ones tell whether it concerns everybody.
                failures.note(error)
                if failures.count == Self.maxLoneFailures, !entries.contains(where: { $0.outcome?.isStored == true }) {
                    throw error
                }
                return
            }
            let middle = places.startIndex + places.count / 2
            try append(places[..<middle], &failures, on: connection)
            try append(places[middle...], &failures, on: connection)
        }
    }

    /// So many drafts are tried alone before nothing more is tried, as long as none was stored.
    private static let maxLoneFailures = 8

    private mutating func settle(_ places: ArraySlice<Int>, as outcome: AppendOutcome) {
        for place in places { entries[place].outcome = outcome }
    }

    /// Stores drafts in one transaction. It starts again if another node has stored one of them meanwhile, or a sender was
    /// banned.
    private mutating func appendTogether(
        _ places: ArraySlice<Int>, on connection: DatabaseConnection
    ) throws(PostgresError) {
        let query = query(for: places)
        do throws(PostgresError) {
            let rows = try untilUpToDate(attempts: 5) { () throws(PostgresError) in try connection.run([query])[0] }
            guard rows.count == places.count else { throw PostgresError.malformed }
            for (row, place) in places.enumerated() { entries[place].outcome = try outcome(of: place, row, in: rows) }
        } catch {
            if error.outcome == .unknown {
                for place in places where entries[place].outcome == nil { entries[place].mayBeStored = true }
            }
            throw error
        }
    }

    private func query(for places: ArraySlice<Int>) -> Query {
        let drafts = places.map { entries[$0].draft }
        return Query(
            name: "append",
            sql: """
                SELECT outcome, id, \(Timestamp.microseconds("created_at")), sender_cursor, receiver_cursor,
                  product_id, product_title
                FROM chat.append($1, $2, $3, $4, $5, $6, $7,
                  ARRAY(SELECT \(Timestamp.sql("time")) FROM unnest($8::bigint[]) WITH ORDINALITY AS d (time, n)
                    ORDER BY n), $9)
                """,
            values: [
                arrayText(places.map { entries[$0].id.wire }), arrayText(drafts.map(\.sender.wire)),
                arrayText(drafts.map(\.receiver.wire)),
                arrayText(drafts.map(\.text.wire)), arrayText(drafts.map(\.clientMessageID?.wire)),
                arrayText(drafts.map(\.product?.id)), arrayText(drafts.map(\.product?.title?.wire)),
                arrayText(drafts.map { String($0.createdAt.microseconds) }),
                arrayText(drafts.map { $0.retryAfterMs == nil ? "t" : "f" }),
            ])
    }

    private func outcome(of place: Int, _ row: Int, in rows: Rows) throws(PostgresError) -> AppendOutcome {
        let draft = entries[place].draft
        switch rows.text(row, 0) {
        case "s": return .stored(try message(draft, row, in: rows))
        case "d":
            let earlier = try message(draft, row, in: rows)
            // The batch was sent before, and its first try was stored.
            return earlier.message.id == entries[place].id ? .stored(earlier) : .duplicate(earlier)
        case "b": return .banned
        case "r": return draft.refusal ?? .conflict
        case "u": return .refused(.noSuchUser)
        default: return .conflict
        }
    }

    /// A repeat has the same sender, receiver, text and client's id, so these are the draft's.
    private func message(_ draft: MessageDraft, _ row: Int, in rows: Rows) throws(PostgresError) -> StoredMessage {
        guard let id = rows.messageID(row, 1), let time = rows.time(row, 2), let sender = rows.int(row, 3),
            let receiver = rows.int(row, 4)
        else { throw .malformed }
        return StoredMessage(
            message: Message(
                id: id, sender: draft.sender, receiver: draft.receiver, text: draft.text, createdAt: time),
            clientMessageID: draft.clientMessageID, product: rows.product(row, id: 5, title: 6),
            senderCursor: sender,
            receiverCursor: receiver > 0 ? receiver : nil)
    }
}

/// The failures of drafts that were tried alone, and that may concern everybody.
private struct LoneFailures {
    private(set) var last: PostgresError?
    private(set) var count = 0

    mutating func note(_ error: PostgresError) {
        last = error
        count += 1
    }
}

extension AppendOutcome {
    fileprivate var isStored: Bool {
        switch self {
        case .stored, .duplicate: true
        case .conflict, .refused, .banned, .rateLimited, .notStored, .unknown: false
        }
    }
}

#endif
