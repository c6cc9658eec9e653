import ChatServer
import GRDB

/// The statements that store a batch of messages. Each is looked up once per batch, not once per message.
struct AppendStatements {
    let settledKeys: SettledIdempotencyKeys
    let findHead: HotStatement
    let findSharedPlace: HotStatement
    let findOwnPlace: HotStatement
    let findBlock: HotStatement
    let findBlocks: HotStatement
    let findBan: HotStatement
    let insertMessage: HotStatement

    init(_ database: Database, _ ids: MessageIDCipher) throws {
        let arena = TextArena()
        settledKeys = try SettledIdempotencyKeys(database, ids: ids, in: arena)
        findHead = try HotStatement(database, FeedHead.find, in: arena)
        findSharedPlace = try HotStatement(database, Self.findPlace("shared_seq"), in: arena)
        findOwnPlace = try HotStatement(database, Self.findPlace("own_seq"), in: arena)
        findBlock = try HotStatement(database, Block.find, in: arena)
        findBlocks = try HotStatement(database, "SELECT 1 FROM block_counts WHERE user_id = ?", in: arena)
        findBan = try HotStatement(database, Ban.find, in: arena)
        insertMessage = try HotStatement(database, insertingInto: "messages", NewMessageRow.self, in: arena)
    }

    /// Finds the newest message of a chain: its number in the chain, and its `seq`. `?3` is the chain's visibility.
    static func findPlace(_ column: String) -> String {
        "SELECT coalesce(place, 0), seq FROM messages WHERE seq = (\(ConversationChain.findHead(column)))"
    }
}
