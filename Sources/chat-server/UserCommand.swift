import ArgumentParser
import ChatServer
import ChatWire
import SQLiteStore

/// What an operator does about one user, also while the server runs: it sees it within a second.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Ban, unban, export or delete a user.",
        subcommands: [Ban.self, Unban.self, Export.self, Delete.self])

    struct Ban: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a user's connections and let them in no more; what they wrote stays.")

        @Argument(help: "Whom.")
        var id: String

        @OptionGroup var database: StoreOption

        func run() async throws {
            let (user, path) = (try UserID(argument: id), try database.path())
            try await withDatabase {
                _ = try await SQLiteStore(path: path, as: .command).setBanned(true, user, at: Server.now())
            }
        }
    }

    struct Unban: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a user in again.")

        @Argument(help: "Whom.")
        var id: String

        @OptionGroup var database: StoreOption

        func run() async throws {
            let (user, path) = (try UserID(argument: id), try database.path())
            try await withDatabase {
                _ = try await SQLiteStore(path: path, as: .command).setBanned(false, user, at: Server.now())
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a user and all their conversations for good, and ban them.",
            discussion: """
                The others' devices keep what they have. Whoever misses something of a feed reloads it. `user unban` lets the \
                user begin anew.
                """)

        @Argument(help: "Whom.")
        var id: String

        @OptionGroup var database: StoreOption

        func run() async throws {
            let (user, path) = (try UserID(argument: id), try database.path())
            try CommandOutput.check()
            let count = try await withDatabase {
                try await SQLiteStore(path: path, as: .command).delete(user, at: Server.now())
            }
            try CommandOutput.write("\(count) messages deleted")
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all that the database has of a user, as a JSON object a line.")

        @Argument(help: "Whose.")
        var id: String

        @OptionGroup var database: StoreOption

        func run() async throws {
            let (user, path) = (try UserID(argument: id), try database.path())
            try CommandOutput.check()
            try await withDatabase {
                try await SQLiteStore(path: path, as: .command).export(user) { record in
                    try CommandOutput.write(ExportLine(record, of: user).text)
                }
            }
        }
    }
}
