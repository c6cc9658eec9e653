#if Cluster

import Foundation
import Testing

/// The guide for operators, as the blocks of code in it.
struct Guide {
    struct Block: Equatable {
        /// `sh`, `sql` or `js`.
        var language: String
        var text: String
    }

    let text: String
    let blocks: [Block]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let file = root.appending(path: "Sources/ChatServer/ChatServer.docc/Supabase.md").standardizedFileURL
        text = try String(contentsOf: file, encoding: .utf8)
        blocks = text.matches(of: /(?ms)^```(\S*)\n(.*?)^```$/).map {
            Block(language: String($0.1), text: String($0.2))
        }
    }

    /// A step of the guide, by words that only its block has.
    enum Step: String, CaseIterable {
        case direct = "HOST=db."
        case pooler = "HOST=aws-0-"
        case passwords = "export PGSSLMODE"
        case tryOwner = "$OWNER@$HOST:5432/postgres\" -c 'SELECT"
        case check = "--check"
        case print = "--print"
        case migrate = "$OWNER@$HOST:5432/postgres\"\n"
        case serversPassword = #"\password chat_server"#
        case tryServer = "$SERVER@$HOST:5432/postgres\" -c 'SELECT"
        case legacySecret = "jwt-secret"
        case server = "--supabase-url https"
        case ready = "/readyz"
        case web = "new WebSocket"
        case logIn = "grant_type=password"
        case terminal = "chat-tui"
        case renew = "grant_type=refresh_token"
        case removal = "DROP SCHEMA chat"
    }

    func block(_ step: Step) throws -> Block {
        let found = blocks.filter { $0.text.contains(step.rawValue) }
        try #require(found.count == 1, "\(step): \(found)")
        return found[0]
    }
}

#endif
