import ChatUI
import ChatWire
import ClientUpdates
import Testing

/// The steps about the search in all conversations and about days.
extension ScreenScript {
    /// False if there is no such step.
    mutating func findingStep(_ word: String, _ argument: String) throws -> Bool {
        switch word {
        case "find-message": foundMessages.append(try found(argument))
        case "find-many":
            foundMessages += numbered(argument).map { FoundMessage(message: $0, peer: .seller) }.reversed()
        case "found":
            var argument = argument
            let isFailure = argument.take("failed")
            let hasMore = argument.take("more")
            let isContinued = argument.take("after")
            let unindexed = argument.take("unindexed") ? 1234 : 0
            let incomplete = argument.take("incomplete") ? 3 : 0
            let page = FoundPage(
                messages: foundMessages, next: hasMore ? 7 : nil, unindexed: unindexed, incomplete: incomplete)
            foundMessages = []
            conversation.feed(
                .found(
                    query: argument, isFailure ? .failure(.failed("disk")) : .success(page),
                    after: isContinued ? 7 : nil))
        case "since":
            var (time, rest) = argument.cut()
            let hasOlder = rest.take("older")
            let hasNewer = rest.take("newer")
            let followsGap = rest.take("gap")
            conversation.feed(
                .since(
                    try #require(Timestamp(iso8601: time)), rest.isEmpty ? [] : numbered(rest), hasOlder: hasOlder,
                    hasNewer: hasNewer, followsGap: followsGap))
        case "opened-peer":
            let peer = try #require(UserID(argument))
            conversation.feed(.opened(peer))
        default: return false
        }
        return true
    }

    /// `PEER ID own|peer TIME NAME|PRODUCT|TEXT`
    private func found(_ argument: String) throws -> FoundMessage {
        let (peer, afterPeer) = argument.cut()
        let (id, afterID) = afterPeer.cut()
        let (side, afterSide) = afterID.cut()
        let (time, texts) = afterSide.cut()
        let parts = texts.unescaped.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
        try #require(parts.count == 3)
        func part(_ index: Int) -> UntrustedText? { parts[index].isEmpty ? nil : UntrustedText(String(parts[index])) }
        let other = try #require(UserID(peer))
        var message = Message.make(
            MessageID(id), String(parts[2]), own: side == "own", at: try #require(Timestamp(iso8601: time)))
        if side == "own" { message.receiver = other } else { message.sender = other }
        return FoundMessage(
            message: message, peer: other, peerName: part(0), product: part(1).map { Product(title: $0) })
    }
}
