import ChatUI
import ChatWire

@testable import ChatClient

/// What people do, and what the world does to them, one thing after the other; then everything comes to rest.
struct People {
    unowned let world: World

    private enum Operation {
        case write, writeMuch, see, scroll, type, draft, reconnect, resend, discard
        case openWindow, leave, kill, sleep, cutOff, fillDisk, failPower, night
        case turn, flag, block
        case crashServer, restartServer, failDatabase, backUp, restore
    }

    private var operations: [(weight: Int, element: Operation)] {
        let plan = world.plan
        func only(_ condition: Bool, _ weight: Int) -> Int { condition ? weight : 0 }
        return [
            (40, .write), (6, .writeMuch), (12, .see), (5, .scroll), (3, .type), (2, .draft), (3, .reconnect),
            (5, .resend), (2, .discard), (5, .openWindow), (2, .leave), (only(plan.hasCrashes, 5), .kill), (2, .sleep),
            (only(plan.badConnections > 0, 4), .cutOff), (only(plan.hasDiskFailures, 5), .fillDisk),
            (only(plan.hasPowerFailures, 3), .failPower), (only(plan.hasNights, 3), .night),
            (only(plan.hasCrashes, 4), .crashServer), (only(plan.hasCrashes, 2), .restartServer),
            (only(plan.hasStorageFailures, 5), .failDatabase), (only(plan.hasRestores, 4), .backUp),
            (only(plan.hasRestores, 3), .restore), (only(plan.hasTurns, 25), .turn),
            (only(plan.hasBlocks, 20), .block), (only(plan.hasTurns, 6), .flag),
        ]
    }

    /// The next operation, and so on, until enough was done.
    func goOn(_ remaining: Int, then finish: @escaping () -> Void) {
        guard remaining > 0, world.judge.failure == nil else { return finish() }
        var pause = world.dice.chance(60) ? world.dice.from(0...200.ms) : world.dice.from(0...4.s)
        let operation = world.dice.pick(weighted: operations)
        if operation == .night { pause = 25 * 3600.s }
        perform(operation)
        if world.dice.chance(20) { for client in world.oldClients { client.write() } }
        world.after(pause) { goOn(remaining - 1, then: finish) }
    }

    private func perform(_ operation: Operation) {
        guard let device = world.dice.pick(world.devices) else { return }
        switch operation {
        case .write: write(1)
        case .writeMuch: write(world.dice.from(2...8))
        case .see: atWindow { $0.press(.end, .control) }
        case .scroll: world.dice.chance(80) ? atWindow { $0.press(.pageUp) } : atWindow { $0.press(.home, .control) }
        case .type: atWindow { $0.press(.character("x")) }
        case .draft: atWindow { $0.paste($0.world.makeName("draft ")) }
        case .reconnect: atWindow { $0.press(.character("r"), .control) }
        case .resend: atWindow { $0.pressOnHeld(.control) }
        case .discard: atWindow { $0.pressOnHeld(.alt) }
        case .openWindow: if device.windows.count < 3, !device.isAsleep { device.openWindow() }
        case .leave: atWindow { $0.leave() }
        case .kill: atWindow { $0.kill() }
        case .turn: atWindow { $0.turn() }
        case .block: atWindow { $0.changeBlock() }
        case .flag: atWindow { $0.press(.character($0.world.dice.pick(["m", "h", "i", "u"]) ?? "m"), .alt) }
        case .sleep: device.sleep(for: world.dice.from(500.ms...60.s))
        case .cutOff:
            device.cutOff()
            world.after(0...40.s) { device.rejoin() }
        case .fillDisk: fillDisk(of: device)
        case .failPower: if !device.isAsleep { device.failPower() }
        case .night: for device in world.devices { device.sleep(for: 25 * 3600.s - 1.s) }
        case .crashServer: crashServer()
        case .restartServer: world.server.restart()
        case .failDatabase: failDatabase()
        case .backUp: world.server.backUp()
        case .restore: restoreServer()
        }
    }

