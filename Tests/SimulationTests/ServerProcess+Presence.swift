import ChatWire

@testable import ChatServer

// Who is online, as `Hub` has it.

extension ServerProcess {
    func meetPeers(of user: UserID, from place: PeersPlace, on connection: ServerConnection) {
        after(databaseTime) { [self] in
            if server.isFailing { return connection.handle(.peersFailed) }
            let page = recentMarks(of: user, from: place)
            let (marks, next) = (page.marks, place.next(after: page))
            let peers = marks.map(\.peer.user)
            if registry.arrive(user) { tell(everybody(of: user), of: user, lastSeen: nil) }
            let lastSeen = server.ledger.lastSeen(of: peers)
            after(databaseTime) { [self] in
                let presences = peers.compactMap { presence(of: $0, lastSeen: lastSeen[$0]) }
                connection.handle(.peers(marks, presences, next: next))
            }
        }
    }

    func remove(_ connection: ServerConnection) {
        let time = server.now
        guard let user = registry.remove(connection, at: time) else { return }
        after(6.s...6.s) { [self] in
            guard registry.depart(user, leftAt: time), !server.isFailing else { return }
            server.ledger.setLastSeen(time, of: user)
            tell(everybody(of: user), of: user, lastSeen: time)
        }
    }

    /// Smaller pages than the real ones, so that there are several.
    private func recentMarks(of user: UserID, from place: PeersPlace) -> MarksPage {
        let since = server.now.advanced(by: .seconds(-30 * 24 * 3600))
        return server.ledger.marks(of: user, in: place.range, since: since, limit: 2)
    }

    private func everybody(of user: UserID) -> [UserID] {
        var (peers, place) = ([UserID](), Optional(PeersPlace.start))
        while let next = place {
            let page = recentMarks(of: user, from: next)
            peers += page.marks.map(\.peer.user)
            place = next.next(after: page)
        }
        return peers
    }

    private func tell(_ peers: [UserID], of user: UserID, lastSeen: Timestamp?) {
        for connection in peers.flatMap({ devices(of: $0) }) {
            connection.handle(
                .relay(.presence(presence(of: user, lastSeen: lastSeen) ?? .init(user: user, isOnline: false))))
        }
    }

    private func presence(of user: UserID, lastSeen: Timestamp?) -> ServerEvent.Presence? {
        if registry.isPresent(user) { return .init(user: user, isOnline: true) }
        return lastSeen.map { .init(user: user, isOnline: false, lastSeen: $0) }
    }
}
