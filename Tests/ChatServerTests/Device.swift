import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatServer

/// A device of a user, without a socket. It records what it is sent, as text in wire form.
final class Device: ClientSocket {
    private let received = Mutex<[String]>([])
    private let connection = Mutex<Connection?>(nil)
    private let closing = Mutex<(code: UInt16, reason: String)?>(nil)
    /// Callbacks that wait until the socket has sent everything; nil while it sends everything at once.
    private let unsent = Mutex<[@Sendable () -> Void]?>(nil)

    private let admissions = Mutex(0)
    private let throttleTimes = Mutex<[Duration]>([])

    /// Nil if any thread may call.
    private let thread: Loop?

    init(
        _ hub: Hub, bearer: String? = nil, address: String? = nil, limitKey: String? = nil, on thread: Loop? = nil
    ) {
        self.thread = thread
        let connection = hub.connect(self, bearer: bearer, address: address, limitKey: limitKey)
        self.connection.withLock { $0 = connection }
    }

    func send(text: [UInt8], sheddable: Bool) {
        received.withLock { $0.append(String(decoding: text, as: UTF8.self)) }
    }
    func admit() { admissions.withLock { $0 += 1 } }
    func pauseReading() {}
    func resumeReading() {}
    func throttle(for time: Duration) { throttleTimes.withLock { $0.append(time) } }
    func close(code: UInt16, reason: String) { closing.withLock { $0 = (code, reason) } }
    var loop: ObjectIdentifier { thread.map { ObjectIdentifier($0) } ?? ObjectIdentifier(self) }
    func execute(_ work: @escaping @Sendable () -> Void) { if let thread { thread.execute(work) } else { work() } }

    var itsConnection: Connection? { connection.withLock { $0 } }

    func whenSent(_ action: @escaping @Sendable () -> Void) {
        let waits = unsent.withLock { unsent in
            unsent?.append(action)
            return unsent != nil
        }
        if !waits { Task { action() } }
    }

    /// From now on the socket sends only what `drains` allows.
    func stalls() { unsent.withLock { $0 = [] } }

    func drains(forGood: Bool = false) {
        let actions = unsent.withLock { unsent in
            defer { unsent = forGood ? nil : [] }
            return unsent ?? []
        }
        for action in actions { action() }
    }

    var wasAdmitted: Bool { admissions.withLock { $0 > 0 } }
    /// The times for which it was throttled.
    var throttles: [Duration] { throttleTimes.withLock { $0 } }
    var failures: [ServerEvent.Failure] {
        heard.compactMap { if case .error(let failure) = $0 { failure } else { nil } }
    }
    var closedWith: UInt16? { closing.withLock { $0?.code } }
    var closeReason: String? { closing.withLock { $0?.reason } }
    /// Whether somebody waits for it to send everything.
    var isStalling: Bool { unsent.withLock { $0?.isEmpty == false } }

    func says(_ text: String) {
        connection.withLock { $0 }?.received(text: text)
    }

    func pings(_ bytes: Int) { connection.withLock { $0 }?.received(otherFrames: 1, bytes: bytes) }
    func sendsBinary(_ bytes: Int) { connection.withLock { $0 }?.receivedBinary(bytes: bytes) }

    func isNotAdmitted() { connection.withLock { $0 }?.notAdmitted() }

    func leaves(_ end: ConnectionEnd = .client) {
        connection.withLock { $0 }?.closed(end)
    }

    var heard: [ServerEvent] {
        received.withLock { $0 }.compactMap { try? WireCodec.decode(ServerEvent.self, from: $0) }
    }

