import ChatClient
import ChatWire
import Foundation
import GRDB
import HostSystem

// What a shell offers for the value of a flag.

extension LocalHistory {
    /// The other people of the stored conversations, those with the newest messages first.
    public func peers(limit: Int) throws(StoreFailure) -> [UserID] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT peer_id FROM conversations ORDER BY (
                        SELECT max(order_at) FROM messages WHERE conversation = conversations.id
                    ) DESC LIMIT ?
                    """, arguments: [max(0, limit)]
            ).compactMap { UserID(try $0.text("peer_id")) }
        }
    }

    /// The ids of the products that messages named, the one that was named last first.
    public func productIDs(limit: Int) throws(StoreFailure) -> [String] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT product_id FROM products WHERE product_id IS NOT NULL
                    GROUP BY product_id ORDER BY max(named_at) DESC LIMIT ?
                    """, arguments: [max(0, limit)]
            ).map { try $0.text("product_id") }
        }
    }

    /// The users that have a history in the folder, of whatever server. Files that cannot be read are left out.
    public static func users(in folder: String) -> Set<UserID> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0.hasPrefix("history-") && $0.hasSuffix(".sqlite") && !$0.contains(".broken-") }
        return Set(files.compactMap { try? user(ofFile: folder + "/" + $0) })
    }

    private static func user(ofFile path: String) throws -> UserID? {
        guard try OwnFile.check(path) else { return nil }
        let queue = try open(path, isUnused: !isInUse(path))
        guard try queue.read(Schema.owner) == .thisProgram else { return nil }
        return try queue.read { database in
            try Row.fetchOne(database, sql: "SELECT user_id FROM account").flatMap { UserID(try $0.text("user_id")) }
        }
    }
}
