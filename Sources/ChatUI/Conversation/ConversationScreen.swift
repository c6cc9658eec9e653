import ChatWire
import ClientUpdates

/// The open conversation as the screen shows it: which part of it is in sight, and what is done with it.
struct ConversationScreen: Sendable {
    var state: ConversationState

    // The history.
    private(set) var history = History.unknown
    /// Whether the disk or the server has messages older than the first one here.
    var hasOlder = false
    /// The message whose predecessors are being loaded.
    var loadingBefore: MessageID?
    /// The message whose successors are being loaded.
    var loadingAfter: MessageID?
    /// Which step of the jump to the beginning is under way. Nil: there is no jump.
    var jumpToTop: JumpToTop?

    // What is in sight.
    var viewport = Viewport.following
    var new = NewMessages()
    /// The message that the keys for one message act upon.
    var selected: Transcript.LineID?
    var search: Search?

    // What the user wrote.
    /// What the user had left in the input line when they were here before.
    var restoredDraft: String?
    /// The draft that the last `Effect.draftChanged` told of.
    var reportedDraft = ""
    var inputHistory = InputHistory()

    enum History: Sendable {
        /// Neither the disk nor the server told whether there is a history.
        case unknown
        case known
        /// The server's history is not here, or not all of it.
        case failed(HistoryFailure)
    }

    /// Messages of the peer that the user has not seen.
    struct NewMessages: Sendable {
        var count = 0
        /// The message before which the line stands that says where new ones begin.
        var first: MessageID?
        /// The line belongs before a message that is not loaded yet.
        var isLineAwaited = false
        /// The line was before the user's eyes.
        var isLineSeen = false
    }

    /// After the key for the beginning, until it is here.
    enum JumpToTop: Sendable, Equatable {
        /// A page is under way that something else asked for.
        case begun
        /// The disk was asked for its oldest messages.
        case byDisk
        /// One page after the other.
        case byPages
    }

    init(_ state: ConversationState) { self.state = state }

    var peer: UserID { state.peer }

    /// The disk or the server told of the history. Why a part of it is missing stays true.
    mutating func historyTold() {
        if case .unknown = history { history = .known }
    }

    mutating func historyFailed(_ problem: HistoryFailure) { history = .failed(problem) }

    /// Nothing of the history is missing.
    mutating func historyComplete() { history = .known }
}

// MARK: - Leaving it, and coming back

extension ConversationScreen {
    /// The conversation with somebody, as far as it is known before the world tells of it.
    init(with peer: UserID, in app: AppState) {
        let (parked, entry) = (app.parked[peer] ?? ParkedConversation(), app.inbox?[peer])
        self.init(
            ConversationState(
                user: app.user, peer: peer, peerName: GivenOrTold(given: parked.givenName, told: entry?.peerName),
                product: GivenOrTold(given: parked.givenProduct, told: entry?.product?.title), capacity: app.capacity))
        inputHistory = parked.inputHistory
        if !parked.draft.isEmpty { (restoredDraft, reportedDraft) = (parked.draft, parked.draft) }
    }

    /// What is kept of it while another one is on the screen.
    func parked(withDraft draft: String) -> ParkedConversation {
        let unsaved = state.unsaved.map {
            Transcript.Pending(id: $0.id, text: $0.text, createdAt: $0.createdAt, status: .waiting)
        }
        return ParkedConversation(
            draft: draft, inputHistory: inputHistory, givenName: state.peerName.given,
            givenProduct: state.product.given, pending: state.transcript.pending + unsaved,
            last: state.transcript.stored.last?.id)
    }
}
