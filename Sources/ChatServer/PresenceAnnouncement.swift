import ChatWire

/// A user came or left: a page of their peers is told, and the next page is an errand of its own.
struct PresenceAnnouncement: PresenceOperation, Equatable {
    let user: UserID
    /// When they left; nil if they came.
    let lastSeen: Timestamp?
    let position: PeerPagePosition
    /// Which news of the user it is. Nil: it is told to the end of the page, whatever the user does meanwhile.
    private let number: Int?
    private var peers: [UserID] = []
    private var next: PeerPagePosition?

    init(of user: UserID, lastSeen: Timestamp?, from position: PeerPagePosition, number: Int?) {
        self.user = user
        self.lastSeen = lastSeen
        self.position = position
        self.number = number
    }

    /// Nil where the user is back, or the server ends: then nobody is told.
    init?<Device>(of departure: DepartureQueue.Departure, in registry: inout Registry<Device>) {
        guard !registry.isDraining, registry.markOffline(departure.user, leftAt: departure.leftAt) else { return nil }
        self.init(of: departure.user, lastSeen: departure.leftAt, from: .start, number: nil)
    }

    /// False where the user has come or left again, of which all are told, or the server ends.
    func isCurrent<Device>(in registry: Registry<Device>) -> Bool {
        !registry.isDraining && (number.map { registry.isLatestAnnouncement($0, of: user) } ?? true)
    }

    /// It is not told to the end.
    func end<Device>(in registry: inout Registry<Device>) {
        if let number { registry.endAnnouncement(number, of: user) }
    }

    func start() -> [PresenceEffect] { [.ask(.marks(of: user, in: position.range))] }

    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .marks(let page):
            (peers, next) = (page.marks.map(\.peer.user), position.next(after: page))
            return [.ask(.blockedEitherWay(with: user, among: peers))]
        case .blockedEitherWay(let blocked):
            let told = PresenceEffect.tell(peers.filter { !blocked.contains($0) }, about: user, lastSeen: lastSeen)
            guard let next else {
                end(in: &registry)
                return [told]
            }
            let number = number ?? registry.beginAnnouncement(of: user)
            return [told, .tellRest(PresenceAnnouncement(of: user, lastSeen: lastSeen, from: next, number: number))]
        case .marksWith, .blockers, .lastSeen, .lastTime: return []  // not asked
        }
    }
}
