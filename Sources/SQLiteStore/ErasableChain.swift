import GRDB

/// A chain from which a message can be taken, so that the others still lead to each other.
protocol ErasableChain: MessageChain {
    /// - Returns: whether it was one.
    func removeAnchor(_ link: MessageLink) throws -> Bool
    func addAnchor(_ link: MessageLink) throws
    /// Has a message lead to another one than before.
    func lead(_ link: MessageLink, to previous: MessageLink) throws
    /// Of a chain whose newest message is gone, if it was that.
    func setHead(_ link: MessageLink?, instead gone: MessageLink) throws
}

extension ErasableChain {
    /// Takes a message out. Its row is there until then.
    ///
    /// Where it is the oldest, what leads to it stays: no place of the log is given out again.
    func take(_ seq: Int64) throws {
        guard let link = try member(at: seq) else { return }
        let previous = try previous(of: link)
        if let previous, let next = try next(after: link), next.previous == seq { try lead(next, to: previous) }
        // Or walks would become longer.
        if try removeAnchor(link), let previous { try addAnchor(previous) }
        try setHead(previous, instead: link)
    }
}
