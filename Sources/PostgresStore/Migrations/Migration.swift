#if Cluster

/// A numbered step from one layout of schema `chat` to the next. A released migration is never changed; new ones are
/// appended.
struct Migration {
    /// Which tables a database had before its first migration.
    enum Layout: Sendable {
        /// Tables `users`, `products` and `messages` of a marketplace, whose users have UUIDs.
        case marketplace
        /// None of them. Users have the ids that the server allows.
        case empty
    }

    /// The version of the layout behind this step, from 1.
    let version: Int
    /// Calls that may take minutes. They run before the statements, each in transactions of its own, and may be repeated.
    var preparation: [String] = []
    /// - Returns: statements that run in one transaction. They lock one table of the marketplace's at most, for
    ///   milliseconds.
    let statements: @Sendable (Layout) -> [String]

    static let all: [Migration] = [
        Migration(version: 1) { layout in
            [otherPolicies, roles, layout.userIDs, tables, rowSecurity, layout.strangers, lookUp, place, append]
                + [insertedRows, reading, receipts, deletion, people, incarnation, functionRights]
        },
        Migration(version: 2) { _ in [readingBesideOthers("users")] },
        Migration(version: 3) { _ in [readingBesideOthers("products")] },
        Migration(version: 4) { _ in [collecting] },
        Migration(version: 5, preparation: [placing]) { _ in [takingOver, messageRights] },
        Migration(version: 6) { _ in [markingByPosition, rightsOfReceivers] },
        Migration(version: 7, preparation: indexesByKnower) { _ in
            [conversationsByKnower, lookUpByKnower, markReadByKnower, markingInPieces, withholding]
        },
        Migration(version: 8) { _ in [rightsByWithholding] },
    ]

    /// Settings of functions that look rows up for the elements of arrays.
    ///
    /// Their plans are generic, because planning them again costs more than running them. A plan that was made while a
    /// table was empty stays in its session until the table is analysed, and on an empty table every plan looks cheap. So
    /// the planner may not read a whole table or index to find some rows: it looks them up one after the other, which is
    /// right for full tables.
    static let lookUps = planning.map { "SET \($0.name) = \($0.value)" }.joined(separator: " ")

    /// The same for the statements of a session. Compiling a plan would take longer than it saves.
    static let sessionPlanning = (planning + [("jit", "off")]).map { "SET \($0.name) = \($0.value)" }.joined(
        separator: "; ")

    private static let planning: [(name: String, value: String)] = [
        ("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("enable_bitmapscan", "off"),
        ("enable_hashjoin", "off"), ("enable_mergejoin", "off"), ("enable_material", "off"),
    ]

    /// The version that this program needs.
    static var latest: Int { all.count }
}

extension Migration.Layout {
    fileprivate var userIDs: String {
        switch self {
        case .marketplace: Migration.userIDsOfMarketplace
        case .empty: Migration.userIDsAndTables
        }
    }

    fileprivate var strangers: String {
        switch self {
        case .marketplace: Migration.strangersOfMarketplace
        case .empty: Migration.noStrangers
        }
    }
}

#endif
