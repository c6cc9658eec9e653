import ChatWire
import ClientUpdates
import TextSearch

/// The open conversation on the screen: its state, the visible part, and the user's actions in it.
struct ConversationScreen: Sendable {
    var state: ConversationState

    // The loading of the history.
    private(set) var history = History.unknown
    /// Whether the disk or the server has messages older than the first one in the transcript.
    var hasOlder = false
    /// The message before which a page is being loaded.
    var loadingBefore: MessageID?
    /// The message after which a page is being loaded.
    var loadingAfter: MessageID?
    /// The current step of a jump to the beginning. Nil if there is no jump.
    var jumpToTop: JumpToTop?
    /// The jump to a day. Nil if there is no jump, or if it is finished.
    var dateJump: DateJump?

    // The visible part.
    var viewport = Viewport.following
    var new = NewMessages()
    /// The message that the keys for one message act on.
    var selected: Transcript.LineID?
    var search: Search?
    /// The message that the user chose among the results of a search in all conversations.
    var found: Found?

    // The user's input.
    /// The draft that was restored when the conversation was opened again.
    var restoredDraft: String?
    /// The draft that the last `Effect.draftChanged` reported.
    var reportedDraft: Draft = ""
    /// Whether the draft was changed or sent since the conversation was opened.
    var hasReportedDraft = false
    var inputHistory = InputHistory()

    enum History: Sendable {
        /// Neither the disk nor the server has said yet whether there is a history.
        case unknown
        case known
        /// The history is missing or incomplete.
        case failed(HistoryFailure)
    }

    /// Messages of the peer that the user has not seen.
    struct NewMessages: Sendable {
        var count = 0
        /// The first new message. The unread marker is a line above it.
        var first: MessageID?
        /// The unread marker belongs above a message that is not loaded yet.
        var isMarkerAwaited = false
        /// The user has seen the unread marker.
        var isMarkerSeen = false
    }

    /// A message that a search in all conversations found.
    struct Found: Sendable {
        let id: MessageID
        let words: WordQuery
        var state = State.waiting

        enum State: Sendable {
            /// The conversation is being opened.
            case waiting
            /// The messages around it are being loaded.
            case loading
            case shown
        }
    }

    /// A step of the jump to the beginning of the conversation.
    enum JumpToTop: Sendable, Equatable {
        /// The jump waits for a page that was requested for another reason.
        case waitingForPage
        /// The oldest messages were requested from the disk.
        case loadingFromDisk
        /// The pages are loaded one after the other.
        case loadingPages
    }

    init(_ state: ConversationState) { self.state = state }

    var peer: UserID { state.peer }

    /// The disk or the server has sent a part of the history. A failure that was reported before still holds.
    mutating func historyReceived() {
        if case .unknown = history { history = .known }
    }

    mutating func historyFailed(_ problem: HistoryFailure) { history = .failed(problem) }

    /// The history is complete.
    mutating func historyComplete() { history = .known }
}

// MARK: - Leaving it, and coming back

extension ConversationScreen {
    /// The conversation with a peer, with what is known of it before the client reports anything.
    init(with peer: UserID, in app: AppState) {
        let (parked, entry) = (app.parked[peer] ?? ParkedConversation(), app.inbox[peer])
        self.init(
            ConversationState(
                user: app.user, peer: peer,
                peerName: OverridableText(override: parked.givenName, fromServer: entry?.peerName),
                products: ConversationProducts(chosen: parked.chosenProduct, last: entry?.product),
                capacity: app.capacity))
        inputHistory = parked.inputHistory
        let draft = inputHistory.unsaved(with: parked.draft)
        if !draft.isEmpty { (restoredDraft, reportedDraft) = (draft.text, draft) }
    }

    /// What is kept of the conversation while another one is open.
    func parked(withDraft draft: Draft) -> ParkedConversation {
        let unsaved = state.unsaved.map {
            Transcript.Pending(
                id: $0.id, text: $0.text, product: $0.product, createdAt: $0.createdAt, status: .waiting)
        }
        return ParkedConversation(
            draft: draft, inputHistory: inputHistory, givenName: state.peerName.override,
            chosenProduct: state.products.chosen, pending: state.transcript.pending + unsaved,
            last: state.transcript.stored.last?.id)
    }
}
