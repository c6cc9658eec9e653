import ChatWire
import Logging
import Synchronization
import Testing

@testable import ChatClient

/// A client on a scripted network and a store in memory, and its updates.
private struct Running {
    let transport: ScriptedTransport
    let store: WatchedStore
    let client: Client
    private let updates = Told()

    init(
        transport: ScriptedTransport = ScriptedTransport(), store: WatchedStore = WatchedStore(),
        name: UntrustedText? = nil, peer: UserID? = bob
    ) {
        self.transport = transport
        self.store = store
        let updates = updates
        client = Client(
            user: anna, name: name, peer: peer, transport: transport, store: store,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000)) }
        ) { update in updates.note(update) }
    }

    var told: [Update] { updates.all }

    func goOnline(link: Int = 1) async throws {
        if link == 1 { client.handle(.start) }
        try await until { transport.links == link }
        transport.tell(.opened)
        transport.tell(authSuccess(2))
        if link > 1 { transport.tell(.resumeComplete(cursor: 0)) }
        try await until { told.last { if case .connection = $0 { true } else { false } } == online }
        try await until { transport.hasGivenHistory }
    }

    private var online: Update { .connection(.online(limits: MessageLimits())) }
}

private final class Told: Sendable {
    private let updates = Mutex<[Update]>([])
    var all: [Update] { updates.withLock(\.self) }
    func note(_ update: Update) { updates.withLock { $0.append(update) } }
}

@Suite("The client on its link, its disk and its clock")
struct ClientTests {
    @Test("it authorises with the link's token and the user's name, and sends what was written once that is stored")
    func sends() async throws {
        let journal = Journal()
        let running = Running(
            transport: ScriptedTransport(token: "t1"), store: WatchedStore(watch: { journal.note($0) }), name: "Аня")
        try await running.goOnline()
        let auth = try #require(running.transport.sent.first)
        #expect(auth.contains(#""t1""#) && auth.contains("Аня"))
        running.client.handle(.send(id: "a", text: "привет"))
        try await until { running.transport.has("привет") }
        #expect(journal.all.contains("apply a"))
        running.transport.tell(sent("m1", client: "a"))
        try await until {
            running.told.contains { if case .outgoing(id: "a", .stored) = $0 { true } else { false } }
        }
        #expect(running.client.remains == Remains())
        running.client.stop()
        #expect(running.transport.journal.last == "close")
    }

    @Test("a link that ended is replaced, and reports of the old one are ignored")
    func reconnects() async throws {
        let running = Running()
        try await running.goOnline()
        running.transport.tell(.ended(.lost))
        try await running.goOnline(link: 2)
        let before = running.told
        let event = ServerEvent.NewMessage(message: message("m1", "1", from: bob, to: anna), cursor: 1)
        running.transport.tell(.newMessage(event), link: 1)
        running.transport.tell(.ended(.closed(code: 4500)), link: 1)
        #expect(running.told == before)
        running.client.stop()
    }

    @Test("after the machine's sleep a ping is sent") func woke() async throws {
        let running = Running()
        try await running.goOnline()
        #expect(!running.transport.has("ping"))
        running.client.woke(after: .seconds(60))
        #expect(running.transport.journal.last == "ping")
        running.client.stop()
    }

    @Test(
        "a renewed token is sent to the server, and the one in use is not", arguments: [nil, "t1", "t2"])
    func tokens(renewed: String?) async throws {
        let running = Running(transport: ScriptedTransport(token: "t1"))
        try await running.goOnline()
        running.transport.renew(renewed)
        running.transport.tell(.tokenExpiring(inMs: 60_000))
        // The disk's queue is reading the conversation; this message is stored after that.
        running.client.handle(.send(id: "a", text: "next"))
        try await until { running.transport.has("next") }
        #expect(running.transport.sent.contains { $0.contains("t2") } == (renewed == "t2"))
        running.client.stop()
    }

    @Test("a message that the disk refuses is reported and not sent; recovery is reported, too") func diskFails()
        async throws
    {
        let running = Running()
        try await running.goOnline()
        running.store.fail(.diskFull)
        running.client.handle(.send(id: "a", text: "refused"))
        try await until { running.told.contains(.outgoing(id: "a", .unsent(.notSaved(.diskFull)))) }
        #expect(running.told.contains(.storeFailed(.diskFull)) && !running.transport.has("refused"))
        running.store.fail(nil)
        running.client.handle(.send(id: "b", text: "taken"))
        try await until { running.transport.has("taken") }
        #expect(running.told.contains(.storeRecovered))
        running.client.stop()
    }

    @Test("a history that the server does not have is reported") func history() async throws {
        let running = Running(transport: ScriptedTransport(history: .failure(.notProvided)))
        try await running.goOnline()
        try await until { running.told.contains(.historyUnavailable(.notProvided)) }
        running.client.stop()
    }

    @Test("after stop the draft is stored, and no link is opened") func stops() async throws {
        let journal = Journal()
        let running = Running(store: WatchedStore(watch: { journal.note($0) }))
        try await running.goOnline()
        running.client.handle(.draft("half a sen"))
        running.client.stop()
        #expect(journal.all == ["draft half a sen"])
        #expect(running.transport.journal.last == "close" && running.transport.links == 1)
    }

