import ChatClient
import ChatWire
import Foundation
import Synchronization
import Testing

@testable import ChatUI
@testable import chat_tui

@Suite("The store on disk") struct DiskStoreTests {
    private final class Problems: Sendable {
        private let problems = Mutex<[DiskProblem]>([])
        var all: [DiskProblem] { problems.withLock(\.self) }
        func take(_ problem: DiskProblem) { problems.withLock { $0.append(problem) } }
    }

    private let problems = Problems()

    private func store(in folder: String) throws -> DiskStore {
        DiskStore(try .test(dataFolder: folder)) { [problems] in problems.take($0) }
    }

    private func message(_ id: ClientMessageID) -> UnsentMessage {
        UnsentMessage(id: id, receiver: .bob, text: "text", createdAt: Timestamp(seconds: 1_700_000_000))
    }

    private func unsent(_ store: DiskStore) throws -> [ClientMessageID] {
        try store.load(peer: .bob, limit: 10).unsent.map(\.id)
    }

    @Test("it is opened when it is first used, and not before") func lazily() throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let store = try store(in: data)
        #expect(store.isLasting)
        #expect(!FileManager.default.fileExists(atPath: data))
        try store.apply([.enqueue(message("1"))])
        #expect(FileManager.default.fileExists(atPath: data) && store.isLasting)
        #expect(try unsent(store) == ["1"])
        #expect(problems.all.isEmpty)
    }

    @Test("if it cannot be opened, the window continues in memory and reports that once") func inMemory() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/file"
        try Data("no folder".utf8).write(to: URL(filePath: file))
        let store = try store(in: file + "/data")
        try store.apply([.enqueue(message("1"))])
        #expect(try unsent(store) == ["1"])
        #expect(!store.isLasting)
        #expect(problems.all.map(\.isForGood) == [true])
    }

    @Test("removed files are created again with what this window knows") func gone() throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let store = try store(in: data)
        try store.apply([.enqueue(message("1"))])
        try FileManager.default.removeItem(atPath: data)
        try store.apply([.enqueue(message("2"))])
        #expect(try unsent(store) == ["1", "2"])
        #expect(store.isLasting && problems.all.isEmpty)
        #expect(FileManager.default.fileExists(atPath: data))
    }
}
