import ChatWire

/// Decides what becomes of the messages written here, until the server has them: rules 11–17 of `States.swift`.
struct Delivery: Sendable {
    private(set) var outbox = Outbox()
    /// Old messages that go all the same, because the user said so.
    private var resendsOnRequest: Set<ClientMessageID> = []

    enum Event: Sendable, Hashable {
        case written(UnsentMessage)
        case saved(ClientMessageID)
        case notSaved(ClientMessageID)
        /// The user wants it sent once more.
        case resend(ClientMessageID)
        /// The user gives it up.
        case discard(ClientMessageID)
        /// Windows that are gone left them on the disk. `first`: they were written before all that waits here.
        case adopted([UnsentMessage], first: Bool)
        /// The connection may have messages now, but none of those to `except`.
        case mayGo(Manner, except: Set<UserID>)
        /// The server has it.
        case settled(ClientMessageID)
        case refused(ClientMessageID, Refusal)
        /// The server does not tell whether it has it.
        case unconfirmed([ClientMessageID])
        /// A server that knows repeats authorised the connection.
        case authorized
    }

    /// How a server takes messages.
    enum Manner: Sendable, Hashable {
        /// Protocol 1: one after the other, and it must be known for ever that it may have arrived.
        case oneInAll
        /// Protocol 2.
        case oneOfEachConversation
    }

    struct Refusal: Sendable, Hashable {
        var code: ErrorCode?
        var message: UntrustedText
        /// In milliseconds.
        var retryAfter: Int?
        /// The server said which message it means. Otherwise it knows no repeats either.
        var namesMessage: Bool
    }

    enum Effect: Sendable, Hashable {
        case store(StoreChange)
        /// Goes to the present connection now.
        case transmit(ClientMessageID)
        /// Goes to the present connection once the disk has it as in flight.
        case transmitOnceStored(ClientMessageID)
        /// No answer to it is awaited any more.
        case answered(ClientMessageID)
        /// Nothing may go for so long.
        case pause(Duration)
        // Only about the open conversation:
        case show(ClientMessageID, UnsentStatus)
        case showUnsent(UnsentMessage, UnsentStatus)
        case postponed(ClientMessageID, ErrorCode?, by: Duration)
    }

    /// So often a message goes again that the server could not store.
    private static let mostRetries = 3

    /// - Parameter peer: whose conversation is open.
    mutating func handle(_ event: Event, peer: UserID?, now: Moment) -> [Effect] {
        switch event {
        case .written(let message): outbox.append(message, state: .unsaved)
        case .saved(let id): return outbox.move(id, by: .saved) ? show(id, .waiting, peer) : []
        case .notSaved(let id):
            if outbox[id]?.state == .unsaved { outbox[id] = nil }
        case .resend(let id):
            guard outbox.release(id: id) else { return [] }
            resendsOnRequest.insert(id)
            return [.store(.setState(.waiting, ofUnsent: id))] + show(id, .waiting, peer)
        case .discard(let id):
            guard outbox[id]?.state == .held else { return [] }
            outbox[id] = nil
            return [.store(.removeUnsent(id: id))]
        case .adopted(let messages, let first):
            return messages.enumerated().flatMap { adopt($1, at: first ? $0 : nil, peer, now) }
        case .mayGo(let manner, let except): return next(manner, except, peer, now)
        case .settled(let id):
            outbox[id] = nil
            resendsOnRequest.remove(id)
            return [.answered(id), .store(.removeUnsent(id: id))]
        case .refused(let id, let refusal): return refused(id, refusal, peer)
        case .unconfirmed(let ids): return ids.flatMap { hold($0, .unconfirmed, peer) }
        case .authorized: return outbox.takeBackInFlight().flatMap { hold($0.id, .unconfirmed, peer) }
        }
        return []
    }
}

// MARK: - Sending

extension Delivery {
    private mutating func next(
        _ manner: Manner, _ except: Set<UserID>, _ peer: UserID?, _ now: Moment
    ) -> [Effect] {
        var effects: [Effect] = []
        while manner == .oneOfEachConversation || outbox.inFlight == nil, let entry = outbox.next(butFor: except) {
            guard !entry.message.isStale(at: now.wall) || resendsOnRequest.contains(entry.id) else {
                effects += hold(entry.id, .stale, peer)
                continue
            }
            outbox.move(entry.id, by: .given)
            switch manner {
            case .oneInAll:
                outbox[entry.id]?.wasGivenToProtocol1 = true
                effects.append(.transmitOnceStored(entry.id))
            case .oneOfEachConversation: effects.append(.transmit(entry.id))
            }
        }
        return effects
    }

    /// Takes over what was stored before, as its state says.
    private mutating func adopt(_ message: UnsentMessage, at place: Int?, _ peer: UserID?, _ now: Moment) -> [Effect] {
        let (state, status): (OutgoingState, UnsentStatus) =
            switch message.state {
            case .waiting where message.isStale(at: now.wall): (.held, .stale)
            case .waiting: (.waiting, .waiting)
            // The first history tells whether it arrived.
            case .inFlight: (.inFlight, .waiting)
            case .held: (.held, .unconfirmed)
            }
        outbox.append(message, state: state, at: place)
        return message.receiver == peer ? [.showUnsent(message, status)] : []
    }
}

// MARK: - Answers

extension Delivery {
    private mutating func refused(_ id: ClientMessageID, _ refusal: Refusal, _ peer: UserID?) -> [Effect] {
        guard let entry = outbox[id], entry.state == .inFlight else { return [] }
        guard let delay = Self.delay(after: refusal, retries: entry.retries) else {
            return hold(id, .refused(refusal.code, message: refusal.message), peer)
        }
        outbox.move(id, by: .postponed)
        if refusal.code == .storageFailed { outbox[id]?.retries += 1 }
        let told: [Effect] = entry.message.receiver == peer ? [.postponed(id, refusal.code, by: delay)] : []
        return [.answered(id), .pause(delay)] + told
    }

    /// How long to wait before a refused message goes again by itself, or nil where it is the user's turn.
    private static func delay(after refusal: Refusal, retries: Int) -> Duration? {
        guard refusal.namesMessage else { return nil }
        switch refusal.code {
        case .rateLimited: return .milliseconds(min(max(refusal.retryAfter ?? 1000, 100), 60_000))
        case .storageFailed where retries < mostRetries: return .seconds(1 << retries)
        default: return nil
        }
    }

    private mutating func hold(_ id: ClientMessageID, _ status: UnsentStatus, _ peer: UserID?) -> [Effect] {
        guard let entry = outbox[id] else { return [] }
        resendsOnRequest.remove(id)
        guard entry.message.receiver == peer else {
            outbox[id] = nil
            // Of another conversation no history was looked at. What may have arrived stays in flight on disk, for the
            // window that opens it to look there.
            let held: [Effect] = status == .unconfirmed ? [] : [.store(.setState(.held, ofUnsent: id))]
            return held + [.store(.disown(id: id)), .answered(id)]
        }
        outbox.move(id, by: .held)
        outbox[id]?.heldAs = status
        return [.store(.setState(.held, ofUnsent: id)), .answered(id), .show(id, status)]
    }

    private func show(_ id: ClientMessageID, _ status: UnsentStatus, _ peer: UserID?) -> [Effect] {
        outbox[id]?.message.receiver == peer ? [.show(id, status)] : []
    }
}

extension UnsentMessage {
    /// What is older is not sent without the user's word.
    static let longestWait: Duration = .seconds(24 * 3600)

    func isStale(at now: Timestamp) -> Bool { now - createdAt > Self.longestWait }
}
