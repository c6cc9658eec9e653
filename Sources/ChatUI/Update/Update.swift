import ChatWire

/// Takes in one event: changes the model, and tells what is to be done in the world.
public func update(_ model: inout Model, _ event: Event, in environment: Environment) -> [Effect] {
    switch event {
    case .input(let input): return model.take(input, in: environment)
    case .resized(let size): model.resize(to: size, in: environment)
    case .tick: model.expireNotice(now: environment.now)
    case .connection(let state): model.connectionChanged(to: state)
    case .history(let page, let hasOlder): model.merge(page, hasOlder: hasOlder)
    case .historyUnavailable(let problem): model.historyFailed(problem)
    case .received(let message): return model.receive(message)
    case .outgoing(let id, let state): return model.settle(id, as: state)
    case .peerNamed(let name): if !model.isPeerNameGiven { model.peerName = name }
    case .productNamed(let title): if !model.isProductGiven { model.product = title }
    case .notice(let text): model.notice = .text(text)
    }
    return []
}

// MARK: - The connection, the window, the clock

extension Model {
    fileprivate mutating func connectionChanged(to state: ConnectionState) {
        connection = state
        if case .online(let limits) = state {
            self.limits = limits
            if notice == .offline { notice = nil }
        } else {
            isLoadingOlder = false
        }
    }

    fileprivate mutating func resize(to size: Size, in environment: Environment) {
        self.size = size.atLeastOneCell
        if !isWindowTooSmall { followIfAtBottom(in: environment) }
    }

    fileprivate mutating func expireNotice(now: Timestamp) {
        if let expiry = notice?.expiry, expiry <= now { notice = nil }
    }
}

// MARK: - Messages

extension Model {
    fileprivate mutating func merge(_ page: [Message], hasOlder: Bool) {
        isLoadingOlder = false
        let page = page.filter { $0.isBetween(user, peer) }
        // Where the newest page does not reach back to what is here, messages in between were missed. What stands before
        // the gap is forgotten; on the way up it is loaded anew, without a hole.
        if hasOlder, let first = page.first, !page.contains(where: { transcript.contains($0.id) }) {
            transcript.forget(olderThan: first.createdAt)
        }
        transcript.merge(page)
        // A newer page says nothing about what is older than the first message here.
        if page.isEmpty || transcript.stored.first?.id == page.first?.id { self.hasOlder = hasOlder }
    }

    fileprivate mutating func historyFailed(_ problem: HistoryProblem) {
        isLoadingOlder = false
        switch problem {
        case .notProvided:
            hasOlder = false
            notice = .historyNotProvided
        case .failed(let reason):
            notice = .historyFailed(reason)
        }
    }

    fileprivate mutating func receive(_ message: Message) -> [Effect] {
        guard message.isBetween(user, peer), transcript.append(message), message.sender == peer else { return [] }
        guard viewport != .following || !isFocused else { return [] }
        if newCount == 0 { firstNew = message.id }
        newCount += 1
        return isFocused ? [] : [.bell]
    }

    /// The server's answer. A stored message takes the same way as a peer's.
    fileprivate mutating func settle(_ id: String, as state: OutgoingState) -> [Effect] {
        switch state {
        case .waiting: transcript.setStatus(.waiting, of: id)
        case .refused(let reason): transcript.setStatus(.refused(reason: reason), of: id)
        case .unconfirmed: transcript.setStatus(.unconfirmed, of: id)
        case .stored(let message):
            transcript.removePending(id)
            if case .anchored(let anchor) = viewport, anchor.id == id {
                viewport = .anchored(Viewport.Anchor(id: message.id, row: anchor.row))
            }
            return receive(message)
        }
        return []
    }
}
