import ChatWire

@testable import ChatClient

/// The server that this system grew from, with its habits: protocol 1, one socket for each user, inserts in any order,
/// confirmations that name only themselves, the oldest 1,000 rows.
final class OldServer: SimulatedServer {
    unowned let world: World
    private(set) var isUp = false
    private var isFailing = false
    private var rows: [Message] = []
    private var connections: [OldServerConnection] = []
    private var sockets: [UserID: OldServerConnection] = [:]
    private var incarnation = 0

    init(_ world: World) {
        self.world = world
        start()
    }

    func start() {
        guard !isUp else { return }
        world.note("old server", "starts")
        isUp = true
    }

    func crash() {
        guard isUp else { return }
        world.note("old server", "crashes")
        isUp = false
        incarnation += 1
        for connection in connections { connection.wire.serverDied() }
        connections = []
        sockets = [:]
    }

    func restart() {
        crash()
        start()
    }

    func setFailing(_ isFailing: Bool) { self.isFailing = isFailing }
    func backUp() {}
    func restore() {}

    func accept(_ wire: Wire) -> any ServerEnd {
        let connection = OldServerConnection(self, wire)
        connections.append(connection)
        return connection
    }

    func conversation(_ one: UserID, _ other: UserID) -> [Message] { rows.filter { $0.isBetween(one, other) } }
    func isStored(_ messageID: MessageID) -> Bool { rows.contains { $0.id == messageID } }

    /// Texts tell which message it is: no two are the same where this server is used.
    func storedSendings(_ written: [ClientMessageID: Judge.Written]) -> [ClientMessageID] {
        let ids = Dictionary(uniqueKeysWithValues: written.map { (UntrustedText($1.message.text), $0) })
        return rows.compactMap { ids[$0.text] }
    }

    func unknownMessage(_ written: [ClientMessageID: Judge.Written], except users: Set<UserID>) -> MessageID? {
        let texts = Set(written.values.map { UntrustedText($0.message.text) })
        return rows.first { !users.contains($0.sender) && !texts.contains($0.text) }?.id
    }

    func conversations(of user: UserID) -> [ConversationList.Entry]? { nil }

    func history(of user: UserID, with peer: UserID, before: MessageID?, limit: Int?) -> HistoryPage? {
        if isFailing { return nil }
        // It knows neither pages nor limits.
        return HistoryPage(messages: conversation(user, peer).prefix(1000).map { .init(message: $0) })
    }

    // MARK: - What connections ask

    func register(_ connection: OldServerConnection, _ user: UserID) { sockets[user] = connection }

    func unregister(_ connection: OldServerConnection) {
        connections.removeAll { $0 === connection }
        for (user, socket) in sockets where socket === connection { sockets[user] = nil }
    }

    /// Each message in a request of its own to the database, as slow as it likes.
    func insert(_ message: ClientEvent.OutgoingMessage, from connection: OldServerConnection) {
        let incarnation = incarnation
        let slow: ClosedRange<Int> = world.isCalm || world.dice.chance(90) ? 1.ms...60.ms : 1.s...20.s
        world.after(slow) { [self] in
            // A request that is under way survives the process that made it.
            let row = isFailing ? nil : store(message)
            world.after(0...10.ms) { [self] in
                guard incarnation == self.incarnation else { return }
                guard let row else {
                    return connection.send(.error(.init(message: ServerText.storageFailed, code: nil)))
                }
                connection.send(.messageSent(.init(messageID: row.id)))
                sockets[message.receiver]?.send(.newMessage(.init(message: row)))
            }
        }
    }

    private func store(_ message: ClientEvent.OutgoingMessage) -> Message {
        let (last, now) = (rows.last?.createdAt.microseconds ?? 0, world.now.wall.microseconds / 1000 * 1000)
        let row = Message(
            id: MessageID(world.makeName("row-")), sender: message.sender, receiver: message.receiver,
            text: message.text,
            createdAt: Timestamp(microseconds: max(now, last + 1000)))
        world.note("old server", "stores \(row.id): \(row.text)")
        rows.append(row)
        return row
    }
}

final class OldServerConnection: ServerEnd {
    private let server: OldServer
    let wire: Wire
    private var isClosed = false

    init(_ server: OldServer, _ wire: Wire) {
        self.server = server
        self.wire = wire
    }

    func received(_ event: ClientEvent) {
        guard !isClosed else { return }
        switch event {
        case .auth(let auth):
            server.register(self, auth.user)
            send(.authSuccess(.init()))
        case .message(let message): server.insert(message, from: self)
        default: break
        }
    }

    func closed() {
        isClosed = true
        server.unregister(self)
    }

    func send(_ event: ServerEvent) {
        if !isClosed { wire.send(event) }
    }
}
