import ChatServer
import ChatWire
import GRDB
import HostSystem

// Maintenance of the database, and its condition.

extension SQLiteStore {
    /// In bytes. With less free space beside the database, the next messages may not fit.
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

    /// The size of the write-ahead log, in bytes.
    public var logBytes: Int { checkpoints.logBytes }

    /// Checkpoints and truncates the write-ahead log unless it is empty. A copy of the database file alone is then not
    /// long out of date.
    public func truncateLog() {
        if checkpoints.logBytes > 0 { checkpoints.begin() }
    }

    private static let clockRecord = "clock"

    /// What the last run recorded about the clock; nil if there is no record.
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

    /// The `seq` of the newest message; nil if there is none.
    public func lastSeq() async throws(StoreError) -> Int64? {
        let end = try await read(.noMessages, Settlement.logEnd)
        return end > 0 ? end : nil
    }

    /// Whether another program committed something since the last call. The first call returns true.
    public func wasChangedByOthers() async throws(StoreError) -> Bool {
        let version = try await withWriter { try Int.fetchOne($0, sql: "PRAGMA data_version") }
        return lastSeenVersion.withLock { last in
            defer { last = version }
            return last != version
        }
    }
}
