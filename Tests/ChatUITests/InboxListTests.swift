import ChatWire
import Testing

@testable import ChatUI

private func peer(_ number: Int) -> UserID { UserID("p\(number)")! }

private func entry(_ number: Int, at second: Int, unread: Int = 0) -> ConversationList.Entry {
    .make(peer(number), unread: unread, at: Timestamp.noon.advanced(by: .seconds(second)))
}

struct InboxListTests {
    /// In any order, one by one or all at once: the list is sorted, and the sum of unread messages is right.
    @Test(arguments: 0..<8)
    func orderIsKept(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var list = InboxList()
        var expected: [Int: ConversationList.Entry] = [:]
        for _ in 0..<60 {
            let changes = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                entry(
                    .random(in: 0..<25, using: &random), at: .random(in: 0..<30, using: &random),
                    unread: .random(in: 0...3, using: &random))
            }
            _ = list.update(with: changes)
            for (number, change) in changes.map({ (Int($0.peer.wire.dropFirst())!, $0) }) { expected[number] = change }
            let sorted = expected.values.sorted { left, right in
                let (one, other) = (left.lastMessage.createdAt, right.lastMessage.createdAt)
                return one == other ? left.peer.wire < right.peer.wire : one > other
            }
            #expect(list.shown == sorted.map(\.peer))
            #expect(list.unread(except: nil) == sorted.reduce(0) { $0 + $1.unread })
            list.moveSelection(by: .random(in: -3...3, using: &random))
            #expect(list.selectedIndex != nil)
        }
    }

    @Test func selectionStaysWithItsConversation() {
        var list = InboxList()
        _ = list.update(with: (0..<5).map { entry($0, at: 10 - $0) })
        list.moveSelection(by: 2)
        #expect(list.selected == peer(2))
        _ = list.update(with: [entry(4, at: 20)])
        #expect(list.selected == peer(2))
        #expect(list.selectedIndex == 3)
        list.moveSelection(by: 99)
        #expect(list.selected == peer(3))
    }

    @Test func unreadOnesAreGoneThroughDownTheList() {
        var list = InboxList()
        _ = list.update(with: (0..<5).map { entry($0, at: 10 - $0, unread: $0 % 2) })
        #expect(list.nextUnread(after: nil) == peer(1))
        #expect(list.nextUnread(after: peer(1)) == peer(3))
        #expect(list.nextUnread(after: peer(3)) == peer(1))
        _ = list.update(with: [entry(1, at: 9)])
        #expect(list.nextUnread(after: peer(3)) == nil)
    }

    @Test(arguments: [
        ("Иван", true), ("иВАН ПЕ", true), ("bdfy", true), ("ИВАНОВ", true), ("ИВАНКО", false), ("артем", true),
        ("Ярт", false),
        ("ШЗРЩТУ", true), ("iphone", true), ("ид-7", true), ("be-7", false), (" ", true), ("bl-7", true),
    ])
    func filters(_ text: String, _ finds: Bool) {
        let entry = ConversationList.Entry.make(UserID("ид-7")!, name: "Иван Петров, Артём", product: "iPhone 13")
        var list = InboxList()
        _ = list.update(with: [entry])
        list.setFilter(text)
        #expect(list.shown.isEmpty == !finds)
    }

    /// With thousands of conversations, filtering and a flood of messages are fast.
    @Test func thousandsAreFast() {
        var list = InboxList()
        _ = list.update(with: (0..<5000).map { entry($0, at: $0) })
        let clock = ContinuousClock()
        let filtering = clock.measure { list.setFilter("p49") }
        #expect(list.shown.count == 111)
        list.setFilter("")
        let arriving = clock.measure {
            for number in 0..<1000 { _ = list.update(with: [entry(number, at: 9000 + number)]) }
        }
        #expect(list.shown.first == peer(999))
        // The limit is generous, so that a debug build on a busy machine passes.
        #expect(filtering < .seconds(2))
        #expect(arriving < .seconds(10))
    }
}
