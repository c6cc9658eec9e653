import ChatWire
import Synchronization
import Testing

@testable import ChatClient

/// A network that the test controls.
final class ScriptedTransport: Transport {
    private struct State {
        /// The event handlers of the links, in the order of opening.
        var events: [@Sendable (LinkEvent) -> Void] = []
        /// What was done with the links, in order: `open`, `close`, `ping`, or the text that was sent.
        var journal: [String] = []
        var token: String?
        var historyAnswers = 0
    }

    private struct Line: Link {
        let token: String?
        let note: @Sendable (String) -> Void
        func send(text: String) { note(text) }
        func ping(patience: Duration) { note("ping") }
        func close() { note("close") }
    }

    private let state = Mutex(State())
    private let history: Result<HistoryPage, HistoryFailure>

    init(token: String? = nil, history: Result<HistoryPage, HistoryFailure> = .success(HistoryPage(messages: []))) {
        self.history = history
        state.withLock { $0.token = token }
    }

    var links: Int { state.withLock { $0.events.count } }
    var isOpen: Bool { links > 0 }
    var journal: [String] { state.withLock(\.journal) }
    var sent: [String] { journal.filter { $0.hasPrefix("{") } }
    var hasGivenHistory: Bool { state.withLock { $0.historyAnswers > 0 } }

    func has(_ word: String) -> Bool { journal.contains { $0.contains(word) } }

    /// Replaces the token.
    func renew(_ token: String?) { state.withLock { $0.token = token } }

    /// - Parameter link: The link's number, counted from 1; nil for the last one.
    func tell(_ event: LinkEvent, link: Int? = nil) {
        let events = state.withLock { state in link.map { state.events[$0 - 1] } ?? state.events.last }
        events?(event)
    }

    func tell(_ event: ServerEvent, link: Int? = nil) {
        tell(.received(text: WireCodec.encode(event)), link: link)
    }

    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link {
        state.withLock { state in
            state.events.append(events)
            state.journal.append("open")
            return Line(token: state.token) { [weak self] line in self?.state.withLock { $0.journal.append(line) } }
        }
    }

    func currentToken() -> String? { state.withLock(\.token) }

    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage {
        state.withLock { $0.historyAnswers += 1 }
        return try history.get()
    }

    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList {
        throw .notProvided
    }
}

/// Waits for a condition. The limit is generous, because other tests may occupy the processor.
func until(_ isSo: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while !isSo() {
        try #require(ContinuousClock.now < deadline)
        try await Task.sleep(for: .milliseconds(2))
    }
}
