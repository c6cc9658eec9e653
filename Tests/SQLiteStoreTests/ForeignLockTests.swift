import ChatServer
import ChatWire
import Dispatch
import GRDB
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

/// Another program holds the database's lock for long.
@Suite struct ForeignLockTests {
    private let folder: TemporaryFolder
    private let store: SQLiteStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
    }

    /// The next write's time limit for the lock, in milliseconds.
    private func patience() async throws -> Int {
        try await store.write(.later, settling: false) { try Int.fetchOne($0, sql: "PRAGMA busy_timeout") ?? -1 }
    }

    /// The first write waits for its full time. Those after it do not wait as long again.
    @Test func aWriteBehindOneThatFailedWaitsForShort() async throws {
        #expect(try await patience() > 1000)
        for _ in 0..<9 {
            let other = try LockHolder(path: folder.file())
            let asked = ContinuousClock.now
            await #expect(throws: StoreError.locked) { try await store.append([draft("1")]) }
            try other.release()
            let next = try await patience()
            // On a busy machine the moment may have passed.
            if .now - asked < .milliseconds(2900) {
                #expect(next <= 100)
                break
            }
        }
        #expect(try await patience() > 1000)
        try await store.store([draft("2")])
        #expect(try await store.texts() == ["2"])
    }

    /// All reads find the newest messages, however long the writer waits.
    @Test func readsWaitForNoWrite() async throws {
        try await store.stopSettling()
        try await store.store([draft("1"), draft("2")])
        #expect(await !store.settler.settle(within: .seconds(60)))
        try await store.goOnSettling()
        let end = DispatchSemaphore(value: 0)
        let isWaiting = Flag()
        store.pool.asyncWriteWithoutTransaction { _ in
            isWaiting.value.store(true, ordering: .relaxed)
            end.wait()
        }
        try await eventually("the writer waits") { isWaiting.value.load(ordering: .relaxed) }
        #expect(try await store.lastCursor(of: bob) == 2)
        #expect(try await store.feedTexts(of: bob) == ["1 1", "2 2"])
        #expect(try await store.list(of: bob) == ["alice: 2 2"])
        #expect(try await store.texts(of: bob, with: alice) == ["1", "2"])
        end.signal()
        try await store.expectSettledAsDerived()
    }

    /// How long a transaction waits for the lock, in milliseconds, depending on what happened before.
    @Test func patienceEndsWithTheFirstOneThatWaitedInVain() async throws {
        let patience = BusyTimeout()
        let time = { [store] (asked: Duration) throws -> Int in
            try store.pool.writeWithoutTransaction { database in
                try patience.run(database, askedAt: .now - asked) {
                    try Int.fetchOne(database, sql: "PRAGMA busy_timeout") ?? -1
                }
            }
        }
        func fail() throws {
            #expect(throws: DatabaseError.self) {
                try store.pool.writeWithoutTransaction { database in
                    try patience.run(database, askedAt: .now) { throw DatabaseError(resultCode: .SQLITE_BUSY) }
                }
            }
        }
        #expect(try time(.zero) > 1000)
        #expect(try time(.seconds(1.5)) <= 500)
        #expect(try time(.seconds(9)) == 0)
        try fail()
        #expect(try time(.zero) <= 100)
        #expect(try time(.zero) > 1000)
        try fail()
        #expect(try time(.seconds(1)) == 0)
        patience.end()
        #expect(try time(.zero) <= 100)
        #expect(
            try await store.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA busy_timeout") } == 2000)
    }

    @Test func atTheEndItIsNotWaitedFor() async throws {
        try await store.store([draft("1")])
        let other = try LockHolder(path: folder.file())
        store.expectEnd()
        await #expect(throws: StoreError.locked) { try await store.append([draft("2")]) }
        try other.release()
        #expect(try await patience() <= 100)
        try store.close()
        #expect(try await SQLiteStore(path: folder.file()).texts() == ["1"])
    }
}

private final class Flag: Sendable {
    let value = Atomic(false)
}
