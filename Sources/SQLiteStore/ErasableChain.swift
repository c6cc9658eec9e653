import GRDB

/// A chain that a message can be removed from.
protocol ErasableChain: MessageChain {
    /// - Returns: whether the message was an anchor.
    func removeAnchor(_ link: MessageLink) throws -> Bool
    func addAnchor(_ link: MessageLink) throws
    /// Makes a message lead to a new predecessor.
    func lead(_ link: MessageLink, to previous: MessageLink) throws
    /// Sets the chain's newest message, if that was `gone`.
    func setHead(_ link: MessageLink?, instead gone: MessageLink) throws
}

extension ErasableChain {
    /// Removes a message from the chain. Its row must still exist.
    ///
    /// If the message is the oldest, the message that leads to it is not changed. That is harmless, because no `seq` is
    /// used twice.
    func take(_ seq: Int64) throws {
        guard let link = try member(at: seq) else { return }
        let previous = try previous(of: link)
        if let previous, let next = try next(after: link), next.previous == seq { try lead(next, to: previous) }
        // Without a new anchor, walks along the chain would become longer.
        if try removeAnchor(link), let previous { try addAnchor(previous) }
        try setHead(previous, instead: link)
    }
}