    /// Waits until so many events of a type have come.
    func hears(_ count: Int, _ kind: String, within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while heard.count(where: { $0.kind == kind }) < count {
            try #require(ContinuousClock.now < deadline, "heard only \(heard.map(\.kind)), not \(count) \(kind)")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func joins(as user: String, protocolVersion: Int? = nil, resume: FeedPosition? = nil) async throws {
        let auth = ClientEvent.Auth(
            user: try #require(UserID(user)), protocolVersion: protocolVersion, resume: resume)
        says(WireCodec.encode(ClientEvent.auth(auth)))
        try await hears(1, "auth_success")
    }

    func says(_ event: ClientEvent) { says(WireCodec.encode(event)) }

    func sends(_ text: String, from: String, to: String, id: ClientMessageID? = nil) {
        let id = id.map { #","clientMessageId":"\#($0.wire)""# } ?? ""
        says(#"{"type":"message","senderId":"\#(from)","receiverId":"\#(to)","messageText":"\#(text)"\#(id)}"#)
    }

    /// The cursors of its feed in the order of sending. Repeats have none.
    var cursors: [Int] {
        heard.compactMap {
            switch $0 {
            case .messageSent(let event) where event.duplicate != true: event.cursor
            case .newMessage(let event): event.cursor
            default: nil
            }
        }
    }

    var texts: [String] {
        heard.compactMap { if case .newMessage(let event) = $0 { event.message.text.wire } else { nil } }
    }
}

/// A store that fails for as long as it is told to. As with a store on disk, other tasks run while it works.
final class FailingStore: MessageStore {
    let real: any MessageStore = MemoryStore()
    /// The error that it answers to messages and to reads of the feed.
    let error = Mutex<StoreError?>(nil)
    let feedError = Mutex<StoreError?>(nil)
    let accountError = Mutex<StoreError?>(nil)
    /// The outcomes of messages with these texts, which are not stored.
    let outcomes = Mutex<[String: AppendOutcome]>([:])
    /// The number of transactions.
    let appends = Mutex(0)
    /// While set, it does not answer.
    let appendsAreHeld = Mutex(false)
    let marksAreHeld = Mutex(false)
    /// The look-ups of users and feeds.
    let lookUps = Mutex<[String]>([])
    /// The users whose pages of marks were read.
    let marksAsked = Mutex<[UserID]>([])
    /// For each transaction with last-seen times their number.
    let seenAtOnce = Mutex<[Int]>([])
    var epoch: Epoch { real.epoch }

    func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome] {
        appends.withLock { $0 += 1 }
        await Task.yield()
        await Self.waits(for: appendsAreHeld)
        if let error = error.withLock({ $0 }) { throw error }
        let own = outcomes.withLock { outcomes in drafts.map { outcomes[$0.text.wire] } }
        var stored = try await real.append(zip(drafts, own).filter { $1 == nil }.map(\.0))[...]
        return own.map { $0 ?? stored.removeFirst() }
    }

    func conversation(of user: UserID, with peer: UserID, before: MessageID?, limit: Int) async throws(StoreError)
        -> HistoryPage
    {
        try await real.conversation(of: user, with: peer, before: before, limit: limit)
    }

    func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage] {
        lookUps.withLock { $0.append("feed") }
        if let error = feedError.withLock({ $0 }) { throw error }
        return try await real.feed(of: user, after: cursor, limit: limit)
    }

    func lastCursor(of user: UserID) async throws(StoreError) -> Int {
        lookUps.withLock { $0.append("cursor") }
        return try await real.lastCursor(of: user)
    }

    func account(of user: UserID, resume: FeedPosition?) async throws(StoreError) -> Account {
        lookUps.withLock { $0.append("account") }
        if let error = accountError.withLock({ $0 }) { throw error }
        return try await real.account(of: user, resume: resume)
    }

    func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile {
        lookUps.withLock { $0.append("profile") }
        return try await real.profile(of: user)
    }

    func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError) {
        if let error = error.withLock({ $0 }) { throw error }
        try await real.setName(name, of: user)
    }

    func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry] {
        try await real.conversations(of: user, limit: limit)
    }

    func acknowledge(_ acknowledgements: [Acknowledgement], atMost: Int) async throws(StoreError) -> [Coverage] {
        try await real.acknowledge(acknowledgements, atMost: atMost)
    }

    func markRead(_ marks: [ReadMark], atMost: Int) async throws(StoreError) -> [ReadOutcome] {
        await Task.yield()
        return try await real.markRead(marks, atMost: atMost)
    }

    func lastTime(of user: UserID, with peer: UserID) async throws(StoreError) -> Timestamp? {
        try await real.lastTime(of: user, with: peer)
    }

    func setBanned(_ isBanned: Bool, _ user: UserID, at time: Timestamp) async throws(StoreError) -> Bool {
        try await real.setBanned(isBanned, user, at: time)
    }

    func isBanned(_ user: UserID) async throws(StoreError) -> Bool {
        lookUps.withLock { $0.append("banned") }
        return try await real.isBanned(user)
    }

