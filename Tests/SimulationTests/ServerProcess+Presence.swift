import ChatWire

@testable import ChatServer

// Who is online, as `Hub` has it.

extension ServerProcess {
    func meetPeers(of user: UserID, on connection: ServerConnection) {
        after(databaseTime) { [self] in
            if server.isFailing { return connection.handle(.peersFailed) }
            let marks = recentMarks(of: user)
            let peers = marks.map(\.peer.user)
            if registry.arrive(user) { tell(peers, of: user, lastSeen: nil) }
            let lastSeen = server.ledger.lastSeen(of: peers)
            after(databaseTime) { [self] in
                connection.handle(.peers(marks, peers.compactMap { presence(of: $0, lastSeen: lastSeen[$0]) }))
            }
        }
    }

    func remove(_ connection: ServerConnection) {
        let time = server.now
        guard let user = registry.remove(connection, at: time) else { return }
        after(6.s...6.s) { [self] in
            guard registry.depart(user, leftAt: time), !server.isFailing else { return }
            server.ledger.setLastSeen(time, of: user)
            tell(recentMarks(of: user).map(\.peer.user), of: user, lastSeen: time)
        }
    }

    private func recentMarks(of user: UserID) -> [ConversationMarks] {
        server.ledger.marks(of: user, since: server.now.advanced(by: .seconds(-30 * 24 * 3600)), limit: 200)
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