    @Test("commands of many threads are stored, shown and sent in the same order") func manyThreads() async throws {
        let journal = Journal()
        let running = Running(store: WatchedStore(watch: { journal.note($0) }))
        try await running.goOnline()
        await withTaskGroup { group in
            for number in 0..<50 {
                group.addTask { running.client.handle(.send(id: ClientMessageID("c\(number)"), text: "\(number)")) }
            }
        }
        try await until {
            running.told.count { if case .outgoing(_, .unsent(.waiting)) = $0 { true } else { false } } == 50
        }
        let shown = running.told.compactMap { update -> String? in
            if case .outgoing(let id, .unsent(.waiting)) = update { "apply \(id)" } else { nil }
        }
        #expect(shown == journal.all)
        running.client.stop()
    }

    @Test("it is released when it is not used any more") func isReleased() async throws {
        weak var released: Client?
        do {
            let running = Running()
            try await running.goOnline()
            released = running.client
            running.client.stop()
        }
        try await until { released == nil }
    }
}

/// A follower on a scripted network, and what it handed on.
private final class FollowingRunning: Sendable {
    let transport = ScriptedTransport(token: "t1")
    private let state = Mutex<(told: [FeedFollower.Update], takes: Bool)>((told: [], takes: true))
    private let made = Mutex<Follower?>(nil)

    init() {
        let follower = Follower(
            FeedFollower(user: anna, since: 0, seed: 1), name: "Аня", transport: transport,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000)) }
        ) { [weak self] update in
            self?.state.withLock { state in
                state.told.append(update)
                return state.takes
            } ?? false
        }
        made.withLock { $0 = follower }
    }

    var follower: Follower? { made.withLock(\.self) }
    var ids: [MessageID] {
        state.withLock { state in
            state.told.compactMap { if case .message(let stored) = $0 { stored.message.id } else { nil } }
        }
    }

    /// From now on no update can be handed on.
    func refuse() { state.withLock { $0.takes = false } }

    func arrive(_ cursor: Int) {
        let event = ServerEvent.NewMessage(message: message("m\(cursor)", "x", from: bob, to: anna), cursor: cursor)
        transport.tell(.newMessage(event))
    }

    /// Authorises twice: the first answer tells the epoch, the second one resumes after the cursor.
    func goOnline() async throws {
        follower?.start()
        try await until { transport.isOpen }
        transport.tell(.opened)
        transport.tell(authSuccess(2, cursor: 2))
        transport.tell(authSuccess(2, cursor: 2))
    }
}

@Suite("A follower and its link")
struct FollowerTests {
    @Test("it authorises with the link's token and the user's name, hands messages on, and acknowledges them")
    func handsOn() async throws {
        let running = FollowingRunning()
        try await running.goOnline()
        let auth = try #require(running.transport.sent.last)
        #expect(auth.contains(#""t1""#) && auth.contains("Аня"))
        running.arrive(1)
        running.arrive(2)
        #expect(running.ids == ["m1", "m2"])
        // The connection stays, however late the acknowledgement is sent.
        running.transport.tell(.resumeComplete(cursor: 2))
        try await until { running.transport.has(#""ack""#) }
    }

    @Test("a message that could not be handed on is not acknowledged, and ends the follower")
    func deliveryFailed() async throws {
        let running = FollowingRunning()
        try await running.goOnline()
        running.arrive(1)
        running.refuse()
        running.arrive(2)
        #expect(running.transport.journal.last == "close")
        running.arrive(3)
        running.transport.tell(.ended(.lost))
        running.follower?.woke(after: .seconds(60))
        #expect(running.ids == ["m1", "m2"])
        #expect(running.transport.journal.last == "close" && running.transport.links == 1)
    }

    @Test("a link that ended in sleep is replaced at once, another one after a wait") func reconnects()
        async throws
    {
        let running = FollowingRunning()
        try await running.goOnline()
        running.follower?.woke(after: .seconds(60))
        #expect(running.transport.journal.last == "ping")
        running.transport.tell(.ended(.noPong))
        #expect(running.transport.links == 2)
        running.transport.tell(.ended(.lost))
        try await until { running.transport.links == 3 }
    }
}

@Suite("A deadline timer")
struct DeadlineTimerTests {
    @Test("it fires once, at the last deadline that was set, and not after it was cancelled") func fires()
        async throws
    {
        let journal = Journal()
        var timer = DeadlineTimer()
        let start = ContinuousClock.now
        timer.set(to: start + .seconds(3600)) { _ in journal.note("too late") }
        timer.set(to: start + .milliseconds(20)) { journal.note($0 == start + .milliseconds(20) ? "fired" : "?") }
        // Setting the same deadline again changes nothing.
        timer.set(to: start + .milliseconds(20)) { _ in journal.note("twice") }
        try await until { !journal.all.isEmpty }
        timer.fired(at: start + .milliseconds(20))
        var cancelled = DeadlineTimer()
        cancelled.set(to: .now + .milliseconds(5)) { _ in journal.note("cancelled") }
        cancelled.cancel()
        timer.set(to: .now + .milliseconds(40)) { _ in journal.note("again") }
        try await until { journal.all.count > 1 }
        #expect(journal.all == ["fired", "again"])
    }
}