    func bannedUsers() async throws(StoreError) -> Set<UserID> { try await real.bannedUsers() }
    func condition() async -> StoreCondition? { nil }
    func close() async throws(StoreError) { try await real.close() }

    /// Whether the check for writability never ends.
    let hangs = Mutex(false)
    let checks = Mutex(0)

    func checkWritable() async throws(StoreError) {
        checks.withLock { $0 += 1 }
        if hangs.withLock({ $0 }) { try? await Task.sleep(for: .seconds(3600)) }
        if let error = error.withLock({ $0 }) { throw error }
    }

    func marks(
        of user: UserID, in range: ConversationRange, since: Timestamp, limit: Int
    ) async throws(StoreError) -> MarksPage {
        marksAsked.withLock { $0.append(user) }
        await Self.waits(for: marksAreHeld)
        return try await real.marks(of: user, in: range, since: since, limit: limit)
    }

    private static func waits(for hold: borrowing Mutex<Bool>) async {
        while hold.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(2)) }
    }

    func marks(of user: UserID, with peer: UserID) async throws(StoreError) -> ConversationMarks {
        try await real.marks(of: user, with: peer)
    }

    func setLastSeen(_ times: [UserID: Timestamp]) async throws(StoreError) {
        seenAtOnce.withLock { $0.append(times.count) }
        try await real.setLastSeen(times)
    }

    func lastSeen(of users: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        try await real.lastSeen(of: users)
    }

    func blockers(of user: UserID, among others: [UserID]) async throws(StoreError) -> [UserID: Timestamp] {
        try await real.blockers(of: user, among: others)
    }

    func setBlocked(
        _ isBlocked: Bool, _ other: UserID, by user: UserID, at time: Timestamp, limit: Int?, atMost: Int
    ) async throws(StoreError) -> BlockOutcome {
        if let error = error.withLock({ $0 }) { throw error }
        return try await real.setBlocked(isBlocked, other, by: user, at: time, limit: limit, atMost: atMost)
    }

    func isBlocked(_ other: UserID, by user: UserID) async throws(StoreError) -> Bool {
        if let error = error.withLock({ $0 }) { throw error }
        return try await real.isBlocked(other, by: user)
    }

    func blockedEitherWay(with user: UserID, among others: [UserID]) async throws(StoreError) -> Set<UserID> {
        try await real.blockedEitherWay(with: user, among: others)
    }
}

extension Hub.Configuration {
    /// Without limits, except those that the hub cannot be without.
    static let unlimited = Hub.Configuration(
        limits: MessageLimits(), heartbeatMs: 25_000, rate: nil, byteRate: nil, eventRate: nil, requestsPerUser: nil,
        blocksPerUser: nil, connectionsPerUser: nil, outboundBytes: 1 << 20, presenceGrace: .seconds(6),
        pagesAtOnce: 1, syncPagesAtOnce: 1)

    static func with(_ change: (inout Hub.Configuration) -> Void) -> Hub.Configuration {
        var configuration = unlimited
        change(&configuration)
        return configuration
    }
}

/// Runs a hub for the length of a test.
func withHub(
    _ store: any MessageStore = MemoryStore(), _ configuration: Hub.Configuration = .unlimited,
    _ body: @Sendable (Hub) async throws -> Void
) async throws {
    let hub = Hub(
        store: store, authenticator: nil, configuration: configuration,
        log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) {
        Timestamp(seconds: 1_700_000_000)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await hub.run() }
        defer { hub.finish() }
        try await body(hub)
    }
}

extension ServerEvent {
    var kind: String {
        switch self {
        case .authSuccess: "auth_success"
        case .messageSent: "message_sent"
        case .newMessage: "new_message"
        case .error: "error"
        case .resumeComplete: "resume_complete"
        case .resyncRequired: "resync_required"
        case .delivered: "delivered"
        case .read: "read"
        case .typing: "typing"
        case .presence: "presence"
        case .tokenExpiring: "token_expiring"
        case .blocked: "blocked"
        case .unknown(let type): type
        }
    }
}

/// Waits until a condition holds.
func wait(within limit: Duration = .seconds(60), _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        try #require(ContinuousClock.now < deadline)
        try await Task.sleep(for: .milliseconds(2))
    }
}
