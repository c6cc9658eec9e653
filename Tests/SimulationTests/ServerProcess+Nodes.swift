import ChatWire

@testable import ChatServer

// A process among others on one database, in simulated time: what `NodeService` does, on a bus that loses, delays and
// doubles what it carries.

/// What a process knows of the others.
struct ProcessNodes {
    var directory: NodeDirectory
    var writer: ParcelWriter
    /// The last cursors of the connected users at the last look, and at the one before.
    var heads: [UserID: Int] = [:]
    var headsBefore: [UserID: Int] = [:]
}

extension ServerProcess {
    func joinNodes(run: Int) {
        let id = NodeID(name: "node \(node)", run: "\(run)")
        nodes = ProcessNodes(
            directory: NodeDirectory(own: id, timing: Self.timing, now: world.now.instant),
            writer: ParcelWriter(id, maxBytes: 400, start: world.now.instant))
        registry.hasOtherNodes = true
        publish([.started])
        beat()
    }

    /// Slower than the real one, so that nights are not full of it.
    private static var timing: NodeTiming {
        NodeTiming(beat: .seconds(10), lease: .seconds(50), handover: .seconds(30))
    }

    private func beat() {
        after(10.s...10.s) { [self] in
            world.doNotCount(3)  // this, and the question and the answer about heads
            for effect in nodes?.directory.tick(now: world.now.instant) ?? [] { perform(effect) }
            publish([])
            compareHeads()
            beat()
        }
    }

    // MARK: - Publishing

    func publish(_ events: [NodeEvent]) {
        guard let texts = nodes?.writer.texts(of: events, now: world.now.instant) else { return }
        for other in server.others(than: self) {
            for text in texts { carry(text, to: other) }
        }
    }

    private func carry(_ text: String, to other: ServerProcess) {
        let isBad = !world.isBusCalm && world.dice.chance(world.plan.badParcels)
        switch isBad ? world.dice.below(3) : 3 {
        case 0: break
        case 1: other.after(0...5.s) { other.take(text) }
        case 2:
            other.hears(text)
            other.hears(text)
        default: other.hears(text)
        }
    }

    /// In the order of publishing.
    private func hears(_ text: String) {
        execute(on: busThread) { self.take(text) }
    }

    func publishHints(of answers: [CommitPipeline<MessageOrigin<ServerConnection>>.Answered]) {
        guard nodes != nil else { return }
        let hints = answers.compactMap(\.result.stored).flatMap { stored in
            [FeedHint(user: stored.message.sender, cursor: stored.senderCursor, sent: 1)]
                + (stored.receiverCursor.map { [FeedHint(user: stored.message.receiver, cursor: $0)] } ?? [])
        }
        if !hints.isEmpty { publish([.feedsGrew(hints)]) }
    }

    // MARK: - What others publish

    private func take(_ text: String) {
        guard let parcel = Parcel(text) else { return world.judge.fail("no parcel: \(text)") }
        if parcel.events.isEmpty { world.doNotCount(1) }
        if world.trace.isOn { world.note("node \(node)", "hears \(parcel)") }
        for effect in nodes?.directory.take(parcel, now: world.now.instant) ?? [] { perform(effect) }
    }

    private func perform(_ effect: NodeDirectory.Effect) {
        switch effect {
        case .handle(let event, let other): handle(event, from: other)
        case .setRoster(let users, let other): tellOfUnannounced(registry.others.set(users, on: other), lastSeen: now)
        case .askForRoster(let other): publish([.rosterWanted(of: other)])
        case .sendRoster:
            let users = registry.onlineUsers.map(\.user).sorted { $0.wire < $1.wire }
            publish([.roster(users, isFirst: true, isLast: true)])
        case .somethingWasMissed: after(2.s...2.s) { self.makeUpForWhatWasMissed() }
        case .remove(let other, _, _): tellOfUnannounced(registry.others.set([], on: other), lastSeen: now)
        }
    }

