import ChatWire

/// Finds people on the list whose names look the same. Their ids tell them apart.
struct Namesakes: Sendable {
    /// For each name, as it looks, those who have it.
    private var groups: [NameLook: Group] = [:]

    /// The list has another entry in place of one that it had.
    mutating func replace(_ old: InboxEntry?, with new: InboxEntry) {
        if let old, old.peerName == new.peerName { return }
        if let old {
            let look = NameLook(of: old.peer, old.peerName)
            groups[look]?.remove(old.peer)
            if groups[look]?.isEmpty == true { groups[look] = nil }
        }
        groups[NameLook(of: new.peer, new.peerName), default: Group()].insert(new.peer)
    }

    /// The person's id in a few characters, if somebody else on the list has a name that looks the same, or if the name
    /// itself is blank or could be taken for one with an id behind it. It differs from the others' ids in the same form.
    func distinction(of peer: UserID, named name: UntrustedText?) -> String? {
        let look = NameLook(of: peer, name)
        let group = groups[look] ?? Group()
        guard group.hasOthers(than: peer) || look.needsID else { return nil }
        return group.distinctForm(of: peer)
    }
}

/// People whose names look the same.
private struct Group: Sendable {
    private var members: Set<UserID> = []
    /// How many members have an id that looks like this in a short form. It is empty while there is one member: most
    /// names on a long list are nobody else's.
    private var counts: [Look: Int] = [:]

    private struct Look: Hashable {
        let form: ShortID
        let look: NameLook
    }

    var isEmpty: Bool { members.isEmpty }

    mutating func insert(_ peer: UserID) {
        guard members.insert(peer).inserted else { return }
        if members.count == 2 { members.forEach { count($0, by: 1) } }
        if members.count > 2 { count(peer, by: 1) }
    }

    mutating func remove(_ peer: UserID) {
        guard members.remove(peer) != nil else { return }
        if members.count == 1 { counts = [:] } else { count(peer, by: -1) }
    }

    private mutating func count(_ peer: UserID, by difference: Int) {
        for form in ShortID.allCases { counts[Look(form: form, look: form.look(of: peer)), default: 0] += difference }
    }

    func hasOthers(than peer: UserID) -> Bool { members.count > (members.contains(peer) ? 1 : 0) }

    /// The shortest form of the id that no other member's id has. The whole id if there is none.
    func distinctForm(of peer: UserID) -> String {
        let isDistinct = { (form: ShortID) -> Bool in
            let look = form.look(of: peer)
            if members.count == 1 { return members.allSatisfy { $0 == peer || form.look(of: $0) != look } }
            return counts[Look(form: form, look: look), default: 0] <= (members.contains(peer) ? 1 : 0)
        }
        return ShortID.allCases.first(where: isDistinct)?.text(of: peer) ?? peer.displayed
    }
}

/// A form of an id in a few characters. The ends of long ids differ more often than their beginnings. Ids that are hardly
/// longer than the form stay whole.
private enum ShortID: CaseIterable {
    case end, longerEnd, bothEnds

    func text(of peer: UserID) -> String {
        let id = peer.displayed
        switch self {
        case .end: return id.count <= 12 ? id : "…" + id.suffix(8)
        case .longerEnd: return id.count <= 20 ? id : "…" + id.suffix(16)
        case .bothEnds: return id.count <= 28 ? id : id.prefix(12) + "…" + id.suffix(12)
        }
    }

    func look(of peer: UserID) -> NameLook { NameLook(shown: text(of: peer)) }
}
