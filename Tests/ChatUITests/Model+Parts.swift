import ChatWire

@testable import ChatUI

/// Short names for the parts of the model that tests check. Those of a conversation are empty in the list.
extension Model {
    var notice: Notice? {
        get { app.notice }
        set { app.notice = newValue }
    }
    var editor: LineEditor {
        get { app.editor }
        set { app.editor = newValue }
    }
    var overlay: AppState.Overlay? { app.overlay }
    var notKept: AppState.NotKept? { app.notKept }

    var transcript: Transcript { conversation?.state.transcript ?? Transcript(user: app.user) }
    var unsaved: [ConversationState.Unsaved] { conversation?.state.unsaved ?? [] }
    var isCaughtUp: Bool { conversation?.state.isCaughtUp ?? false }
    var isBlocked: Bool? { conversation?.state.blocking.isBlocked }
    var typingUntil: ContinuousClock.Instant? { conversation?.state.typingUntil }
    var peerDisplayName: String { title }
    var product: UntrustedText? { conversation?.state.subject(of: app.editor.draft.product)?.label }
    var nextProduct: Product? { conversation?.state.nextProduct(of: app.editor.draft.product) }

    var hasOlder: Bool { conversation?.hasOlder ?? false }
    var loadingBefore: MessageID? { conversation?.loadingBefore }
    var jumpToTop: ConversationScreen.JumpToTop? { conversation?.jumpToTop }
    var viewport: Viewport {
        get { conversation?.viewport ?? .following }
        set { conversation?.viewport = newValue }
    }
    var newCount: Int { conversation?.new.count ?? 0 }
    var firstNew: MessageID? { conversation?.new.first }
    var search: Search? {
        get { conversation?.search }
        set { conversation?.search = newValue }
    }

    /// Sets how many messages of a conversation are held in memory.
    mutating func hold(max: Int, kept: Int) {
        app.capacity = Transcript.Capacity(max: max, kept: kept)
        conversation?.state.transcript.capacity = app.capacity
    }
}
