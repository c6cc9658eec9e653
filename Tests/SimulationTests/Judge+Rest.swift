import ChatWire

@testable import ChatClient
@testable import ChatUI

// What must hold when everything works again and all is settled.

extension Judge {
    func checkAtRest() {
        for client in world.oldClients { checkEnd(of: client) }
        let windows = world.devices.flatMap(\.windows)
        for window in windows where failure == nil { check(window) }
        for device in world.devices where failure == nil { check(device) }
        if failure == nil { checkWritten(windows) }
        if failure == nil { checkOrder() }
    }

    /// A minute in which nothing was to be done.
    func checkIdle(attempts: Int, events: Int) {
        let windows = world.devices.flatMap(\.windows).count
        if attempts > 0 { fail("\(attempts) attempts to connect in an idle minute") }
        // Each window asks its disk once a minute for messages of windows that are gone.
        if events > windows * 10 { fail("\(events) events in an idle minute, with \(windows) windows") }
    }

    // MARK: - Windows

    private func check(_ window: Window) {
        guard case .online = window.session.phase else { return fail("\(window.name) is not online") }
        if window.session.waitingMessages > 0 { fail("\(window.name) has not sent all") }
        if window.session.isSaving { fail("\(window.name) has not saved all") }
        checkList(of: window)
        checkFlags(of: window)
        guard let peer = window.openPeer else { return }
        if let mark = window.shownMark { check(mark, with: peer, window) }
        if !window.saysAllIsHere { fail("\(window.name) does not say that all is here") }
        let conversation = world.server.conversation(window.device.user, peer).map(\.id)
        let shown = window.shownMessages.filter { !lostMessages.contains($0) }
        if Set(shown).count != shown.count { fail("\(window.name) shows a message twice: \(shown)") }
        if world.plan.hasNoHistory { return }
        if shown != conversation { fail("\(window.name) shows \(shown), the server has \(conversation)") }
        if window.saysSomethingIsMissing { fail("\(window.name) says that something is missing") }
        checkDisk(of: window, with: peer, conversation)
    }

    /// It shows the flags that are on disk.
    private func checkFlags(of window: Window) {
        let stored = window.device.disk.ledger.flags
        for peer in window.device.peers where window.shownFlags(of: peer) != stored[peer]?.flags ?? [] {
            fail("\(window.name) shows \(window.shownFlags(of: peer)) of \(peer), the disk has \(stored)")
        }
    }

    /// It tells what the server's does.
    private func checkList(of window: Window) {
        guard window.session.inbox != nil, let server = world.server as? CurrentServer, !world.plan.hasNoHistory,
            !world.plan.hasRestores
        else { return }
        for entry in server.conversations(of: window.device.user) ?? [] {
            guard let shown = window.listed(entry.peer) else {
                return fail("\(window.name) does not list \(entry.peer)")
            }
            if shown.lastMessage?.id != entry.lastMessage.id {
                let id = shown.lastMessage.map { "\($0.id)" } ?? "no message"
                fail("\(window.name) lists \(id) as last, the server \(entry.lastMessage.id)")
            }
            if shown.unread != entry.unread {
                fail("\(window.name) lists \(shown.unread) unread of \(entry.peer), the server \(entry.unread)")
            }
        }
    }

    /// All is on disk, and what stands there side by side does so on the server. (A gap where nothing is missing does no
    /// harm: the next window asks.)
    private func checkDisk(of window: Window, with peer: UserID, _ conversation: [MessageID]) {
        for id in conversation where !window.device.disk.messages.contains(id) {
            fail("\(window.name) does not have \(id) on disk")
        }
        // Protocol 1 does not tell when a message was stored, so the disk has only the order of the pages that it saw.
        if world.plan.isServerOld { return }
        for (previous, id) in zip(conversation, conversation.dropFirst()) {
            guard let kept = window.previousOnDisk(of: id, with: peer, except: lostMessages) else { continue }
            if kept != previous { fail("\(window.name) has \(kept) before \(id) on disk, the server has \(previous)") }
        }
    }

    // MARK: - Devices

    private func check(_ device: Device) {
        guard let server = world.server as? CurrentServer else { return }
        let feed = server.messages(inFeedOf: device.user, after: device.decree)
        for id in feed where !device.disk.messages.contains(id) { fail("\(device.name) has never got \(id)") }
        for unsent in device.disk.ledger.unsent.map(\.message) where unsent.state != .held {
            // What is too old is shown as such, and may be so each time; where the user turned away, when they come back.
            let isHeld = device.windows.contains { window in
                window.showsHeld(unsent.id)
                    || window.session.outbox[unsent.id]?.state == .held && window.session.peer != unsent.receiver
            }
            if !isHeld { fail("\(device.name) still has \(unsent.id) on disk, to be sent") }
        }
    }

    // MARK: - Messages

    private func checkWritten(_ windows: [Window]) {
        let stored = world.server.storedSendings(written)
        for (id, entry) in written.sorted(by: { $0.value.number < $1.value.number }) {
            let count = stored.filter { $0 == id }.count
            let isShownHeld = windows.contains { window in
                window.device.user == entry.sender && window.showsHeld(id)
            }
            // The window that turned to the conversation would show it.
            let isHeld = isShownHeld || world.plan.hasTurns && isHeldOutOfSight(id)
            // Protocol 1 knows no repeats: what the user sent again may be there again.
            if count > (world.plan.isServerOld ? 1 + entry.resends : 1) { fail("\(id) is stored \(count) times") }
            if entry.isDiscarded { continue }
            if count == 0, !isHeld, !lostSendings.contains(id) { fail("\(id) is lost") }
            if count > 0, isHeld, !world.plan.isServerOld { fail("\(id) is stored, and shown as if it were not") }
        }
        if let unknown = world.server.unknownMessage(written, except: Set(world.oldClients.map(\.user))) {
            fail("nobody wrote \(unknown)")
        }
    }

    private func isHeldOutOfSight(_ id: ClientMessageID) -> Bool {
        world.devices.contains { device in
            // What may have arrived at a server of protocol 1, the window that opens its conversation looks for.
            device.disk.ledger.unsent.contains { $0.message.id == id && $0.message.state != .waiting }
                || device.windows.contains { $0.session.outbox[id]?.state == .held }
        }
    }

    /// What was written in one window stands in the order of writing, but for what waited for the user, and for what a
    /// restored copy of the database had lost: a device whose power failed may have it and send it again.
    private func checkOrder() {
        var last: [String: (number: Int, id: ClientMessageID)] = [:]
        for id in world.server.storedSendings(written) {
            guard let entry = written[id], !entry.wasHeld, entry.resends == 0, !lostSendings.contains(id) else {
                continue
            }
            let key = "\(entry.window) \(entry.message.receiver.wire)"
            if let before = last[key], before.number > entry.number { fail("\(before.id) overtook \(id)") }
            last[key] = (entry.number, id)
        }
    }
}

extension Window {
    /// What this machine's disk has just before a message; nil where it says that it does not know.
    fileprivate func previousOnDisk(of id: MessageID, with peer: UserID, except lost: Set<MessageID>) -> MessageID? {
        var before = id
        while let previous = device.disk.ledger.page(of: peer, before: before, limit: 1).messages.first?.message.id {
            if !lost.contains(previous) { return previous }
            before = previous
        }
        return nil
    }
}
