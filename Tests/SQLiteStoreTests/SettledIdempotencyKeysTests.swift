import ChatServer
import ChatWire
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

/// However a client makes its ids, and whatever happened since: repeats are recognised, and nothing else is.
@Suite struct SettledSendingsTests {
    /// How a client makes its ids.
    enum Naming: CaseIterable, Sendable {
        case ascending, random
        /// Two devices, one of which is behind.
        case twoDevices
        /// Alternately ordered and random: those above all before count as ordered.
        case mixed
    }

    private static let people = [alice, bob, carol]

    @Test(arguments: Naming.allCases, 1...8)
    func repeatsAreKnown(naming: Naming, seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let folder = try TemporaryFolder()
        var store = try SQLiteStore(path: folder.file())
        var (sent, count): ([MessageDraft], Int) = ([], 0)
        for _ in 0..<30 {
            let drafts = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                count += 1
                return draft(
                    "\(count)", from: Self.people.randomElement(using: &random)!,
                    to: Self.people.randomElement(using: &random)!, id: id(naming, count, &random),
                    at: noon.advanced(by: .seconds(Double(count))))
            }
            try await store.store(drafts)
            sent += drafts
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2: #expect(await store.settler.settle(within: .seconds(60)))
            case 3: store.settler.forget()
            case 4:
                try store.close()
                store = try SQLiteStore(path: folder.file())
            case 5:
                // The oldest messages are deleted.
                let end = noon.advanced(by: .seconds(Double(count - Int.random(in: 20...200, using: &random))))
                _ = try await store.deleteMessages(before: end, now: noon.advanced(by: .seconds(Double(count))))
                sent.removeAll { $0.receivedAt < end }
            case 6: try await expectRepeats(of: sent, store, &random)
            default: break
            }
        }
        try await expectRepeats(of: sent, store, &random)
        try await store.expectSendingsAsDerived()
    }

    private func expectRepeats(of sent: [MessageDraft], _ store: SQLiteStore, _ random: inout SplitMix) async throws {
        for draft in sent.shuffled(using: &random).prefix(60) where draft.clientMessageID != nil {
            let repeated = try await store.earlierOutcome(of: draft)?.repeated
            #expect(repeated?.message.text == draft.text)
            #expect(repeated?.message.receiver == draft.receiver)
            let longer = draft.clientMessageID.map { ClientMessageID($0.wire + "-") }
            #expect(try await store.earlierOutcome(of: copy(draft, from: draft.sender, id: longer)) == nil)
            let another = Self.people.first { $0 != draft.sender }!
            #expect(try await store.earlierOutcome(of: copy(draft, from: another, id: draft.clientMessageID)) == nil)
        }
    }

    private func copy(_ other: MessageDraft, from sender: UserID, id: ClientMessageID?) -> MessageDraft {
        draft(other.text.wire, from: sender, to: other.receiver, id: id, at: other.receivedAt)
    }

    private func id(_ naming: Naming, _ count: Int, _ random: inout SplitMix) -> ClientMessageID? {
        func number(_ value: Int) -> ClientMessageID { ClientMessageID(String(format: "%09d", value)) }
        let any = UUID(
            uuid: (0..<16).reduce(into: UUID().uuid) { bytes, index in
                withUnsafeMutableBytes(of: &bytes) { $0[index] = .random(in: 0...255, using: &random) }
            })
        switch naming {
        case .ascending: return Int.random(in: 0..<9, using: &random) == 0 ? nil : number(count)
        case .random: return ClientMessageID(any.uuidString)
        case .twoDevices:
            return Bool.random(using: &random) ? number(count) : number(count / 2 + 400_000 + count % 2 * 300_000)
        case .mixed: return Bool.random(using: &random) ? number(count) : ClientMessageID(any.uuidString)
        }
    }

    /// A client whose ids grow needs one row for many messages.
    @Test func idsInOrderTakeFewRows() async throws {
        let store = try SQLiteStore(path: TemporaryFolder().file())
        for batch in 0..<10 {
            try await store.store(
                (0..<160).map { draft("x", id: ClientMessageID(String(format: "%04d", batch * 160 + $0))) })
        }
        #expect(await store.settler.settle(within: .seconds(60)))
        let rows = try await store.pool.read {
            try Int.fetchOne($0, sql: "SELECT (SELECT count(*) FROM sendings) + (SELECT count(*) FROM sending_ranges)")
        }
        #expect(try #require(rows) <= 1600 / 32 + 40)
    }
}
