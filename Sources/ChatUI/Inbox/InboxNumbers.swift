import ChatWire

/// The numbers 1 to 9 of conversations.
///
/// A number keeps meaning the conversation that the user last saw it beside. So numbers are given anew only when the list
/// is opened, when the user goes to its top, or when it shows other conversations or another order because the user wanted
/// it. In between, a conversation keeps its number wherever it moves, and a new conversation gets a free number if there is
/// one. While the user rests, conversations in sight take the numbers of those that have left it.
struct InboxNumbers: Sendable, Equatable {
    /// The conversation with number 1 comes first.
    private var peers: [UserID] = []

    private static let count = 9

    var isEmpty: Bool { peers.isEmpty }

    subscript(number: Int) -> UserID? { peers.indices.contains(number - 1) ? peers[number - 1] : nil }

    func number(of peer: UserID) -> Int? { peers.firstIndex(of: peer).map { $0 + 1 } }

    mutating func giveAnew(to shown: [UserID]) { peers = Array(shown.prefix(Self.count)) }

    /// Gives conversations in sight that have no number those of conversations that are out of sight.
    /// - Returns: whether any number changed.
    @discardableResult
    mutating func give(toVisible visible: some Collection<UserID>) -> Bool {
        var without = visible.filter { !peers.contains($0) }[...]
        let before = peers
        for index in peers.indices where !visible.contains(peers[index]) {
            guard let next = without.popFirst() else { break }
            peers[index] = next
        }
        return peers != before
    }

    mutating func giveFreeOnes(to shown: [UserID]) {
        if peers.count == Self.count { return }
        for peer in shown where peers.count < Self.count && !peers.contains(peer) { peers.append(peer) }
    }
}
