import ChatWire

@testable import ChatClient

/// Knows what must be true: all the way, and when the world has come to rest.
final class Judge {
    unowned(unsafe) var world: World!
    /// The first thing that was wrong.
    private(set) var failure: String?
    /// Messages whose Enter reached the disk, by their client ids, and their order.
    private(set) var written: [ClientMessageID: Written] = [:]
    /// What the server had, and had no more after a restore.
    private(set) var lostMessages: Set<MessageID> = []
    private(set) var lostSendings: Set<ClientMessageID> = []
    /// What was on a disk of each user at some time, or was taken to be there when a feed began.
    private var kept: [UserID: Set<MessageID>] = [:]
    private var seen: [Reading: Set<MessageID>] = [:]

    struct Written {
        var message: UnsentMessage
        var sender: UserID
        var window: String
        var number: Int
        var wasHeld = false
        var isDiscarded = false
        /// How often the user asked for it to be sent once more.
        var resends = 0
    }

    private struct Reading: Hashable {
        var user: UserID
        var peer: UserID
    }

    func fail(_ reason: String) {
        guard failure == nil else { return }
        failure = reason
        world.note("judge", "WRONG: \(reason)")
    }

    // MARK: - What happens at the devices

    func wrote(_ message: UnsentMessage, in window: Window) {
        guard written[message.id] == nil else { return }
        written[message.id] = Written(
            message: message, sender: window.device.user, window: window.name, number: written.count)
    }

    func held(_ id: ClientMessageID) { written[id]?.wasHeld = true }
    func resent(_ id: ClientMessageID) { written[id]?.resends += 1 }
    func discarded(_ id: ClientMessageID) { written[id]?.isDiscarded = true }
    func kept(_ messageID: MessageID, by user: UserID) { kept[user, default: []].insert(messageID) }

    func decreed(_ cursor: Int, for user: UserID) {
        guard let server = world.server as? CurrentServer else { return }
        for stored in server.ledger.feed(of: user, after: 0, limit: cursor) { kept(stored.message.id, by: user) }
    }

    func saw(_ message: Message, _ user: UserID, peer: UserID) {
        seen[Reading(user: user, peer: peer), default: []].insert(message.id)
    }

    func lost(_ messages: [(message: Message, clientMessageID: ClientMessageID?)]) {
        for (message, id) in messages {
            lostMessages.insert(message.id)
            if let id { lostSendings.insert(id) }
        }
    }

    // MARK: - Sending

    func transmits(_ event: ClientEvent, window: Window) {
        switch event {
        case .message(let message):
            if message.clientMessageID.flatMap({ written[$0] }) == nil {
                fail("\(window.name) sends what is not on its disk: \(message.clientMessageID ?? "?")")
            }
        case .ack(let cursor): checkAcknowledgement(cursor, window)
        default: break
        }
    }

    /// It speaks of the data that the server had when the connection was made. Once they were restored from a copy, the
    /// connection is dead and nobody hears it.
    private func checkAcknowledgement(_ cursor: Int, _ window: Window) {
        let device = window.device
        guard let server = world.server as? CurrentServer, window.wire?.data == server.restores else { return }
        for stored in server.ledger.feed(of: device.user, after: device.decree, limit: max(0, cursor - device.decree))
        where !device.disk.messages.contains(stored.message.id) {
            fail("\(device.name) acknowledges \(cursor), and does not have \(stored.message.id)")
        }
    }

    // MARK: - Showing

    func told(_ update: Update, to window: Window) {
        switch update {
        case .outgoing(let id, .stored(let message)), .outgoing(let id, .found(let message)):
            checkStored(id, message, window)
        case .outgoing(let id, .unsent(.refused)), .outgoing(let id, .unsent(.unconfirmed)),
            .outgoing(let id, .unsent(.stale)):
            held(id)
        case .unsent(let message, let status): if status != .waiting { held(message.id) }
        case .marked(let mark): if let peer = window.toldPeer { check(mark, with: peer, window) }
        case .caughtUp:
            if world.plan.isServerOld, world.plan.hasNoHistory {
                fail("\(window.name) says that nothing is missing, and nobody told it")
            }
        default: break
        }
    }

    private func checkStored(_ id: ClientMessageID, _ message: Message, _ window: Window) {
        if !world.server.isStored(message.id) && !lostMessages.contains(message.id) {
            fail("\(window.name) shows ✓ at \(message.id), which the server does not have")
        }
        if let text = written[id]?.message.text, UntrustedText(text) != message.text {
            fail("\(window.name) shows ✓ at \(id), but the server's \(message.id) is another message")
        }
    }

    func check(_ mark: ConversationMark, with other: UserID, _ window: Window) {
        let peer = mark.user == window.device.user ? other : window.device.user
        // As this window's user has it: after a block the other one may have it in another order.
        let conversation = world.server.conversation(window.device.user, other)
        if let id = mark.delivered, let place = conversation.firstIndex(where: { $0.id == id }) {
            for message in conversation[...place] where message.sender == peer && !isOnDevice(message, of: mark.user) {
                fail("\(window.name) shows ✓✓ at \(id), but \(mark.user) does not have \(message.id)")
            }
        } else if let id = mark.delivered, !lostMessages.contains(id) {
            fail("\(window.name) shows ✓✓ at \(id), which is no message of this conversation")
        }
        guard let id = mark.read, !lostMessages.contains(id) else { return }
        let readings = seen[Reading(user: mark.user, peer: peer)] ?? []
        let place = conversation.firstIndex { $0.id == id } ?? conversation.count
        if !conversation.dropFirst(place).contains(where: { readings.contains($0.id) }),
            lostMessages.isDisjoint(with: readings)
        {
            fail("\(window.name) shows \(id) as read by \(mark.user), who has not seen it")
        }
    }

    private func isOnDevice(_ message: Message, of user: UserID) -> Bool {
        kept[user]?.contains(message.id) ?? false
    }

    /// Nothing is missing on the screen but what it says is missing: of the data that the server had when the connection
    /// was authorised, as with acknowledgements.
    func checkCaughtUp(_ window: Window, to end: Window.FeedEnd) {
        guard let server = world.server as? CurrentServer, !world.plan.hasNoHistory, end.data == server.restores,
            let position = end.position, position.epoch == server.ledger.epoch, let peer = window.openPeer,
            window.saysAllIsHere
        else { return }
        let feed = server.ledger.feed(of: window.device.user, after: 0, limit: position.cursor).map(\.message)
        if let missing = window.missing(of: feed.filter { $0.isBetween(window.device.user, peer) }) {
            fail("\(window.name) says that nothing is missing, but does not show \(missing.id)")
        }
    }
}
