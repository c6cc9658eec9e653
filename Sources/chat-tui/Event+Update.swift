import ChatClient
import ChatUI
import ChatWire

extension Event {
    /// What the client module tells, in the screen's terms: mostly one event, with names where the server knows them.
    static func events(for update: Update, peer: UserID, now: Timestamp, _ wording: Wording) -> [Event] {
        switch update {
        case .connection(let status): [.connection(ConnectionState(status, now: now, wording))]
        case .history(let page, let hasOlder):
            names(in: page, peer: peer) + [.history(page.messages.map(\.message), hasOlder: hasOlder), .caughtUp]
        case .historyUnavailable(.notProvided): [.historyUnavailable(.notProvided), .caughtUp]
        case .historyUnavailable(.failed(let reason)): [.historyUnavailable(.failed(reason))]
        case .received(let message, let product):
            (product?.title).map { [.productNamed($0), .received(message)] } ?? [.received(message)]
        case .outgoing(let id, let status): [.outgoing(id: id, OutgoingState(status, wording))]
        }
    }

    private static func names(in page: HistoryPage, peer: UserID) -> [Event] {
        let name = page.messages.last { $0.message.sender == peer && $0.sender.name != nil }?.sender.name
        return name.map { [.peerNamed($0)] } ?? []
    }
}

extension ConnectionState {
    fileprivate init(_ status: ConnectionStatus, now: Timestamp, _ wording: Wording) {
        switch status {
        case .connecting(let attempt): self = .connecting(attempt: attempt)
        case .waiting(let attempt, let delay, let end):
            self = .waiting(attempt: attempt, retryAt: now.advanced(by: delay), problem: wording.problem(end))
        case .online(let limits): self = .online(limits: limits)
        case .stopped(let end): self = .stopped(problem: wording.problem(end) ?? "\(end)")
        }
    }
}

extension OutgoingState {
    fileprivate init(_ status: OutgoingStatus, _ wording: Wording) {
        switch status {
        case .waiting: self = .waiting
        case .stored(let message): self = .stored(message)
        case .refused(let code, let message): self = .refused(reason: wording.refusal(code, message))
        case .unconfirmed: self = .unconfirmed
        }
    }
}
