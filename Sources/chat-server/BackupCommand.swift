import ArgumentParser
import ChatServer
import ChatWire
import SQLiteStore
import ServerRuntime

/// Copies the database while a server may use it. `cp` cannot do this, because it misses the content of the write-ahead
/// log.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a copy of the database, even while the server runs.",
        discussion: "The file must not exist yet. Restore it with `chat-server restore FILE`.")

    static let inPostgreSQL = "pg_dump --format=custom --file=FILE postgres://OWNER@HOST/DATABASE"

    @Argument(help: "The new file, which only this user will be able to read.", completion: .file())
    var file: String

    @OptionGroup var database: StoreOption

    func run() async throws {
        let path = try database.path(inPostgreSQL: Self.inPostgreSQL)
        let copy: String = try ServerOptions.path(file, "FILE")
        try await withDatabase { try DatabaseCopy.back(up: path, to: copy) }
    }
}

/// Puts a copy in the place of the database.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace the database with a copy, while no server runs.",
        discussion:
            "The present database is kept beside it, under another name. Clients reload their conversations by themselves."
    )

    static let inPostgreSQL = "pg_restore --dbname=postgres://OWNER@HOST/NEW_DATABASE FILE"

    @Argument(help: "What `chat-server backup` wrote.", completion: .file())
    var file: String

    @OptionGroup var database: StoreOption

    func run() async throws {
        let path = try database.path(inPostgreSQL: Self.inPostgreSQL)
        let copy: String = try ServerOptions.path(file, "FILE")
        try CommandOutput.check()
        let suffix = ".before-\(Server.now().microseconds / 1_000_000)"
        let aside = try await withDatabase { try DatabaseCopy.restore(copy, to: path, setAsideAs: suffix) }
        if !aside.isEmpty {
            let files = aside.map { UntrustedText($0).displayed() }.joined(separator: " ")
            try CommandOutput.write("The previous database is now \(files)")
        }
    }
}
