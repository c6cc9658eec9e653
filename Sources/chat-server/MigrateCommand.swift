#if Cluster

import ArgumentParser
import ChatServer
import PostgresStore
import ServerRuntime

/// Makes or renews the chat's tables in PostgreSQL.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Make or renew the chat's tables in PostgreSQL.",
        discussion: """
            Log in as the owner of the database, not as the server: --store postgres://owner@host/database. Each step is \
            one transaction, and repeating the command does no harm. The server itself logs in as chat_server, a role \
            that the first step makes; give it a password with \\password chat_server in psql.
            """)

    @Flag(help: "Change nothing; exit with 1 if a step is missing.")
    var check = false

    @Flag(help: "Change nothing; print the SQL of the missing steps.")
    var print = false

    @OptionGroup var database: StoreOption

    func validate() throws {
        if check && print { throw ValidationError("--check and --print do different things: give one of them.") }
    }

    func run() async throws {
        let address = try database.postgres()
        try CommandOutput.check()
        if print {
            let sql = try await withDatabase { try Migrator.pendingSQL(address) }
            return try CommandOutput.write(sql.isEmpty ? "-- nothing to do" : sql)
        }
        if check {
            let (present, needed) = try await withDatabase { try Migrator.versions(address) }
            try CommandOutput.write("the tables are of version \(present); this program needs \(needed)")
            if present != needed { throw ExitCode.failure }
            return
        }
        let (before, after) = try await withDatabase { try Migrator.migrate(address) }
        try CommandOutput.write(
            before == after
                ? "nothing to do: the tables are of version \(after)"
                : "the tables were of version \(before) and are now of version \(after)")
    }
}

#endif
