import ChatWire

/// Goes from one conversation to another, and to the inbox and back.
extension Model {
    /// Shows the conversation with somebody, or with nil the inbox. What was being written stays where it was.
    mutating func open(_ newPeer: UserID?, product: UntrustedText? = nil) -> [Effect] {
        guard newPeer != peer || product != nil else {
            overlay = nil
            return []
        }
        let report = reportDraft()
        keepConversation()
        if let newPeer, let product { parked[newPeer, default: ParkedConversation()].givenProduct = product }
        let selected = newPeer ?? peer
        inbox?.select(selected)
        show(newPeer)
        return report + [.open(newPeer, product: newPeer.flatMap { parked[$0]?.givenProduct })]
    }

    private mutating func keepConversation() {
        guard let peer else { return }
        parked[peer] = ParkedConversation(
            draft: editor.text, inputHistory: inputHistory, givenName: isPeerNameGiven ? peerName : nil,
            givenProduct: isProductGiven ? self.product : nil,
            pending: transcript.pending
                + unsaved.map {
                    Transcript.Pending(id: $0.id, text: $0.text, createdAt: $0.createdAt, status: .waiting)
                },
            last: transcript.stored.last?.id)
    }

    /// What is the user's and the window's goes on; nothing else of what was on the screen is left.
    private mutating func show(_ newPeer: UserID?) {
        let kept = newPeer.flatMap { parked[$0] } ?? ParkedConversation()
        var next = Model(
            user: user, peer: newPeer, peerName: kept.givenName, product: kept.givenProduct,
            language: texts.language, keys: keys, preferences: preferences, size: size)
        next.inbox = inbox ?? next.inbox
        next.parked = parked
        next.awaitedOpenings = awaitedOpenings + 1
        (next.focus, next.isUserActing, next.lastAlert) = (focus, isUserActing, lastAlert)
        (next.connection, next.limits, next.notKept) = (connection, limits, notKept)
        (next.transcript.capacity, next.transcript.kept) = (transcript.capacity, transcript.kept)
        next.editor = editor
        next.editor.clear()  // what was cut can be pasted elsewhere
        next.inputHistory = kept.inputHistory
        if let entry = newPeer.flatMap({ inbox?[$0] }) {
            next.peerName = next.peerName ?? entry.peerName
            next.product = next.product ?? entry.product?.title
        }
        if !kept.draft.isEmpty {
            next.editor.insert(kept.draft)
            (next.restoredDraft, next.reportedDraft) = (kept.draft, kept.draft)
        }
        self = next
    }
}

// MARK: - Keys and commands

extension Model {
    /// `/seller ID [product]`, or `/seller` for the inbox.
    mutating func openByCommand(_ text: String) -> [Effect] {
        if text.isEmpty { return open(nil) }
        let name = String(text.prefix { !$0.isWhitespace })
        let product = MessageLimits.trimmed(String(text.dropFirst(name.count)))
        guard let newPeer = UserID(name) else {
            notice = .badUserID
            return []
        }
        guard newPeer != user else {
            notice = .ownUserID
            return []
        }
        return open(newPeer, product: product.isEmpty ? nil : UntrustedText(product))
    }

    mutating func openNextUnread() -> [Effect] {
        guard let inbox else {
            notice = .inboxNotOpened
            return []
        }
        guard let next = inbox.nextUnread(after: peer) else {
            notice = .noUnread
            return []
        }
        return open(next)
    }

    /// The n-th as the list shows it.
    mutating func openConversation(_ number: Int) -> [Effect] {
        guard let inbox else {
            notice = .inboxNotOpened
            return []
        }
        guard inbox.shown.indices.contains(number - 1) else {
            notice = .noConversation(number)
            return []
        }
        return open(inbox.shown[number - 1])
    }
}

extension Event {
    /// Whether it is about the conversation that the world thinks to be open.
    var isAboutConversation: Bool {
        switch self {
        case .history, .historyUnavailable, .newer, .around, .beginning, .searchResults, .caughtUp, .pastUnknown,
            .oldest,
            .received, .pending, .outgoing,
            .delivered, .read, .ownRead, .typing, .presence, .draft, .peerNamed, .productNamed, .blocked,
            .blockingFailed:
            true
        case .input, .resized, .tick, .connection, .edited, .opened, .conversations, .drafts, .unsentElsewhere,
            .conversationsComplete,
            .conversationsUnavailable, .notKept, .keptAgain, .notice, .leavingLoses:
            false
        }
    }
}
