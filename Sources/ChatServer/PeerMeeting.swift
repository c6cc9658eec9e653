import ChatWire

/// The user of a connection is here: those they talk with are told, and the connection how things stand, for one page.
struct PeerMeeting: PresenceErrand {
    let user: UserID
    let place: PeersPlace
    private var marks: [ConversationMarks] = []
    private var next: PeersPlace?
    /// Those of the page between whom and the user is no block.
    private var peers: [UserID] = []
    private var lastSeen: [UserID: Timestamp] = [:]
    private var blockers: [UserID: Timestamp] = [:]

    init(of user: UserID, from place: PeersPlace) {
        self.user = user
        self.place = place
    }

    private var everybody: [UserID] { marks.map(\.peer.user) }

    func start() -> [PresenceEffect] { [.ask(.marks(of: user, in: place.range))] }

    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .marks(let page):
            (marks, next) = (page.marks, place.next(after: page))
            return [.ask(.blockedEitherWay(with: user, among: everybody))]
        case .blockedEitherWay(let apart):
            peers = everybody.filter { !apart.contains($0) }
            return meet(in: &registry)
        case .lastSeen(let times):
            lastSeen = times
            return [.ask(.blockers(of: user, among: everybody))]
        case .blockers(let blockers):
            self.blockers = blockers
            return []
        case .marksWith, .lastTime: return []  // not asked
        }
    }

    private func meet<Device>(in registry: inout Registry<Device>) -> [PresenceEffect] {
        var effects: [PresenceEffect] = []
        if registry.arrive(user) {
            effects.append(.tell(peers, about: user, lastSeen: nil))
            if let next {
                let number = registry.beginNews(of: user)
                effects.append(.tellRest(PeerNews(of: user, lastSeen: nil, from: next, number: number)))
            }
        }
        registry.note(acquaintances: peers, of: user)
        let absent = peers.filter { !registry.isPresent($0) }
        let question: PresenceQuestion =
            absent.isEmpty ? .blockers(of: user, among: everybody) : .lastSeen(of: absent)
        return effects + [.ask(question)]
    }

    /// What the connection is told, when all is answered. It is looked up within the connection's lock, so that no later news can
    /// have come before.
    func result<Device>(in registry: Registry<Device>) -> Session.Input {
        let present = peers.compactMap { registry.presence(of: $0, lastSeen: lastSeen[$0]) }
        // For whom they block they have been away since.
        let gone = marks.compactMap { mark in
            blockers[mark.peer.user].map {
                ServerEvent.Presence(user: mark.peer.user, isOnline: false, lastSeen: $0)
            }
        }
        return .peers(marks, present + gone, next: next)
    }
}
