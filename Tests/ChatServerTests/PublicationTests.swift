import ChatWire
import Synchronization
import Testing

@testable import ChatServer

/// What was stored is told on the threads of those who are told: each is waked once for a whole batch.
@Suite("Telling what was stored") struct PublicationTests {
    @Test("a batch wakes each loop once, and everybody hears it in its order") func batch() async throws {
        try await withHub { hub in
            let (one, other) = (Loop(), Loop())
            let (anna, bob, tablet) = (LoopSocket(one), LoopSocket(other), LoopSocket(other))
            try await anna.joins(hub, as: "anna")
            for device in [bob, tablet] { try await device.joins(hub, as: "bob") }
            let count = 100
            let drafts = (1...count).map { MessageDraft.numbered($0) }
            let stored = try await hub.store.append(drafts)
            let origin = Hub.MessageOrigin(connection: anna.connection, overLimit: nil)
            let wakings = (one.wakings, other.wakings)
            hub.publish(zip(drafts, stored).map { ($0, .settled(.success($1)), origin) })
            #expect(one.wakings == wakings.0 + 1 && other.wakings == wakings.1 + 1)
            #expect(anna.cursors.isEmpty && bob.cursors.isEmpty)
            one.turn()
            #expect(anna.cursors == Array(1...count) && bob.cursors.isEmpty)
            other.turn()
            #expect(bob.cursors == Array(1...count) && tablet.cursors == Array(1...count))
        }
    }

    @Test("who goes between the commit and its turn is told nothing, and nobody else misses anything")
    func goneBetween() async throws {
        try await withHub { hub in
            let loop = Loop()
            let (anna, bob, tablet) = (LoopSocket(loop), LoopSocket(loop), LoopSocket(loop))
            try await anna.joins(hub, as: "anna")
            for device in [bob, tablet] { try await device.joins(hub, as: "bob") }
            let draft = MessageDraft.numbered(1)
            let stored = try await hub.store.append([draft])
            hub.publish([(draft, .settled(.success(stored[0])), .init(connection: anna.connection, overLimit: nil))])
            for device in [anna, bob] { device.connection.closed() }
            loop.turn()
            #expect(anna.cursors.isEmpty && bob.cursors.isEmpty && tablet.cursors == [1])
        }
    }
}

/// A thread of connections that works when it is told to.
private final class Loop: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let count = Mutex(0)

    var wakings: Int { count.withLock { $0 } }

    func execute(_ work: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(work) }
        count.withLock { $0 += 1 }
    }

    func turn() {
        let due = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for work in due { work() }
    }
}

private final class LoopSocket: ClientSocket {
    private let thread: Loop
    private let heard = Mutex<[ServerEvent]>([])
    private let opened = Mutex<Connection?>(nil)

    init(_ thread: Loop) { self.thread = thread }

    var connection: Connection { opened.withLock { $0! } }

    var cursors: [Int] {
        heard.withLock(\.self).compactMap {
            switch $0 {
            case .messageSent(let event): event.cursor
            case .newMessage(let event): event.cursor
            default: nil
            }
        }
    }

    func joins(_ hub: Hub, as user: String) async throws {
        let connection = hub.connect(self)
        opened.withLock { $0 = connection }
        let auth = ClientEvent.Auth(user: try #require(UserID(user)), protocolVersion: 2)
        connection.received(text: WireCodec.encode(ClientEvent.auth(auth)))
        try await wait { self.heard.withLock { $0.contains { $0.kind == "auth_success" } } }
    }

    func send(text: String, sheddable: Bool) {
        guard let event = try? WireCodec.decode(ServerEvent.self, from: text) else { return }
        heard.withLock { $0.append(event) }
    }

    func whenSent(_ action: @escaping @Sendable () -> Void) { Task { action() } }
    func pauseReading() {}
    func resumeReading() {}
    func close(code: UInt16, reason: String) {}
    var loop: ObjectIdentifier { ObjectIdentifier(thread) }
    func execute(_ work: @escaping @Sendable () -> Void) { thread.execute(work) }
}

extension MessageDraft {
    fileprivate static func numbered(_ number: Int) -> MessageDraft {
        MessageDraft(
            sender: user("anna"), receiver: user("bob"), text: UntrustedText("\(number)"), receivedAt: now)
    }
}
