import ChatServer
import GRDB

/// What a batch of messages runs, each looked up once a batch and not once a message.
struct AppendStatements {
    let sendings: SettledSendings
    let findHead: HotStatement
    let findSharedPlace: HotStatement
    let findOwnPlace: HotStatement
    let findBlock: HotStatement
    let findBlocks: HotStatement
    let findBan: HotStatement
    let insertMessage: HotStatement

    init(_ database: Database, _ ids: PlaceCipher) throws {
        let room = TextRoom()
        sendings = try SettledSendings(database, ids: ids, in: room)
        findHead = try HotStatement(database, FeedHead.find, in: room)
        findSharedPlace = try HotStatement(database, Self.findPlace("shared_seq"), in: room)
        findOwnPlace = try HotStatement(database, Self.findPlace("own_seq"), in: room)
        findBlock = try HotStatement(database, Block.find, in: room)
        findBlocks = try HotStatement(database, "SELECT 1 FROM block_counts WHERE user_id = ?", in: room)
        findBan = try HotStatement(database, Ban.find, in: room)
        insertMessage = try HotStatement(database, insertingInto: "messages", NewMessageRow.self, in: room)
    }

    /// Which message of its chain the newest one is, and its place in the log. `?3` says who knows of them.
    private static func findPlace(_ column: String) -> String {
        "SELECT coalesce(place, 0), seq FROM messages WHERE seq = (\(ConversationChain.findHead(column)))"
    }
}