    private func handle(_ event: NodeEvent, from other: NodeID) {
        switch event {
        case .feedsGrew(let hints):
            for hint in hints {
                feedGrew(to: hint.cursor, of: hint.user)
                if hint.sent > 0 { traffic.charge(messages: hint.sent, to: hint.user) }
            }
        case .relay(let event, let user, behindMessages: true): relayReceipt(event, to: user)
        case .relay(let event, let user, behindMessages: false): relay(event, to: user)
        case .came(let user, let isAnnounced):
            let change = registry.others.add(user, on: other)
            if !isAnnounced, let change { tellOfUnannounced([change], lastSeen: now) }
        case .left(let user, let time, let isAnnounced):
            let change = registry.others.remove(user, from: other)
            if !isAnnounced, let change { tellOfUnannounced([change], lastSeen: time) }
        case .tell(let peers, let user, let lastSeen):
            for peer in peers { registry.note(acquaintances: [user], of: peer) }
            if lastSeen == nil || !registry.isOnline(user) { tell(peers, about: user, lastSeen: lastSeen) }
        case .handshakes: world.judge.fail("nobody counts addresses here")
        case .started, .rosterWanted, .roster, .ending: world.judge.fail("the directory handles these")
        }
    }

    private func feedGrew(to cursor: Int, of user: UserID) {
        for connection in registry.connections(of: user) {
            execute(on: connection.thread) { connection.handle(.feedGrew(to: cursor)) }
        }
    }

    private func noteMissedReceipts(of user: UserID) {
        for connection in registry.connections(of: user) {
            execute(on: connection.thread) { connection.handle(.receiptsMissed) }
        }
    }

    private func relayReceipt(_ event: ServerEvent, to user: UserID) {
        guard registry.isConnected(user) else { return }
        ask({ $0.ledger.lastCursor(of: user) }) { [self] cursor in
            guard let cursor else { return noteMissedReceipts(of: user) }
            if world.sabotage != .trustsHints { feedGrew(to: cursor, of: user) }
            relay(event, to: user, behindMessages: true)
        }
    }

    private func makeUpForWhatWasMissed() {
        for user in connectedUsers {
            ask({ $0.ledger.lastCursor(of: user) }) { [self] cursor in
                if let cursor, world.sabotage != .trustsHints { feedGrew(to: cursor, of: user) }
                noteMissedReceipts(of: user)
            }
        }
    }

    /// What was there at the last look was delivered meanwhile, or its hint was lost.
    private func compareHeads() {
        if world.sabotage == .trustsHints { return }
        guard let (heads, before) = nodes.map({ ($0.heads, $0.headsBefore) }) else { return }
        for (user, cursor) in heads.sorted(by: { $0.key.wire < $1.key.wire }) where before[user] != cursor {
            feedGrew(to: cursor, of: user)
        }
        nodes?.headsBefore = heads
        ask({ [users = connectedUsers] server in
            Dictionary(uniqueKeysWithValues: users.map { ($0, server.ledger.lastCursor(of: $0)) })
        }) { heads in
            if let heads { self.nodes?.heads = heads }
        }
    }

    private var connectedUsers: [UserID] { registry.connectedUsers.sorted { $0.wire < $1.wire } }

    private func tellOfUnannounced(_ changes: [OtherNodes.Change], lastSeen: Timestamp) {
        let changed = changes.filter { registry.isOnline($0.user) == $0.isThere }.map(\.user)
        let told = registry.acquaintances(among: Set(changed)).sorted { $0.told.wire < $1.told.wire }
        for (user, others) in told {
            let others = others.sorted { $0.wire < $1.wire }
            ask({ $0.ledger.blockedEitherWay(with: user, among: others) }) { [self] blocked in
                for other in others where blocked?.contains(other) == false {
                    tell([user], about: other, lastSeen: lastSeen)
                }
            }
        }
    }
}
