import ChatWire

/// A store in memory, for tests and for trying the server out.
///
/// It keeps all promises of `MessageStore`, except that its data end with the process.
public actor MemoryStore: MessageStore {
    public nonisolated let epoch: Epoch
    private var ledger: MemoryLedger

    public init(_ ledger: MemoryLedger) {
        epoch = ledger.epoch
        self.ledger = ledger
    }

    public init(profiles: [UserID: HistoryPage.Profile] = [:]) {
        self.init(MemoryLedger(profiles: profiles))
    }

    public func append(_ drafts: [MessageDraft]) -> [AppendOutcome] { ledger.append(drafts) }

    public func conversation(of user: UserID, with peer: UserID, before: MessageID?, limit: Int) -> HistoryPage {
        ledger.conversation(of: user, with: peer, before: before, limit: limit)
    }

    public func conversations(of user: UserID, limit: Int) -> [ConversationList.Entry] {
        ledger.conversations(of: user, limit: limit)
    }

    public func feed(of user: UserID, after cursor: Int, limit: Int) -> [StoredMessage] {
        ledger.feed(of: user, after: cursor, limit: limit)
    }

    public func lastCursor(of user: UserID) -> Int { ledger.lastCursor(of: user) }

    public func account(of user: UserID, resume: FeedPosition?) -> Account {
        ledger.account(of: user, resume: resume)
    }

    public func profile(of user: UserID) -> HistoryPage.Profile { ledger.profile(of: user) }
    public func setName(_ name: UntrustedText, of user: UserID) { ledger.setName(name, of: user) }

    // MARK: - Marks and presence

    public func acknowledge(_ acknowledgements: [Acknowledgement], atMost: Int) -> [Coverage] {
        ledger.acknowledge(acknowledgements, atMost: atMost)
    }

    public func markRead(_ marks: [ReadMark], atMost: Int) -> [ReadOutcome] { ledger.markRead(marks) }

    public func lastTime(of user: UserID, with peer: UserID) -> Timestamp? { ledger.lastTime(of: user, with: peer) }

    public func marks(of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int) -> MarksPage {
        ledger.marks(of: user, in: range, since: since, limit: limit)
    }

    public func marks(of user: UserID, with peer: UserID) -> ConversationMarks { ledger.marks(of: user, with: peer) }
    public func setLastSeen(_ times: [UserID: Timestamp]) {
        for (user, time) in times { ledger.setLastSeen(time, of: user) }
    }
    public func lastSeen(of users: [UserID]) -> [UserID: Timestamp] { ledger.lastSeen(of: users) }

    // MARK: - Blocking

    public func isBlocked(_ other: UserID, by user: UserID) -> Bool { ledger.blocks(user, other) }

    public func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?, atMost: Int
    ) -> BlockOutcome {
        ledger.setBlocked(isBlocked, other, by: user, at: time, limit: limit, atMost: atMost)
    }

    public func blockers(of user: UserID, among others: [UserID]) -> [UserID: Timestamp] {
        ledger.blockers(of: user, among: others)
    }

    public func blockedEitherWay(with user: UserID, among others: [UserID]) -> Set<UserID> {
        ledger.blockedEitherWay(with: user, among: others)
    }

    // MARK: - Operating

    @discardableResult
    public func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) -> Bool {
        ledger.setBanned(isBanned, user)
    }

    public func isBanned(_ user: UserID) -> Bool { ledger.banned.contains(user) }
    public func bannedUsers() -> Set<UserID> { ledger.banned }
    public func checkWritable() {}
    public func condition() -> StoreCondition? { nil }
    public func close() {}
}
