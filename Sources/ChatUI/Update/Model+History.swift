import ChatWire

/// Takes in pages of history, and lets go of what is far away.
extension Model {
    /// The oldest messages there are, and nothing of what is between them and what is here.
    mutating func mergeOldest(_ page: [Message], in environment: Environment) -> [Effect] {
        isHistoryKnown = true
        if jumpToTop != .byDisk { loadingBefore = nil }
        let page = page.filter(isOfConversation)
        transcript.mergeOldest(page)
        if let first = page.first, transcript.stored.first?.id == first.id { hasOlder = false }
        if !isCaughtUp { transcript.openGapAtEnd() }
        placeNewLineAtStart()
        search?.collect(from: transcript)
        return continueJumpToTop(in: environment)
    }

    mutating func merge(_ page: [Message], hasOlder: Bool, in environment: Environment) -> [Effect] {
        isHistoryKnown = true
        // While the disk looks for its oldest messages, no page was asked for.
        let asked = jumpToTop == .byDisk ? nil : loadingBefore
        if asked != nil { loadingBefore = nil }
        // What it would stand before is not here any more.
        if let asked, !transcript.contains(asked) { return continueJumpToTop(in: environment) }
        let page = page.filter(isOfConversation)
        let isOfTop = asked == nil || asked == transcript.stored.first?.id
        if let asked, let previous = transcript.previous(of: asked), transcript.dropped.contains(previous) {
            transcript.fill(before: asked, with: page, isAll: !hasOlder)
        } else {
            transcript.merge(page, hasOlder: hasOlder, before: asked)
        }
        // A newer page says nothing about what is older than the first message here.
        if page.isEmpty ? isOfTop : transcript.stored.first?.id == page.first?.id { self.hasOlder = hasOlder }
        if !isCaughtUp { transcript.openGapAtEnd() }
        placeNewLineAtStart()
        search?.collect(from: transcript)
        let isInVain = asked != nil && hasOlder && isOfTop && transcript.stored.first?.id == asked
        guard isInVain else { return continueJumpToTop(in: environment) }
        // There is more, and it is not to be had.
        jumpToTop = nil
        if !isOnline { notice = .olderIsOnServer }
        return []
    }

    mutating func takeNewer(_ page: [Message], after id: MessageID, hasNewer: Bool) {
        if loadingAfter == id { loadingAfter = nil }
        transcript.fill(after: id, with: page.filter(isOfConversation), isAll: !hasNewer)
        placeNewLineAtStart()
        search?.collect(from: transcript)
    }

    /// What a match of the search stands in.
    mutating func takeAround(
        _ id: MessageID, _ page: [Message], hasOlder: Bool, hasNewer: Bool, in environment: Environment
    ) {
        guard search?.awaited == id else { return }
        let page = page.filter(isOfConversation)
        transcript.insert(page, hasOlder: hasOlder, hasNewer: hasNewer)
        if let first = page.first, transcript.stored.first?.id == first.id { self.hasOlder = hasOlder }
        placeNewLineAtStart()
        search?.collect(from: transcript)
        show(match: id, in: environment)
    }

    /// What the way to the beginning needs not walk through page by page.
    mutating func takeBeginning(
        _ page: [Message], hasOlder: Bool, hasNewer: Bool, in environment: Environment
    ) -> [Effect] {
        loadingBefore = nil
        guard jumpToTop != nil else { return [] }  // the user has turned to something else
        jumpToTop = .byPages
        let page = page.filter(isOfConversation)
        if let first = page.first, let top = transcript.stored.first {
            if first.id == top.id {
                self.hasOlder = hasOlder
            } else if !transcript.contains(first.id), !top.isBefore(first) {
                transcript.insert(page, hasOlder: hasOlder, hasNewer: hasNewer)
                if transcript.stored.first?.id == first.id { self.hasOlder = hasOlder }
                placeNewLineAtStart()
                search?.collect(from: transcript)
            }
        }
        return continueJumpToTop(in: environment)
    }

    private func isOfConversation(_ message: Message) -> Bool { peer.map { message.isBetween(user, $0) } ?? false }

    mutating func historyFailed(_ problem: HistoryProblem) {
        loadingBefore = nil
        loadingAfter = nil
        jumpToTop = nil
        search?.awaited = nil
        if search?.isWhole == nil { search?.isWhole = true }
        historyProblem = problem
        if problem == .notProvided { hasOlder = false }
        // Without a connection only the disk was asked.
        notice = isOnline || !problem.mayPass ? .historyUnavailable(problem) : .olderIsOnServer
    }

    /// The memory goes by what the window shows, not by how long the conversation is.
    mutating func forgetFarMessages() {
        guard transcript.stored.count > transcript.capacity else { return }
        var top: Int?
        if case .anchored(let anchor) = viewport { top = transcript.index(of: anchor.id) }
        if transcript.dropFarMessages(from: top) { hasOlder = true }
    }
}
