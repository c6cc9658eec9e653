import ChatClient
import ChatUI
import ChatWire

extension Event {
    /// What the client module tells, in the screen's terms.
    ///
    /// `hasToken`: the user gave one.
    static func events(
        for update: Update, user: UserID, hasToken: Bool, now: ContinuousClock.Instant, _ texts: Texts
    ) -> [Event] {
        switch update {
        case .connection(let status): [.connection(ConnectionState(status, hasToken: hasToken, now: now, texts))]
        case .caughtUp: [.caughtUp]
        case .pastUnknown: [.pastUnknown]
        case .oldest(let messages): [.oldest(messages)]
        case .history(let messages, let hasOlder): [.history(messages, hasOlder: hasOlder)]
        case .historyUnavailable(let failure): [.historyUnavailable(HistoryProblem(failure, texts))]
        case .newer(let messages, let id, let hasNewer): [.newer(messages, after: id, hasNewer: hasNewer)]
        case .around(let id, let messages, let hasOlder, let hasNewer):
            [.around(id, messages, hasOlder: hasOlder, hasNewer: hasNewer)]
        case .beginning(let messages, let hasOlder, let hasNewer):
            [.beginning(messages, hasOlder: hasOlder, hasNewer: hasNewer)]
        case .searchResults(let query, let ids, let isWhole):
            [.searchResults(query: query, ids: ids, isWhole: isWhole)]
        case .received(let message): [.received(message)]
        case .unsent(let message, let status):
            [
                .pending(
                    id: message.id, text: UntrustedText(message.text), createdAt: message.createdAt,
                    OutgoingState(status, texts))
            ]
        case .outgoing(let id, let status): [.outgoing(id: id, OutgoingState(status, texts))]
        case .postponed: []  // to a person it still waits
        case .profile(let name, let product):
            [name.map { .peerNamed($0) }, product?.title.map { .productNamed($0) }].compactMap { $0 }
        case .marked(let mark) where mark.user == user: mark.read.map { [.ownRead(upTo: $0)] } ?? []
        case .marked(let mark):
            [mark.delivered.map { .delivered(upTo: $0) }, mark.read.map { .read(upTo: $0) }].compactMap { $0 }
        case .typing: [.typing]
        case .presence(let isOnline, let lastSeen): [.presence(isOnline: isOnline, lastSeen: lastSeen)]
        case .blocked(let isBlocked): [.blocked(isBlocked)]
        case .blockingFailed(let failure): [.blockingFailed(BlockingProblem(failure, texts))]
        case .draft(let text): [.draft(text)]
        case .opened: [.opened]
        case .conversations(let entries): [.conversations(entries)]
        case .drafts(let drafts): [.drafts(drafts)]
        case .unsentElsewhere(let message, let status):
            [
                .unsentElsewhere(
                    message.receiver, id: message.id, text: UntrustedText(message.text), createdAt: message.createdAt,
                    OutgoingState(status, texts))
            ]
        case .conversationsComplete: [.conversationsComplete]
        case .conversationsUnavailable(let failure): [.conversationsUnavailable(HistoryProblem(failure, texts))]
        case .storeFailed(let failure): [.notKept(reason: texts.storeFailed(failure), isForGood: false)]
        case .storeRecovered: [.keptAgain]
        }
    }
}

extension HistoryProblem {
    fileprivate init(_ failure: HistoryFailure, _ texts: Texts) {
        switch failure {
        case .notProvided: self = .notProvided
        case .failed(let reason): self = .failed(reason)
        case .unreadable(let failure): self = .failed(texts.storeFailure(failure))
        case .notStored: self = .failed(texts.notStored)
        case .onlyOldest(let count): self = .onlyOldest(count)
        case .unreadableRows(let count): self = .unreadable(count)
        }
    }
}

extension ConnectionState {
    fileprivate init(_ status: ConnectionStatus, hasToken: Bool, now: ContinuousClock.Instant, _ texts: Texts) {
        func problem(_ end: LinkEnd) -> String? { texts.problem(end, hasToken: hasToken) }
        switch status {
        case .connecting(let attempt): self = .connecting(attempt: attempt)
        case .waiting(let attempt, let delay, let end):
            self = .waiting(attempt: attempt, retryAt: now + delay, problem: problem(end))
        case .online(let limits): self = .online(limits: limits)
        case .stopped(let end): self = .stopped(problem: texts.unreachable(problem(end)))
        }
    }
}

extension BlockingProblem {
    fileprivate init(_ failure: BlockingFailure, _ texts: Texts) {
        switch failure {
        case .offline: self = .offline
        case .notProvided: self = .notProvided
        case .refused(let code): self = .refused(reason: texts.refusal(code, ServerText.processingFailed))
        }
    }
}

extension OutgoingState {
    fileprivate init(_ status: OutgoingStatus, _ texts: Texts) {
        switch status {
        case .waiting: self = .waiting
        case .stored(let message): self = .stored(message)
        case .found(let message): self = .found(message)
        case .refused(let code, let message): self = .refused(reason: texts.refusal(code, message))
        case .unconfirmed: self = .unconfirmed
        case .stale: self = .stale
        case .notSaved(let failure): self = .notSaved(reason: texts.storeFailure(failure))
        }
    }
}
