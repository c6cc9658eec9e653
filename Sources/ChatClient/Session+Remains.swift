extension Session {
    /// What would be left behind if the program ended now. A working disk will have stored everything by then.
    ///
    /// - Parameter isLasting: Whether the store's content outlives the process.
    func remains(isLasting: Bool) -> Remains {
        guard isLasting else { return Remains(lostMessages: outbox.entries.count, lostDrafts: drafts.count) }
        guard disk.isFailing else { return Remains(waiting: waitingMessages) }
        let unsaved = outbox.entries.count { $0.state == .unsaved }
        return Remains(
            waiting: waitingMessages - unsaved, lostMessages: unsaved,
            lostDrafts: drafts.unsaved.values.count { !$0.isEmpty })
    }
}
