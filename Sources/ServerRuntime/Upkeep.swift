import ChatServer
import ChatWire
import Foundation
import Logging
import SQLiteStore

/// The periodic tasks of a server with a database on disk.
struct Upkeep {
    let store: SQLiteStore
    let hub: Hub
    /// The age at which messages are deleted; nil if they never are.
    let retention: Duration?
    let log: Logger

    /// In bytes. A larger write-ahead log is reported: another program must be holding a read open.
    private static let longLogBytes = 64 << 20

    /// Runs until its task is cancelled.
    func run() async {
        async let watch: Void = every(.milliseconds(500)) { await applyBans() }
        async let files: Void = watchFiles()
        async let log: Void = every(.seconds(60)) { truncateLog() }
        async let age: Void = deleteOld()
        _ = await (watch, files, log, age)
    }

    private func every(_ time: Duration, _ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            try? await Task.sleep(for: time)
        }
    }

    /// Applies the bans that another program wrote to the database.
    private func applyBans() async {
        do throws(StoreError) {
            if try await store.wasChangedByOthers() { try await hub.disconnectBannedUsers() }
        } catch {
            // The next look sees the same change. A log-in checks the ban anyway.
            log.debug("Cannot read who is banned: \(error)")
        }
    }

    private func watchFiles() async {
        var wasInPlace = true
        await every(.milliseconds(500)) {
            let isInPlace = await store.condition()?.isInPlace ?? true
            if wasInPlace, !isInPlace {
                log.critical(
                    "The database's file was removed or replaced. Nothing is stored until the server is started again.")
            } else if !wasInPlace, isInPlace {
                log.notice("The database's file is back.")
            }
            wasInPlace = isInPlace
        }
    }

    private func truncateLog() {
        if store.logBytes > Self.longLogBytes {
            log.warning(
                "The write-ahead log has \(store.logBytes) bytes: another program holds a read open.")
        }
        store.truncateLog()
    }

    /// Also watches the clock while nothing is ever deleted. If retention is switched on later, the clock is then known
    /// to be right.
    private func deleteOld() async {
        let start = ContinuousClock.now
        var clock: RetentionClock?
        await every(.seconds(3600)) {
            do throws(StoreError) {
                let (now, lastSeq) = (Server.now(), try await store.lastSeq())
                var current =
                    if let clock { clock } else {
                        RetentionClock(
                            try await store.clockRecord(), retention: retention ?? Self.standardRetention, now: now,
                            lastSeq: lastSeq)
                    }
                let before = current.record.believed
                let verdict = current.look(at: now, uptime: .now - start, lastSeq: lastSeq)
                clock = current
                try await store.setClockRecord(current.record)
                if retention != nil { try await delete(by: verdict, now: now, clockBefore: before) }
            } catch {
                log.error("Old messages could not be deleted: \(error)")
            }
        }
    }

    private static let standardRetention: Duration = .seconds(30 * 86_400)

    private func delete(
        by verdict: RetentionClock.Verdict, now: Timestamp, clockBefore: Timestamp
    ) async throws(StoreError) {
        switch verdict {
        case .doubt(isNew: true):
            log.warning(
                """
                Old messages are not deleted for now: the clock says \(now.iso8601), and was known to be right at \(clockBefore.iso8601). \
                If it still says so after a day of running, it is believed. If it is right, nothing has to be done.
                """)
        case .doubt: break
        case .delete(let time, let last):
            let count = try await store.deleteMessages(before: time, now: now, upTo: last)
            if count > 0 { log.notice("Deleted \(count) messages that were too old.") }
        }
    }
}
