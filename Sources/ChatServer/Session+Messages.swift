import ChatWire

// Messages from the client, on their way into the database, and the answers to them.

extension Session {
    mutating func accept(_ message: ClientEvent.OutgoingMessage, _ now: Timestamp) -> [Action] {
        if let code = refusal(of: message) {
            return [.log(.refused(code)), failure(code, clientMessageID: message.clientMessageID)]
        }
        let draft = MessageDraft(
            sender: message.sender, receiver: message.receiver, text: message.text,
            clientMessageID: message.clientMessageID, product: message.product, receivedAt: now)
        messagesInFlight += 1
        var actions: [Action] = [.log(.received(draft)), .append(draft)]
        actions += pauseReadingIfBacklogged()
        return actions
    }

    /// Returns nil if the message may be stored, otherwise the error.
    private func refusal(of message: ClientEvent.OutgoingMessage) -> ErrorCode? {
        if let code = Authorizer.refusal(of: .act(as: message.sender), by: requester) { return code }
        guard message.receiver != message.sender else { return .invalidMessage }
        if let id = message.clientMessageID, !UUIDText.isValid(id.wire) { return .invalidMessage }
        if let product = message.product, !product.isValid { return .invalidMessage }
        switch limits.check(message.text.wire) {
        case .tooManyCharacters, .tooManyBytes: return .messageTooLong
        case .empty, .containsNUL: return .invalidMessage
        case nil: return nil
        }
    }

    mutating func confirm(
        _ draft: MessageDraft, _ result: Result<AppendOutcome, StoreError>, _ now: Timestamp
    ) -> [Action] {
        messagesInFlight -= 1
        var actions = answer(draft, result, now)
        // A page of the feed may be waiting for the last message in flight.
        if messagesInFlight == 0 { actions += advance(now) }
        actions += resumeReadingIfDrained()
        return actions
    }

    private mutating func answer(
        _ draft: MessageDraft, _ result: Result<AppendOutcome, StoreError>, _ now: Timestamp
    ) -> [Action] {
        switch result {
        case .success(.stored(let stored)):
            return sendInOrder(stored.withClientSpelling(of: draft), of: draft.sender, own: .new, now)
        case .success(.duplicate(let stored)):
            return sendInOrder(stored.withClientSpelling(of: draft), of: draft.sender, own: .repeated, now)
        case .success(.conflict):
            return [failure(.idempotencyConflict, clientMessageID: draft.originalClientMessageID)]
        case .success(.refused(let refusal)):
            return [failure(.invalidMessage, text: refusal.text, clientMessageID: draft.originalClientMessageID)]
        case .success(.banned):
            return [failure(.forbidden, clientMessageID: draft.originalClientMessageID)]
        case .success(.rateLimited(let retryAfterMs)):
            return [
                failure(.rateLimited, clientMessageID: draft.originalClientMessageID, retryAfterMs: retryAfterMs)
            ]
        case .success(.unknown): return endInDoubt()
        case .success(.notStored), .failure:
            return [
                failure(.storageFailed, text: ServerText.storageFailed, clientMessageID: draft.originalClientMessageID)
            ]
        }
    }

    func confirmation(of stored: StoredMessage, isRepeat: Bool) -> ServerEvent.MessageSent {
        guard speaksProtocol2 else { return .init(messageID: stored.message.id) }
        return .init(
            messageID: stored.message.id, clientMessageID: stored.clientMessageID, cursor: stored.senderCursor,
            createdAt: stored.message.createdAt, duplicate: isRepeat ? true : nil)
    }
}

extension AppendOutcome.Refusal {
    /// The reason for people.
    fileprivate var text: UntrustedText {
        switch self {
        case .noSuchUser: ServerText.noSuchUser
        case .containsNUL: ServerText.processingFailed
        case .keptOut: ServerText.keptOut
        }
    }
}

extension StoredMessage {
    /// The message with the client's id as the client spelled it, because the client may compare it byte by byte.
    fileprivate func withClientSpelling(of draft: MessageDraft) -> StoredMessage {
        guard let spelled = draft.originalClientMessageID, spelled != clientMessageID else { return self }
        return withClientMessageID(spelled)
    }
}
