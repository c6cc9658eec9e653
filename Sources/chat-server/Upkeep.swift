import ChatServer
import ChatWire
import Foundation
import Logging
import SQLiteStore

/// What a server with a database on a disk does by itself, twice a second and less often.
struct Upkeep {
    let store: SQLiteStore
    let hub: Hub
    /// How old messages may become; nil for no bound.
    let retention: Duration?
    let log: Logger

    /// From this size on, the write-ahead log is a matter for an operator: some other program reads for long.
    private static let longLogBytes = 64 << 20

    /// Until its task is cancelled.
    func run() async {
        async let watch: Void = every(.milliseconds(500)) { await obeyOperators() }
        async let files: Void = watchFiles()
        async let log: Void = every(.seconds(60)) { cutLog() }
        async let age: Void = every(.seconds(3600)) { await deleteOld() }
        _ = await (watch, files, log, age)
    }

    private func every(_ time: Duration, _ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            try? await Task.sleep(for: time)
        }
    }

    /// Bans are set by another program, beside this one.
    private func obeyOperators() async {
        do throws(StoreError) {
            if try await store.wasChangedByOthers() { try await hub.endBanned() }
        } catch {
            // The next look sees the same; who logs in is looked up anyway.
            log.debug("The database did not say who is banned: \(error)")
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

    private func cutLog() {
        if store.logBytes > Self.longLogBytes {
            log.warning(
                "The write-ahead log has \(store.logBytes) bytes: another program reads the database and does not end.")
        }
        store.cutLog()
    }

    private func deleteOld() async {
        guard let retention else { return }
        let now = Server.now()
        do throws(StoreError) {
            let count = try await store.deleteMessages(before: now.advanced(by: .zero - retention), now: now)
            if count > 0 { log.notice("\(count) messages were too old, and deleted") }
        } catch {
            log.error("Old messages could not be deleted: \(error)")
        }
    }
}
