import ChatWire

/// Decides what happens to the messages written here until the server has them: rules 11–17 of `States.swift`.
struct Delivery: Sendable {
    private(set) var outbox = Outbox()
    /// Old messages that are sent nevertheless, because the user asked for it.
    private var resendsOnRequest: Set<ClientMessageID> = []

    enum Event: Sendable, Hashable {
        case written(UnsentMessage)
        case saved(ClientMessageID)
        case notSaved(ClientMessageID)
        /// The user wants the message sent again.
        case resend(ClientMessageID)
        /// The user gives the message up.
        case discard(ClientMessageID)
        /// Messages that closed windows left on the disk. `first`: they were written before all that wait here.
        case adopted([UnsentMessage], first: Bool)
        /// The connection may take messages now, except to the peers of `except`.
        case maySend(InFlightLimit, except: Set<UserID>)
        /// The server has the message.
        case settled(ClientMessageID)
        case refused(ClientMessageID, Refusal)
        /// The server does not tell whether it has the messages.
        case unconfirmed([ClientMessageID])
        /// A server of protocol 2, which recognises repeated messages, authorised the connection.
        case authorized
    }

    /// How many messages a server is sent at once.
    enum InFlightLimit: Sendable, Hashable {
        /// Protocol 1: one message at a time. The disk has to remember that the message may have arrived.
        case onePerConnection
        /// Protocol 2: one message of each conversation at a time.
        case onePerConversation
    }

    struct Refusal: Sendable, Hashable {
        var code: ErrorCode?
        var message: UntrustedText
        /// In milliseconds.
        var retryAfter: Int?
        /// Whether the server named the message that it refused. If not, it does not recognise repeated messages
        /// either.
        var namesMessage: Bool
    }

    enum Effect: Sendable, Hashable {
        case store(StoreChange)
        /// Send the message on the present connection now.
        case transmit(ClientMessageID)
        /// Send the message on the present connection once the disk has it as in flight.
        case transmitOnceStored(ClientMessageID)
        /// No longer wait for an answer to the message.
        case answered(ClientMessageID)
        /// Send nothing for so long.
        case pause(Duration)
        // These concern only the open conversation:
        case show(ClientMessageID, UnsentStatus)
        case showUnsent(UnsentMessage, UnsentStatus)
        case postponed(ClientMessageID, ErrorCode?, by: Duration)
    }

    /// How often a message is sent again after `storage_failed`.
    private static let maxRetries = 3

    /// - Parameter peer: Whose conversation is open.
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
        case .maySend(let limit, let except): return next(limit, except, peer, now)
        case .settled(let id):
            outbox[id] = nil
            resendsOnRequest.remove(id)
            return [.answered(id), .store(.removeUnsent(id: id))]
        case .refused(let id, let refusal): return refused(id, refusal, peer)
        case .unconfirmed(let ids): return ids.flatMap { hold($0, .unconfirmed, peer) }
        case .authorized: return outbox.requeueInFlight().flatMap { hold($0.id, .unconfirmed, peer) }
        }
        return []
    }
}

// MARK: - Sending

extension Delivery {
    private mutating func next(
        _ limit: InFlightLimit, _ except: Set<UserID>, _ peer: UserID?, _ now: Moment
    ) -> [Effect] {
        var effects: [Effect] = []
        while limit == .onePerConversation || outbox.inFlight == nil, let entry = outbox.next(excluding: except) {
            guard !entry.message.isStale(at: now.wall) || resendsOnRequest.contains(entry.id) else {
                effects += hold(entry.id, .stale, peer)
                continue
            }
            outbox.move(entry.id, by: .sent)
            switch limit {
            case .onePerConnection:
                outbox[entry.id]?.wasSentInProtocol1 = true
                effects.append(.transmitOnceStored(entry.id))
            case .onePerConversation: effects.append(.transmit(entry.id))
            }
        }
        return effects
    }

    /// Adds a message that was stored before. Its stored state determines its present one.
    private mutating func adopt(_ message: UnsentMessage, at place: Int?, _ peer: UserID?, _ now: Moment) -> [Effect] {
        let (state, status): (OutgoingState, UnsentStatus) =
            switch message.state {
            case .waiting where message.isStale(at: now.wall): (.held, .stale)
            case .waiting: (.waiting, .waiting)
            // The first page of the history tells whether it arrived.
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
        let updates: [Effect] = entry.message.receiver == peer ? [.postponed(id, refusal.code, by: delay)] : []
        return [.answered(id), .pause(delay)] + updates
    }

    /// How long to wait before a refused message is sent again without the user; nil if the user has to decide.
    private static func delay(after refusal: Refusal, retries: Int) -> Duration? {
        guard refusal.namesMessage else { return nil }
        switch refusal.code {
        case .rateLimited: return .milliseconds(min(max(refusal.retryAfter ?? 1000, 100), 60_000))
        case .storageFailed where retries < maxRetries: return .seconds(1 << retries)
        default: return nil
        }
    }

    private mutating func hold(_ id: ClientMessageID, _ status: UnsentStatus, _ peer: UserID?) -> [Effect] {
        guard let entry = outbox[id] else { return [] }
        resendsOnRequest.remove(id)
        guard entry.message.receiver == peer else {
            outbox[id] = nil
            // This conversation's history was not read. A message that may have arrived stays in flight on the disk;
            // the window that opens the conversation looks for it in the history.
            let held: [Effect] = status == .unconfirmed ? [] : [.store(.setState(.held, ofUnsent: id))]
            return held + [.store(.disown(id: id)), .answered(id)]
        }
        outbox.move(id, by: .held)
        outbox[id]?.heldReason = status
        return [.store(.setState(.held, ofUnsent: id)), .answered(id), .show(id, status)]
    }

    private func show(_ id: ClientMessageID, _ status: UnsentStatus, _ peer: UserID?) -> [Effect] {
        outbox[id]?.message.receiver == peer ? [.show(id, status)] : []
    }
}

extension UnsentMessage {
    /// Older messages are not sent without the user's consent.
    static let maxAge: Duration = .seconds(24 * 3600)

    func isStale(at now: Timestamp) -> Bool { now - createdAt > Self.maxAge }
}
