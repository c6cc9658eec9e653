import ChatWire

/// Tells one page of a user's peers that the user came or left. The next page is another operation.
struct PresenceAnnouncement: PresenceOperation, Equatable {
    let user: UserID
    /// The time at which the user left; nil if the user came.
    let lastSeen: Timestamp?
    let position: PeerPagePosition
    /// The number of the announcement. Nil means that this page is told in any case, whatever the user does meanwhile.
    private let number: Int?
    private var peers: [UserID] = []
    private var next: PeerPagePosition?

    init(of user: UserID, lastSeen: Timestamp?, from position: PeerPagePosition, number: Int?) {
        self.user = user
        self.lastSeen = lastSeen
        self.position = position
        self.number = number
    }

    /// Returns nil if the user is back, or if the server is ending. Nobody is told then.
    init?<Device>(of departure: DepartureQueue.Departure, in registry: inout Registry<Device>) {
        guard !registry.isDraining, registry.markOffline(departure.user, leftAt: departure.leftAt) else { return nil }
        self.init(of: departure.user, lastSeen: departure.leftAt, from: .start, number: nil)
    }

    /// Whether this is still the newest announcement of the user, and the server is not ending.
    func isCurrent<Device>(in registry: Registry<Device>) -> Bool {
        !registry.isDraining && (number.map { registry.isLatestAnnouncement($0, of: user) } ?? true)
    }

    /// Ends the announcement before all peers were told.
    func end<Device>(in registry: inout Registry<Device>) {
        if let number { registry.endAnnouncement(number, of: user) }
    }

    func start() -> [PresenceEffect] { [.ask(.marks(of: user, in: position.range))] }

    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .marks(let page):
            (peers, next) = (page.marks.map(\.peer.user), position.next(after: page))
            if peers.isEmpty, next == nil {
                end(in: &registry)
                return []
            }
            return [.ask(.blockedEitherWay(with: user, among: peers))]
        case .blockedEitherWay(let blocked):
            let told = PresenceEffect.tell(peers.filter { !blocked.contains($0) }, about: user, lastSeen: lastSeen)
            guard let next else {
                end(in: &registry)
                return [told]
            }
            let number = number ?? registry.beginAnnouncement(of: user)
            return [told, .tellRest(PresenceAnnouncement(of: user, lastSeen: lastSeen, from: next, number: number))]
        case .marksWith, .blockers, .lastSeen, .lastTime: return []  // this operation never asks these
        }
    }
}
