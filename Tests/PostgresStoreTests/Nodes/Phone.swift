#if Cluster

import ChatServer
import ChatWire
import Foundation
import Synchronization
import Testing

/// A user's device on one of the nodes, without a socket.
final class Phone: ClientSocket {
    private let received = Mutex<[(event: ServerEvent, time: ContinuousClock.Instant)]>([])
    private let closeCode = Mutex<UInt16?>(nil)
    private let connection = Mutex<Connection?>(nil)
    private let queue = DispatchQueue(label: "phone")
    let user: UserID

    init(of user: UserID, on hub: Hub) {
        self.user = user
        connection.withLock { $0 = hub.connect(self) }
    }

    // MARK: The socket

    func send(text: [UInt8], sheddable: Bool) {
        let time = ContinuousClock.now
        if let event = try? WireCodec.decode(ServerEvent.self, from: text) {
            received.withLock { $0.append((event, time)) }
        }
    }

    func whenSent(_ action: @escaping @Sendable () -> Void) { queue.async(execute: action) }
    func pauseReading() {}
    func resumeReading() {}
    func close(code: UInt16, reason: String) { closeCode.withLock { $0 = code } }
    var loop: ObjectIdentifier { ObjectIdentifier(self) }
    func execute(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    // MARK: The user

    func says(_ event: ClientEvent) { connection.withLock { $0 }?.received(text: WireCodec.encode(event)) }

    func logsIn(resume: FeedPosition? = nil) async throws {
        says(.auth(.init(user: user, protocolVersion: 2, resume: resume)))
        try await hears("auth_success") { if case .authSuccess = $0 { true } else { false } }
    }

    /// - Returns: the message's id, by which it is known when it is sent again.
    @discardableResult
    func writes(
        _ text: String, to receiver: UserID, id: ClientMessageID = ClientMessageID(UUID().uuidString)
    ) -> ClientMessageID {
        says(
            .message(.init(sender: user, receiver: receiver, text: UntrustedText(text), clientMessageID: id)))
        return id
    }

    func leaves(_ end: ConnectionEnd = .client) { connection.withLock { $0 }?.closed(end) }

    var heard: [ServerEvent] { received.withLock { $0.map(\.event) } }
    /// The times at which messages of others came.
    var messageTimes: [ContinuousClock.Instant] {
        received.withLock { received in
            received.compactMap { if case .newMessage = $0.event { $0.time } else { nil } }
        }
    }
    var closedWith: UInt16? { closeCode.withLock(\.self) }

    /// The cursors of its feed in the order of sending.
    var cursors: [Int] {
        heard.compactMap {
            switch $0 {
            case .messageSent(let event) where event.duplicate != true: event.cursor
            case .newMessage(let event): event.cursor
            default: nil
            }
        }
    }

    /// Its messages that are stored.
    var confirmed: Set<ClientMessageID> {
        Set(heard.compactMap { if case .messageSent(let sent) = $0 { sent.clientMessageID } else { nil } })
    }

    var lastMessage: MessageID? {
        heard.compactMap { if case .newMessage(let new) = $0 { new.message.id } else { nil } }.last
    }

    /// What it was told last of the other's presence.
    func isOnline(_ other: UserID) -> Bool? {
        heard.compactMap { event -> Bool? in
            if case .presence(let presence) = event, presence.user == other { presence.isOnline } else { nil }
        }.last
    }

    func hears(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ matches: (ServerEvent) -> Bool
    ) async throws {
        try await wait(what, sourceLocation: sourceLocation) { heard.contains(where: matches) }
    }

    /// - Parameter what: Names the condition in a failure.
    func wait(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(.now < end, "\(what); heard \(heard.suffix(6))", sourceLocation: sourceLocation)
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

#endif
