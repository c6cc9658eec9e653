import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import SQLiteStore

/// Random calls on both stores, whose answers must be equal.
@Suite struct StoresAgreeTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func onRandomCalls(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let sqlite = try SQLiteStore(path: folder.file())
        var (one, other) = (Transcript(MemoryStore()), Transcript(sqlite))
        var random = SplitMix(state: seed)
        for step in 0..<120 {
            let call = Call(&random)
            let (expected, got) = (try await one.answer(to: call), try await other.answer(to: call))
            try #require(got == expected, "seed \(seed), step \(step): \(call)")
        }
        try await sqlite.expectSettledAsDerived()
        try sqlite.close()
    }

    /// Settling is impossible while another program holds the lock, but messages are found all the same.
    @Test(arguments: 21...26 as ClosedRange<UInt64>)
    func onRandomCallsWhereNothingCanBeSettled(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let sqlite = try SQLiteStore(path: folder.file())
        try await sqlite.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 0") }
        var (one, other) = (Transcript(MemoryStore()), Transcript(sqlite))
        var random = SplitMix(state: seed)
        for step in 0..<120 {
            let call = Call(&random)
            let expected = try await one.answer(to: call)
            let lock: LockHolder? = if case .look = call { try LockHolder(path: folder.file()) } else { nil }
            let got = try await other.answer(to: call)
            try lock?.release()
            try #require(got == expected, "seed \(seed), step \(step): \(call)")
        }
        try await sqlite.expectSettledAsDerived()
        try sqlite.close()
    }
}
