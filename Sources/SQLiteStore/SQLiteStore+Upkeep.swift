import ChatServer
import ChatWire
import GRDB
import HostSystem

// What keeps the database well, and tells how it is.

extension SQLiteStore {
    /// With less than this free beside the database, the next messages may not find a place.
    private static let leastFreeBytes = 1 << 20

    public func checkWritable() async throws(StoreError) {
        guard files.areInPlace else { throw .gone }
        if let free = files.freeBytes, free < Self.leastFreeBytes { throw .full }
        try await write(.later, settling: false) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO meta (key, value) VALUES ('checks', '1')
                    ON CONFLICT (key) DO UPDATE SET value = value + 1
                    """)
            try statement.execute()
        }
    }

    public func condition() async -> StoreCondition? {
        StoreCondition(
            isInPlace: files.areInPlace, databaseBytes: FileSize.bytes(of: files.path),
            logBytes: checkpoints.logBytes, freeBytes: files.freeBytes, failures: failures.byKind)
    }

    /// Of the write-ahead log.
    public var logBytes: Int { checkpoints.logBytes }

    /// Folds the write-ahead log into the database and cuts it off, unless there is nothing in it: so a copy of the file alone
    /// is not long out of date.
    public func cutLog() {
        if checkpoints.logBytes > 0 { checkpoints.begin() }
    }

    private static let clockRecord = "clock"

    /// What the last run knew of the clock; nil where there was none.
    public func clockRecord() async throws(StoreError) -> RetentionClock.Record? {
        let text = try await read(.noMessages) { database in
            try String.fetchOne(
                database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [Self.clockRecord])
        }
        return text.flatMap(RetentionClock.Record.init)
    }

    public func setClockRecord(_ record: RetentionClock.Record) async throws(StoreError) {
        try await write(.later, settling: false) { database in
            try database.execute(
                sql: "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                arguments: [Self.clockRecord, record.text])
        }
    }

    /// The place of the newest message in the commit order; 0 where there is none.
    public func lastSeq() async throws(StoreError) -> Int64 {
        try await read(.noMessages, Settlement.logEnd)
    }

    /// Whether another program committed something since this was asked last; true at the first time.
    public func wasChangedByOthers() async throws(StoreError) -> Bool {
        let version = try await withWriter { try Int.fetchOne($0, sql: "PRAGMA data_version") }
        return lastSeenVersion.withLock { last in
            defer { last = version }
            return last != version
        }
    }
}
