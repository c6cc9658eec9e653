import GRDB

/// Whose database it is that somebody asks to open. Nothing of it is changed.
public enum DatabaseOwner: Sendable, Hashable {
    /// Nobody's: there is nothing in it yet.
    case nobody
    case thisProgram
    case newerVersion
    case anotherProgram

    /// - Parameters:
    ///   - tables: The tables by which this program knows its own database.
    ///   - migrator: Of this version.
    public init(_ database: Database, tables: Set<String>, migrator: DatabaseMigrator) throws {
        let found = try String.fetchSet(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        if found.isSuperset(of: tables) {
            self = try migrator.hasBeenSuperseded(database) ? .newerVersion : .thisProgram
        } else {
            // GRDB makes tables of its own before the first migration. A crash there must not make the file unusable.
            self = found.allSatisfy { $0.hasPrefix("grdb_") } ? .nobody : .anotherProgram
        }
    }
}
