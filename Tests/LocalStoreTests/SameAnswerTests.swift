import ChatClient
import ChatWire
import Testing
import TextSearch

@testable import LocalStore

/// The stores on disk and in memory give the same answers after the same random calls.
@Suite struct SameAnswerTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomChangesLeadToTheSameState(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        var memories = [MemoryConversationStore(user: alice)]
        var disks = [try folder.store()]
        var random = RandomChanges(seed: seed)
        for _ in 0..<60 {
            if random.chance(10) {
                memories.append(memories[0].anotherWindow())
                disks.append(try folder.store())
            }
            if disks.count > 1, random.chance(10) {
                memories.removeLast().close()
                disks.removeLast().close()
            }
            let index = random.below(disks.count)
            let changes = random.changes()
            try memories[index].apply(changes)
            try disks[index].apply(changes)
            let (peer, limit) = (random.peer(), random.below(12))
            #expect(try disks[index].load(peer: peer, limit: limit) == memories[index].load(peer: peer, limit: limit))
            #expect(try disks[index].inbox(limit: limit).unsent == memories[index].inbox(limit: limit).unsent)
            #expect(try disks[index].flags() == memories[index].flags())
            let before: MessageID = "\(random.below(40))"
            #expect(
                try disks[index].page(of: peer, before: before, limit: limit)
                    == memories[index].page(of: peer, before: before, limit: limit))
            let since = Timestamp(seconds: noon.seconds + Int64(random.below(40)))
            #expect(try disks[index].first(of: peer, since: since) == memories[index].first(of: peer, since: since))
            let query = try #require(WordQuery("\(random.below(10))"))
            #expect(try disks[index].found(query) == memories[index].found(query))
            #expect(
                try disks[index].adoptUnsent(peer: peer, since: since)
                    == memories[index].adoptUnsent(peer: peer, since: since))
        }
    }
}

extension ConversationStore {
    /// In an order that does not depend on which of two messages of one second came first.
    fileprivate func found(_ query: WordQuery) throws -> [FoundMessage] {
        try find(query, before: nil, limit: 1000).messages.sorted {
            ($0.message.createdAt, $0.message.id.wire, $0.peer.wire) < (
                $1.message.createdAt, $1.message.id.wire, $1.peer.wire
            )
        }
    }
}

private struct RandomChanges {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func peer() -> UserID { chance(70) ? bob : carol }

    mutating func changes() -> [StoreChange] { (0...below(4)).map { _ in change() } }

    private mutating func change() -> StoreChange {
        let peer = peer()
        switch below(12) {
        case 0: return .enqueue(unsent("\(below(9))", to: peer, at: Int64(below(40)), state: state()))
        case 1: return .setState(state(), ofUnsent: "\(below(9))")
        case 2: return .removeUnsent(id: "\(below(9))")
        case 3, 4: return .message(stored(below(40), peer))
        case 5, 6:
            let first = below(38)
            if chance(20) { return .page([], peer: peer, hasOlder: chance(50)) }
            return .page((first...(first + below(5))).map { stored($0, peer) }, peer: peer, hasOlder: chance(70))
        case 7:
            return chance(70) ? .advance(position()) : .restart(position())
        case 8:
            let mark = ConversationMark(
                user: chance(50) ? alice : peer, delivered: chance(50) ? "\(below(40))" : nil,
                read: chance(50) ? "\(below(40))" : nil)
            return .mark(mark, peer: peer)
        case 10:
            let flag = ConversationFlag.allCases[below(4)]
            return .flag(flag, chance(60), peer: peer, last: chance(50) ? "\(below(9))" : nil)
        case 9: return .draft(chance(20) ? "" : "draft \(below(99))", peer: peer)
        default: return .profile(name: chance(50) ? "name" : nil, product: product(), peer: peer)
        }
    }

    private mutating func stored(_ number: Int, _ peer: UserID) -> StoredMessage {
        let isOwn = chance(50)
        return message(
            "\(number)", from: isOwn ? alice : peer, to: isOwn ? peer : alice, at: Int64(number / 3),
            cursor: chance(70) ? number : nil, clientID: chance(30) ? "c\(number)" : nil, product: product())
    }

    private mutating func state() -> UnsentMessage.State { [.waiting, .inFlight, .held][below(3)] }

    private mutating func position() -> FeedPosition { FeedPosition(epoch: chance(90) ? "e" : "f", cursor: below(40)) }

    private mutating func product() -> Product? {
        chance(30) ? Product(id: "p\(below(2))", title: chance(50) ? "t" : nil) : nil
    }
}
