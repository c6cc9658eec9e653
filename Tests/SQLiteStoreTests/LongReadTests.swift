import ChatServer
import ChatWire
import Dispatch
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

/// Reads of many rows leave one connection to short reads.
@Suite(.timeLimit(.minutes(10))) struct LongReadTests {
    @Test func aLogInWaitsForNoPage() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        try await store.store([draft("1"), draft("2")])
        let (reading, mostReading, read) = (Counter(), Counter(), Counter())
        let end = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    try await store.readLong { _ in
                        mostReading.value.max(reading.value.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
                        end.wait()
                        reading.value.subtract(1, ordering: .relaxed)
                    }
                    read.value.add(1, ordering: .relaxed)
                }
            }
            while reading.value.load(ordering: .relaxed) < SQLiteStore.longReadsAtOnce {
                try await Task.sleep(for: .milliseconds(1))
            }
            // All that a log-in asks for.
            let account = try await store.account(of: bob, resume: FeedPosition(epoch: store.epoch, cursor: 1))
            #expect(
                account.cursor == 2 && account.messageAtResume != nil && account.messageAtResume != account.lastMessage)
            #expect(try await store.lastTime(of: bob, with: alice) == noon)
            #expect(read.value.load(ordering: .relaxed) == 0)
            for _ in 0..<20 { end.signal() }
            try await group.waitForAll()
        }
        #expect(mostReading.value.load(ordering: .relaxed) == SQLiteStore.longReadsAtOnce)
        #expect(read.value.load(ordering: .relaxed) == 20)
        #expect(try await store.texts() == ["1", "2"])
    }
}

private final class Counter: Sendable {
    let value = Atomic(0)
}
