import ChatWire

/// A user came or left: a page of their peers is told, and the next page is an errand of its own.
struct PeerNews: PresenceErrand, Equatable {
    let user: UserID
    /// When they left; nil if they came.
    let lastSeen: Timestamp?
    let place: PeersPlace
    /// Which news of the user it is. Nil: it is told to the end of the page, whatever the user does meanwhile.
    private let number: Int?
    private var peers: [UserID] = []
    private var next: PeersPlace?

    init(of user: UserID, lastSeen: Timestamp?, from place: PeersPlace, number: Int?) {
        self.user = user
        self.lastSeen = lastSeen
        self.place = place
        self.number = number
    }

    /// Nil where the user is back, or the server ends: then nobody is told.
    init?<Device>(of departure: DepartureQueue.Departure, in registry: inout Registry<Device>) {
        guard !registry.isDraining, registry.depart(departure.user, leftAt: departure.leftAt) else { return nil }
        self.init(of: departure.user, lastSeen: departure.leftAt, from: .start, number: nil)
    }

    /// False where the user has come or left again, of which all are told, or the server ends.
    func isNews<Device>(in registry: Registry<Device>) -> Bool {
        !registry.isDraining && (number.map { registry.isLatest($0, of: user) } ?? true)
    }

    /// It is not told to the end.
    func end<Device>(in registry: inout Registry<Device>) {
        if let number { registry.endNews(number, of: user) }
    }

    func start() -> [PresenceEffect] { [.ask(.marks(of: user, in: place.range))] }

    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .marks(let page):
            (peers, next) = (page.marks.map(\.peer.user), place.next(after: page))
            return [.ask(.blockedEitherWay(with: user, among: peers))]
        case .blockedEitherWay(let apart):
            let told = PresenceEffect.tell(peers.filter { !apart.contains($0) }, about: user, lastSeen: lastSeen)
            guard let next else {
                end(in: &registry)
                return [told]
            }
            let number = number ?? registry.beginNews(of: user)
            return [told, .tellRest(PeerNews(of: user, lastSeen: lastSeen, from: next, number: number))]
        case .marksWith, .blockers, .lastSeen, .lastTime: return []  // not asked
        }
    }
}
