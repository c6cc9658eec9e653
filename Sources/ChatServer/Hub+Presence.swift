import ChatWire

// Who is online, for those they talked with in the last days.

extension Hub {
    private static let recent: Duration = .seconds(30 * 24 * 3600)
    /// So many conversations are looked up at once, and no more before these have been told of.
    static let peersAtOnce = 200

    /// The user of a connection is here: those they talk with are told, and the connection how things stand, for one page.
    func meetPeers(of user: UserID, from place: PeersPlace, on connection: Connection) async throws(StoreError) {
        let page = try await recentMarks(of: user, from: place)
        let (marks, next) = (page.marks, place.next(after: page))
        let everybody = marks.map(\.peer.user)
        let apart = try await store.blockedEitherWay(with: user, among: everybody)
        let peers = everybody.filter { !apart.contains($0) }
        if registry.withLock({ $0.arrive(user) }) {
            tell(peers, of: user, lastSeen: nil)
            if let next { tellMore(of: user, from: next, lastSeen: nil) }
        }
        registry.withLock { $0.note(acquaintances: peers, of: user) }
        let absent = registry.withLock { registry in peers.filter { !registry.isPresent($0) } }
        let lastSeen = absent.isEmpty ? [:] : try await store.lastSeen(of: absent)
        // To whom they block they have been away since.
        let blockers = try await store.blockers(of: user, among: everybody)
        let gone = marks.compactMap { mark in
            blockers[mark.peer.user].map {
                ServerEvent.Presence(user: mark.peer.user, isOnline: false, lastSeen: $0)
            }
        }
        connection.handle {
            // Looked up last, so that no later news can have come before.
            .peers(marks, peers.compactMap { self.presence(of: $0, lastSeen: lastSeen[$0]) } + gone, next: next)
        }
    }

    /// Two who were both here before they first wrote to each other are told so.
    func introduce(_ one: UserID, _ other: UserID) async {
        guard let areApart = try? await store.areApart(one, other), !areApart else { return }
        tell([other], of: one, lastSeen: nil)
        tell([one], of: other, lastSeen: nil)
    }

    private func recentMarks(of user: UserID, from place: PeersPlace) async throws(StoreError) -> MarksPage {
        try await store.marks(of: user, in: place.range, since: recentTimes, limit: Self.peersAtOnce)
    }

    /// From when on a conversation is recent.
    var recentTimes: Timestamp { now().advanced(by: .zero - Self.recent) }

    func remove(_ connection: Connection) {
        reminders.forget(connection)
        let time = now()
        guard let user = registry.withLock({ $0.remove(connection, at: time) }) else { return }
        departures.append(.init(user: user, leftAt: time)) { [self] in await depart($0) }
    }

    private func depart(_ departure: Departures.Departure) async {
        let (user, time) = (departure.user, departure.leftAt)
        guard registry.withLock({ !$0.isDraining && $0.depart(user, leftAt: time) }) else { return }
        do throws(StoreError) {
            try await store.setLastSeen(time, of: user)
            let next = try await greetings.make(for: user) { () throws(StoreError) in
                try await tellPage(of: user, from: .start, lastSeen: time)
            }
            if let next { tellMore(of: user, from: next, lastSeen: time) }
        } catch {
            log.log(.databaseFailed(error))
        }
    }

    /// - Returns: from where there are more peers to tell.
    private func tellPage(
        of user: UserID, from place: PeersPlace, lastSeen: Timestamp?
    ) async throws(StoreError) -> PeersPlace? {
        let page = try await recentMarks(of: user, from: place)
        let everybody = page.marks.map(\.peer.user)
        let apart = try await store.blockedEitherWay(with: user, among: everybody)
        tell(everybody.filter { !apart.contains($0) }, of: user, lastSeen: lastSeen)
        return place.next(after: page)
    }

    /// In a task of its own, so that whoever left later, or the connection, does not wait for somebody with many peers. It goes
    /// on no faster than the user may ask for pages, and ends where the user has come or left again, of which all are told.
    private func tellMore(of user: UserID, from place: PeersPlace, lastSeen: Timestamp?) {
        let news = registry.withLock { $0.beginNews(of: user) }
        Task {
            do throws(StoreError) {
                var place = Optional(place)
                while let next = place {
                    if let delay = delay(ofPageFor: user, permits: Session.permitsOfPeers) {
                        try? await Task.sleep(for: delay)
                    }
                    guard registry.withLock({ !$0.isDraining && $0.isLatest(news, of: user) }) else { break }
                    place = try await greetings.make(for: user) { () throws(StoreError) in
                        try await tellPage(of: user, from: next, lastSeen: lastSeen)
                    }
                }
            } catch {
                log.log(.databaseFailed(error))
            }
            registry.withLock { $0.endNews(news, of: user) }
        }
    }

    /// Tells how things stand at the moment of telling: so whatever is told last is true.
    private func tell(_ peers: [UserID], of user: UserID, lastSeen: Timestamp?) {
        let connections = registry.withLock { registry in peers.flatMap(registry.connections(of:)) }
        let encoding = SharedEncoding(among: connections.count)
        for connection in connections {
            connection.handle(sharing: encoding) {
                .relay(.presence(self.presence(of: user, lastSeen: lastSeen) ?? .init(user: user, isOnline: false)))
            }
        }
    }

    /// Nil for somebody who was never here.
    func presence(of user: UserID, lastSeen: Timestamp?) -> ServerEvent.Presence? {
        if registry.withLock({ $0.isPresent(user) }) { return .init(user: user, isOnline: true) }
        return lastSeen.map { .init(user: user, isOnline: false, lastSeen: $0) }
    }

    // MARK: The end

    /// The server is about to end: it is not ready for new clients, and says nothing of those who leave.
    public func beginDraining() {
        registry.withLock { $0.isDraining = true }
    }

    public var isDraining: Bool { registry.withLock(\.isDraining) }

    /// Notes that everybody left who is online, as far as the time allows.
    public func noteEverybodyLeft(within limit: Duration) async {
        let (deadline, time) = (ContinuousClock.now + limit, now())
        for (user, leftAt) in registry.withLock(\.everybodyPresent) where ContinuousClock.now < deadline {
            do throws(StoreError) {
                try await store.setLastSeen(leftAt ?? time, of: user)
            } catch {
                log.log(.databaseFailed(error))
                return
            }
        }
    }
}
