import ChatWire

/// Syncs one page of a user's peers with a connection of the user: it tells the peers that the user is online, and
/// collects their marks and presence for the connection.
struct PeerSync: PresenceOperation {
    let user: UserID
    let position: PeerPagePosition
    private var marks: [ConversationMarks] = []
    private var next: PeerPagePosition?
    /// The peers on the page with whom there is no block in either direction.
    private var peers: [UserID] = []
    private var lastSeen: [UserID: Timestamp] = [:]
    private var blockers: [UserID: Timestamp] = [:]

    init(of user: UserID, from position: PeerPagePosition) {
        self.user = user
        self.position = position
    }

    private var allPeers: [UserID] { marks.map(\.peer.user) }

    func start() -> [PresenceEffect] { [.ask(.marks(of: user, in: position.range))] }

    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .marks(let page):
            (marks, next) = (page.marks, position.next(after: page))
            return [.ask(.blockedEitherWay(with: user, among: allPeers))]
        case .blockedEitherWay(let blocked):
            peers = allPeers.filter { !blocked.contains($0) }
            return announceArrival(in: &registry)
        case .lastSeen(let times):
            lastSeen = times
            return [.ask(.blockers(of: user, among: allPeers))]
        case .blockers(let blockers):
            self.blockers = blockers
            return []
        case .marksWith, .lastTime: return []  // this operation never asks these
        }
    }

    private func announceArrival<Device>(in registry: inout Registry<Device>) -> [PresenceEffect] {
        var effects: [PresenceEffect] = []
        if registry.markOnline(user) {
            effects.append(.tell(peers, about: user, lastSeen: nil))
            if let next {
                let number = registry.beginAnnouncement(of: user)
                effects.append(.tellRest(PresenceAnnouncement(of: user, lastSeen: nil, from: next, number: number)))
            }
        }
        registry.note(acquaintances: peers, of: user)
        let absent = peers.filter { !registry.isOnline($0) }
        let question: PresenceQuestion =
            absent.isEmpty ? .blockers(of: user, among: allPeers) : .lastSeen(of: absent)
        return effects + [.ask(question)]
    }

    /// The input for the connection when all questions are answered. The presence is read under the connection's lock,
    /// so that no later change was sent before.
    func result<Device>(in registry: Registry<Device>) -> Session.Input {
        let present = peers.compactMap { registry.presence(of: $0, lastSeen: lastSeen[$0]) }
        // A peer who blocks the user counts as offline since the block.
        let gone = marks.compactMap { mark in
            blockers[mark.peer.user].map {
                ServerEvent.Presence(user: mark.peer.user, isOnline: false, lastSeen: $0)
            }
        }
        return .peers(marks, present + gone, next: next)
    }
}
