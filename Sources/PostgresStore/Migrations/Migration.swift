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
    /// - Returns: statements that run in one transaction.
    let statements: @Sendable (Layout) -> [String]

    static let all: [Migration] = [
        Migration(version: 1) { layout in
            [roles, layout.userIDs, tables, rowSecurity, layout.strangers, place, append, insertTrigger]
                + [reading, receipts, people, incarnation, functionRights, earlierMessages]
        }
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
