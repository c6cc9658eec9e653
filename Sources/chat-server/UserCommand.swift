import ArgumentParser
import ChatServer
import ChatWire
import SQLiteStore
import ServerRuntime

/// What an operator can do about one user. It works while the server runs: the server notices within seconds.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Ban, unban, export or delete a user.",
        subcommands: [Ban.self, Unban.self, Export.self, Delete.self])

    /// The arguments of all these commands.
    struct Target: ParsableArguments {
        @Argument(help: "The user's id.")
        var id: String

        @OptionGroup var database: StoreOption

        private func checkedUser() throws -> UserID {
            let user = try UserID(argument: id)
            try CommandOutput.check()
            return user
        }

        /// Does something about a user whom the store can have.
        func withStore<Value>(_ body: (any MessageStore, UserID) async throws -> Value) async throws -> Value {
            let user = try checkedUser()
            return try await database.withStore { store in
                guard store.userIDs.allows(user) else {
                    throw OperatorFailure(description: "No user can have this id: \(store.userIDs.sentence).")
                }
                return try await body(store, user)
            }
        }

        /// The user, and the path of the database.
        /// - Parameter way: What an operator does in PostgreSQL instead.
        /// - Throws: if the id or the path is invalid, or if nothing could be printed.
        func checked(inPostgreSQL way: String) throws -> (UserID, path: String) {
            let checked = (try UserID(argument: id), path: try database.path(inPostgreSQL: way))
            try CommandOutput.check()
            return checked
        }
    }

    struct Ban: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ban", abstract: "End a user's connections and refuse new ones; what they wrote stays.")

        @OptionGroup var target: Target

        func run() async throws {
            let (user, isNew, isKnown) = try await target.withStore { store, user in
                let isNew = try await store.setBanned(true, user, at: Server.now())
                return (user, isNew, try await store.lastCursor(of: user) > 0)
            }
            try CommandOutput.write(
                (isNew ? "\(user.displayed) is banned" : "\(user.displayed) was banned already")
                    + (isKnown ? "" : "; there is no message from or to this id yet"))
        }
    }

    struct Unban: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "unban", abstract: "Let a user in again.")

        @OptionGroup var target: Target

        func run() async throws {
            let (user, wasBanned) = try await target.withStore { store, user in
                (user, try await store.setBanned(false, user, at: Server.now()))
            }
            try CommandOutput.write("\(user.displayed) \(wasBanned ? "may connect again" : "was not banned")")
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a user and all their conversations for good, and ban them.",
            discussion: """
                The devices of other users keep what they have; those that then miss a part of their feed reload it. \
                `user unban` lets the user start over.
                """)

        static let inPostgreSQL =
            "chat-server user ban ID, and as the owner DELETE FROM messages WHERE 'ID' IN (sender_id, receiver_id)"

        @OptionGroup var target: Target

        func run() async throws {
            let (user, path) = try target.checked(inPostgreSQL: Self.inPostgreSQL)
            let count = try await withDatabase {
                try await SQLiteStore(path: path, as: .command).delete(user, at: Server.now())
            }
            try CommandOutput.write(count == 1 ? "1 message deleted" : "\(count) messages deleted")
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Print all that the database has of a user, one JSON object per line.")

        static let inPostgreSQL = "as the owner, SELECT * FROM messages WHERE 'ID' IN (sender_id, receiver_id)"

        @OptionGroup var target: Target

        func run() async throws {
            let (user, path) = try target.checked(inPostgreSQL: Self.inPostgreSQL)
            try await withDatabase {
                try await SQLiteStore(path: path, as: .command).export(user) { record in
                    try CommandOutput.write(ExportLine(record, of: user).text)
                }
            }
        }
    }
}
