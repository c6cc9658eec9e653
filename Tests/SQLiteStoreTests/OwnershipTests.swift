import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

/// A database has one server, and a confirmed message is in the database at its path.
@Suite struct OwnershipTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file()
    }

    @Test func theSecondServerIsRefusedByWhateverName() async throws {
        let store = try SQLiteStore(path: path)
        try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: path)
        try FileManager.default.linkItem(atPath: path, toPath: folder.file("hard"))
        for name in [path, folder.file("link"), folder.file("hard")] {
            #expect(throws: StoreOpenError.inUse(name)) { try SQLiteStore(path: name) }
        }
        // The first store lost nothing: SQLite's own locks are still held.
        let other = try DatabaseQueue(path: path)
        #expect(try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM messages") } == 0)
        try await store.store([draft("1")])
        try store.close()
        try SQLiteStore(path: path).close()
    }

    @Test func commandsAreAtWorkBesideAServer() async throws {
        let store = try SQLiteStore(path: path)
        let command = try SQLiteStore(path: path, as: .command)
        #expect(try await command.setBanned(true, bob, at: noon))
        try command.close()
        #expect(try await store.isBanned(bob))
        #expect(try await store.append([draft("no", from: bob, to: alice)]) == [.banned])
        try await store.store([draft("1")])
    }

    @Test func aCommandMakesNoDatabase() {
        #expect(throws: StoreOpenError.missing(path)) { try SQLiteStore(path: path, as: .command) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func otherProgramsCommitsAreNoticed() async throws {
        let store = try SQLiteStore(path: path)
        #expect(try await store.wasChangedByOthers())
        try await store.store([draft("1")])
        #expect(try await !store.wasChangedByOthers())
        try await SQLiteStore(path: path, as: .command).setBanned(true, bob, at: noon)
        #expect(try await store.wasChangedByOthers())
        #expect(try await !store.wasChangedByOthers())
    }

    /// The database was removed or replaced by a copy, or its log is another's.
    @Test(arguments: ["", "-wal", "-shm"], [false, true])
    func nothingIsConfirmedIntoFilesThatNobodyFinds(suffix: String, isReplaced: Bool) async throws {
        let store = try SQLiteStore(path: path)
        try await store.store([draft("before")])
        try await store.checkWritable()
        let file = path + suffix
        try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
        if isReplaced { try FileManager.default.copyItem(atPath: file + ".away", toPath: file) }
        await #expect(throws: StoreError.gone) { try await store.append([draft("lost")]) }
        // The message may be in the log by now, but must not be found there.
        await #expect(throws: StoreError.gone) { try await store.feed(of: bob, after: 0, limit: 9) }
        await #expect(throws: StoreError.gone) { try await store.earlierOutcome(of: draft("lost")) }
        await #expect(throws: StoreError.gone) { try await store.setBlocked(true, bob, by: alice, at: noon) }
        await #expect(throws: StoreError.gone) { try await store.checkWritable() }
        #expect(await store.condition()?.isInPlace == false)
        #expect(await store.condition()?.failures["gone"] == 4)
        if isReplaced { try FileManager.default.removeItem(atPath: file) }
        try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
        try await store.store([draft("after")])
        try await store.checkWritable()
    }

    /// SQLite would delete the log of the database that is at this path now.
    @Test func theEndOfAnAbandonedStoreLeavesItsSuccessorAlone() async throws {
        let store = try SQLiteStore(path: path)
        try await store.store([draft("old")])
        for suffix in ["", "-wal", "-shm"] {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: path + ".away" + suffix)
        }
        let successor = try SQLiteStore(path: path)
        try await successor.store([draft("new")])
        #expect(throws: StoreError.gone) { try store.close() }
        try await successor.store([draft("newer")])
        #expect(try await successor.texts() == ["new", "newer"])
    }

    /// Once nobody has a removed file open, a new file may get its identity.
    @Test func aRemovedDatabaseTakesNothingFromTheNext() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask { [folder] in
                    for number in 0..<2000 {
                        let path = folder.file("\(worker)-\(number)")
                        try #require(FileManager.default.createFile(atPath: path, contents: nil))
                        let lock = try DatabaseLock.take(path: path)
                        try FileManager.default.removeItem(atPath: path)
                        lock.release()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aForeignLockIsNotReady() async throws {
        let store = try SQLiteStore(path: path)
        let other = try LockHolder(path: path)
        await #expect(throws: StoreError.locked) { try await store.checkWritable() }
        try other.release()
        try await store.checkWritable()
    }

    @Test func aRelativePathIsTheSameFromEverywhere() throws {
        let file = try DatabaseFile(path: path)
        #expect(file.realPath.hasPrefix("/"))
    }
}
