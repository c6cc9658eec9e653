import ChatWire

@testable import ChatServer

// Presence operations, in simulated time.

extension ServerProcess {
    var recentTimes: Timestamp { now.advanced(by: .seconds(-30 * 24 * 3600)) }

    func syncPeers(of user: UserID, from place: PeerPagePosition, on connection: ServerConnection) {
        inTurn(of: user) { [self] done in
            run(PeerSync(of: user, from: place)) { meeting in
                connection.handle(meeting.map { $0.result(in: self.registry) } ?? .peersFailed)
                done()
            }
        }
    }

    func remove(_ connection: ServerConnection) {
        let time = now
        guard let user = registry.remove(connection, at: time) else { return }
        if departures.append(.init(user: user, leftAt: time), now: world.now.instant) { workOffDepartures() }
    }

    private func workOffDepartures() {
        guard let (departure, due) = departures.next() else { return }
        world.at(world.time(of: due)) { [self] in
            guard isAlive else { return }
            guard let news = PresenceAnnouncement(of: departure, in: &registry) else { return workOffDepartures() }
            ask({ $0.ledger.setLastSeen(departure.leftAt, of: departure.user) }) { [self] written in
                if written == nil { return workOffDepartures() }
                tell(news) { self.workOffDepartures() }
            }
        }
    }

    private func tell(_ news: PresenceAnnouncement, then finish: @escaping () -> Void = {}) {
        inTurn(of: news.user) { [self] done in
            run(news) { told in
                if told == nil { news.end(in: &self.registry) }
                done()
                finish()
            }
        }
    }

    func tell(_ peers: [UserID], about user: UserID, lastSeen: Timestamp?) {
        for connection in peers.flatMap({ registry.connections(of: $0) }) {
            let presence = registry.presence(of: user, lastSeen: lastSeen)
            connection.handle(.relay(.presence(presence ?? .init(user: user, isOnline: false))))
        }
    }

    /// A page takes its turn.
    func inTurn(of user: UserID, _ work: @escaping (_ done: @escaping () -> Void) -> Void) {
        let turn = { work { self.turns.release()?() } }
        if turns.acquire(turn, of: user) { turn() }
    }

    // MARK: - Errands

    func run(_ errands: [some PresenceOperation], then finish: @escaping () -> Void) {
        guard let first = errands.first else { return finish() }
        run(first) { _ in self.run(Array(errands.dropFirst()), then: finish) }
    }

    /// - Parameter finish: Given the errand as it is at its end; nil where the database failed.
    func run<Errand: PresenceOperation>(_ errand: Errand, then finish: @escaping (Errand?) -> Void = { _ in }) {
        goOn(errand, errand.start()[...], finish)
    }

    private func goOn<Errand: PresenceOperation>(
        _ errand: Errand, _ effects: ArraySlice<PresenceEffect>, _ finish: @escaping (Errand?) -> Void
    ) {
        var rest = effects
        while let effect = rest.popFirst() {
            switch effect {
            case .ask(let question):
                return ask({ $0.answer(to: question, recentTimes: self.recentTimes) }) { [self, rest] answer in
                    guard let answer else { return finish(nil) }
                    var next = errand
                    let effects = next.take(answer, in: &registry)
                    goOn(next, rest + effects, finish)
                }
            case .tell(let peers, let user, let lastSeen):
                tell(peers, about: user, lastSeen: lastSeen)
                let there = peers.filter(registry.others.have)
                if !there.isEmpty { publish([.tell(there, about: user, lastSeen: lastSeen)]) }
            case .tellRest(let news):
                after(0...5.ms) { [self] in
                    if news.isCurrent(in: registry) { tell(news) } else { news.end(in: &registry) }
                }
            case .relay(let event, let user):
                relay(event, to: user)
                publish([.relay(event, to: user, behindMessages: false)])
            }
        }
        finish(errand)
    }
}
