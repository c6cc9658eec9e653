#if Cluster

import ChatServer
import ChatWire
import Foundation
import SQLiteStore
import StoreContract
import Testing

@testable import PostgresStore

/// Random calls on all three stores, whose answers must be equal. The last seed is another one in every run; a failure
/// names it.
@Suite struct ThreeStoresAgreeTests {
    @Test(arguments: [1, 2, 3, 4, UInt64.random(in: 1000...UInt64.max)])
    func onRandomCalls(seed: UInt64) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "agree-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sqlite = try SQLiteStore(path: folder.appending(path: "chat.sqlite").path(percentEncoded: false))
        try await PostgresStores().withStore(profiles: [:]) { postgres in
            var transcripts = [Transcript(MemoryStore()), Transcript(sqlite), Transcript(postgres)]
            var random = SplitMix(state: seed)
            for step in 0..<200 {
                let call = Call(&random)
                var answers: [String] = []
                for index in transcripts.indices { answers.append(try await transcripts[index].answer(to: call)) }
                try #require(Set(answers).count == 1, "seed \(seed), step \(step): \(call): \(answers)")
            }
        }
        try sqlite.close()
    }
}

#endif
