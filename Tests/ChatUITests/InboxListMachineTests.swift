import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// The list as a machine: events from left to right, and what it then shows.
struct InboxListMachineTests {
    /// Five conversations, `a` with the latest message. Letters stand for peers.
    private enum Step {
        /// A new message of the peer.
        case arrives(Character)
        /// The user has answered.
        case answered(Character)
        case down, up, home
        case opened, left(Character)
        case view(InboxView.Selection), order(Bool)
        case flag(ConversationFlag, Character), unflag(ConversationFlag, Character)
        case complete, key
    }

    private static func peer(_ letter: Character) -> UserID { UserID(String(letter))! }

    private static func run(_ steps: [Step]) -> InboxList {
        var list = InboxList()
        var second = 100
        func entry(_ letter: Character, own: Bool, unread: Int) -> ConversationList.Entry {
            second += 1
            return .make(
                peer(letter), own: own, unread: unread, at: Timestamp.noon.advanced(by: .seconds(second)))
        }
        for letter in "edcba" { _ = list.update(with: [entry(letter, own: true, unread: 0)]) }
        for step in steps {
            switch step {
            case .arrives(let letter):
                let unread = list[peer(letter)]?.unread ?? 0
                _ = list.update(with: [entry(letter, own: false, unread: unread + 1)])
            case .answered(let letter): _ = list.update(with: [entry(letter, own: true, unread: 0)])
            case .down: list.moveSelection(by: 1)
            case .up: list.moveSelection(by: -1)
            case .home: list.select(at: 0)
            case .opened: list.opened(from: list.selected)
            case .left(let letter): list.left(for: peer(letter))
            case .view(let selection): list.setView(InboxView(selection: selection))
            case .order(let isLongestWaitingFirst):
                list.setView(InboxView(isLongestWaitingFirst: isLongestWaitingFirst))
            case .flag(let flag, let letter): list.set(flag, true, of: peer(letter))
            case .unflag(let flag, let letter): list.set(flag, false, of: peer(letter))
            case .complete: list.serverListLoaded()
            case .key: list.settle()
            }
        }
        return list
    }

    /// Such as `1a >2b c 3d`: the numbers, the order, and the selected one.
    private static func text(_ list: InboxList) -> String {
        list.shown.map { peer in
            (peer == list.selected ? ">" : "") + (list.number(of: peer).map(String.init) ?? "") + peer.wire
        }.joined(separator: " ")
    }

    @Test(
        arguments: [
            ([], ">1a 2b 3c 4d 5e"),
            // While the list is loaded, numbers and selection follow its order.
            ([.arrives("c")], ">1c 2a 3b 4d 5e"),
            ([.down, .arrives("c")], "1c 2a >3b 4d 5e"),
            // Then a conversation keeps its number, and a new one gets a free one. The selection stays at the top.
            ([.complete, .arrives("c")], ">3c 1a 2b 4d 5e"),
            ([.key, .arrives("c"), .arrives("f")], ">6f 3c 1a 2b 4d 5e"),
            (
                [.complete, .arrives("f"), .arrives("g"), .arrives("h"), .arrives("i"), .arrives("j")],
                ">j 9i 8h 7g 6f 1a 2b 3c 4d 5e"
            ),
            // So it is in a conversation, until the list is opened.
            ([.complete, .left("a"), .arrives("e"), .arrives("f")], "f 5e >1a 2b 3c 4d"),
            ([.complete, .left("a"), .arrives("e"), .opened], "1e >2a 3b 4c 5d"),
            // They are those of what is shown.
            ([.complete, .arrives("d"), .arrives("b"), .view(.unanswered)], ">1b 2d"),
            ([.complete, .arrives("d"), .arrives("b"), .order(true)], ">1d 2b 3a 4c 5e"),
            // Whoever has been answered goes, and the next one is selected.
            (
                [.complete, .arrives("d"), .arrives("b"), .arrives("c"), .view(.unanswered), .down, .answered("b")],
                "1c >3d"
            ),
            ([.complete, .arrives("d"), .view(.unread), .answered("d")], ""),
            // Another view keeps the selected one, or selects it again when it comes back.
            ([.complete, .arrives("d"), .down, .down, .view(.unanswered), .view(.usual)], "1d 2a >3b 4c 5e"),
            ([.complete, .arrives("d"), .view(.unanswered), .view(.usual)], ">1d 2a 3b 4c 5e"),
            (
                [.complete, .arrives("d"), .arrives("c"), .down, .down, .view(.unanswered), .down, .view(.usual)],
                "1c >2d 3a 4b 5e"
            ),
            ([.complete, .arrives("d"), .arrives("b"), .down, .down, .order(true)], "1d 2b >3a 4c 5e"),
            // Pinned ones come first, in the usual order.
            ([.complete, .flag(.pinned, "d"), .arrives("c")], ">4d 3c 1a 2b 5e"),
            ([.complete, .flag(.pinned, "d"), .arrives("c"), .order(true)], ">1c 2a 3b 4d 5e"),
            // Archived ones are elsewhere.
            ([.complete, .flag(.archived, "a")], ">2b 3c 4d 5e"),
            ([.complete, .flag(.archived, "a"), .view(.archived)], ">1a"),
            ([.complete, .flag(.archived, "a"), .unflag(.archived, "a"), .home], ">1a 2b 3c 4d 5e"),
            // Marked as unread.
            ([.complete, .flag(.unread, "c"), .view(.unread)], ">1c"),
        ] as [([Step], String)])
    private func steps(_ steps: [Step], _ expected: String) {
        #expect(Self.text(Self.run(steps)) == expected)
    }

    /// Muted and archived ones are not counted, and Alt-A leaves them out. One that is marked as unread counts once.
    @Test(
        arguments: [
            ([.arrives("b"), .arrives("b"), .arrives("c")], 3, "b"),
            ([.arrives("b"), .arrives("b"), .arrives("c"), .flag(.muted, "b")], 1, "c"),
            ([.arrives("b"), .arrives("c"), .flag(.muted, "b"), .unflag(.muted, "b")], 2, "c"),
            ([.arrives("b"), .flag(.archived, "b"), .flag(.unread, "d")], 1, "d"),
            ([.arrives("b"), .flag(.unread, "b")], 1, "b"),
            ([.arrives("b"), .flag(.muted, "b")], 0, nil),
        ] as [([Step], Int, String?)])
    private func told(_ steps: [Step], _ unread: Int, _ next: String?) {
        let list = Self.run([.complete] + steps)
        #expect(list.unread(except: nil) == unread)
        if unread != 3 && unread != 2 { #expect(list.nextUnread(after: nil)?.wire == next) }
    }

    /// A number that was never seen is given at its first use.
    @Test func neverSeen() {
        var list = InboxList(isOnScreen: false)
        #expect(list.peer(numbered: 1) == nil)
        for letter in "cba" as String { _ = list.update(with: [.make(Self.peer(letter), at: .noon)]) }
        #expect(list.peer(numbered: 2)?.wire == "b")
        _ = list.update(with: [.make(Self.peer("c"), at: Timestamp.noon.advanced(by: .seconds(1)))])
        #expect((1...4).map { list.peer(numbered: $0)?.wire } == ["a", "b", "c", nil])
    }
}
