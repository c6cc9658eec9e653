import GRDB

/// The program that a database belongs to. Finding it out changes nothing.
public enum DatabaseOwner: Sendable, Hashable {
    /// None: the database is empty.
    case nobody
    case thisProgram
    case newerVersion
    case anotherProgram

    /// - Parameters:
    ///   - tables: The tables by which this program recognises its own database.
    ///   - migrator: The migrations of this version.
    public init(_ database: Database, tables: Set<String>, migrator: DatabaseMigrator) throws {
        let found = try String.fetchSet(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        if found.isSuperset(of: tables) {
            self = try migrator.hasBeenSuperseded(database) ? .newerVersion : .thisProgram
        } else {
            // GRDB creates tables of its own before the first migration. A crash in between must not make the file
            // unusable.
            self = found.allSatisfy { $0.hasPrefix("grdb_") } ? .nobody : .anotherProgram
        }
    }
}