    private func atWindow(_ operation: (Window) -> Void) {
        let windows = world.devices.filter { !$0.isAsleep }.flatMap(\.windows)
        if let window = world.dice.pick(windows) { operation(window) }
    }

    private func write(_ count: Int) {
        atWindow { window in
            for _ in 0..<count {
                window.write()
            }
        }
    }

    private func fillDisk(of device: Device) {
        world.note(device.name, "disk is full")
        device.isDiskFull = true
        world.after(100.ms...15.s) {
            device.world.note(device.name, "disk has room")
            device.isDiskFull = false
        }
    }

    private func crashServer() {
        world.server.crash()
        world.after(0...15.s) { [server = world.server!] in server.start() }
    }

    private func failDatabase() {
        world.server.setFailing(true)
        world.after(100.ms...15.s) { [server = world.server!] in server.setFailing(false) }
    }

    private func restoreServer() {
        world.server.restore()
        world.after(0...5.s) { [server = world.server!] in server.start() }
    }
}

// MARK: - Rest

extension People {
    /// Everything works again, and nothing new is done.
    func calmDown() {
        world.note("world", "calms down")
        world.isCalm = true
        world.healNetwork()
        world.server.setFailing(false)
        world.server.start()
        for device in world.devices {
            device.isDiskFull = false
            device.whenAwake {
                let open = device.windows.filter { !$0.isLeaving }.compactMap(\.openPeer)
                let unsent = device.disk.ledger.unsent.map(\.message.receiver)
                for peer in device.peers where !open.contains(peer) && unsent.contains(peer) {
                    device.openWindow(with: peer)
                }
                if open.isEmpty, device.windows.allSatisfy(\.isLeaving) { device.openWindow() }
            }
        }
    }

    /// The last messages meet connections that are just coming up, and nothing follows that would tell of a miss: nobody
    /// looks at a screen.
    func hurryOnce() {
        atEachWindow { window in
            world.after(0...200.ms) { window.handle(.reconnectNow) }
            if world.dice.chance(50) { world.after(0...600.ms) { window.write() } }
        }
    }

    /// Everybody looks at all that there is.
    func readAll() {
        world.isBusCalm = true
        // The older server tells only the user's last connection.
        if world.plan.isServerOld { atEachWindow { $0.handle(.reconnectNow) } }
        // Some conversations that are not open stay blocked.
        for round in 1...3 { world.after(round * 500.ms) { atEachWindow { $0.unblock() } } }
        for round in 1...60 { world.after(round * 1500.ms) { atEachWindow { $0.lookForMore() } } }
    }

    private func atEachWindow(_ operation: (Window) -> Void) {
        for window in world.devices.flatMap(\.windows) { operation(window) }
    }
}

extension Window {
    fileprivate func write() {
        send(world.plan.repeatsTexts && world.dice.chance(30) ? "да" : "text \(nextID.wire.suffix(5))")
    }

    /// To another conversation, or to the list.
    fileprivate func turn() { turn(to: world.dice.chance(25) ? nil : world.dice.pick(device.peers)) }

    fileprivate func pressOnHeld(_ modifiers: Key.Modifiers) {
        selectHeld()
        press(.character("x"), modifiers)
    }

    /// For what is missing, and for what other windows have set.
    fileprivate func lookForMore() {
        if saysSomethingIsMissing { showAll() }
        handle(.readFlags)
    }

    fileprivate func changeBlock() {
        guard let peer = openPeer else { return }
        handle(.setBlocked(!isBlocked(peer)))
    }

    fileprivate func unblock() {
        if let peer = openPeer, isBlocked(peer) { handle(.setBlocked(false)) }
    }

    private func isBlocked(_ peer: UserID) -> Bool {
        (world.server as? CurrentServer)?.ledger.blocks(device.user, peer) ?? false
    }
}
