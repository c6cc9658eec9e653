import ChatClient
import ChatWire

/// One direction of a connection: delivers what was sent in the order of sending, as TCP does, or nothing more.
final class Lane {
    enum Frame {
        case fromClient(ClientEvent)
        case fromServer(ServerEvent)
        /// The last one.
        case end(LinkEnd)
    }

    private unowned let world: World
    private let receive: (Frame) -> Void
    private let latency: ClosedRange<Int>
    private var frames: [Frame] = []
    private var lastArrival: Int = 0
    /// What is on its way is lost, and what is still to be sent.
    var isDead = false
    /// Until then all that is on its way stands still.
    var stalledUntil: Int = 0

    init(_ world: World, latency: ClosedRange<Int>, receive: @escaping (Frame) -> Void) {
        self.world = world
        self.latency = latency
        self.receive = receive
    }

    /// How many frames are on their way.
    var load: Int { frames.count }

    func send(_ frame: Frame) {
        if isDead { return }
        if world.sabotage == .networkLoses, !world.isCalm, world.dice.chance(2) { return }
        frames.append(frame)
        lastArrival = max(lastArrival, world.time + world.dice.from(latency))
        world.at(lastArrival) { self.arrive() }
    }

    private func arrive() {
        if isDead || frames.isEmpty { return frames.removeAll() }
        if world.time < stalledUntil { return world.at(stalledUntil) { self.arrive() } }
        let isUntidy = world.sabotage == .networkReorders && !world.isCalm && world.dice.chance(5)
        receive(frames.remove(at: isUntidy ? world.dice.below(frames.count) : 0))
    }
}

/// The client's end of a connection.
protocol ClientEnd: AnyObject {
    var name: String { get }
    /// Nothing gets through to it.
    var isCutOff: Bool { get }
    func opened(link: Int)
    func received(_ event: ServerEvent, link: Int)
    func ended(_ end: LinkEnd, link: Int)
}

/// A connection, from the first attempt to reach the server on.
final class Wire {
    unowned let world: World
    let number: Int
    let client: any ClientEnd
    let link: Int
    private(set) var connection: (any ServerEnd)?
    /// How often the server's database had been restored when the connection was accepted.
    private(set) var data = 0
    private(set) var toServer: Lane!
    private(set) var toClient: Lane!
    private let latency: ClosedRange<Int>
    /// The client has not closed it, nor heard of its end.
    private(set) var isClientOpen = true
    private var lastHeard: Int = 0

    init(_ world: World, _ client: any ClientEnd, link: Int) {
        self.world = world
        self.client = client
        self.link = link
        world.attempts += 1
        number = world.attempts
        let least = world.dice.from(1.ms...(world.dice.chance(10) ? 800.ms : 60.ms))
        latency = least...(least + 20.ms)
        toServer = Lane(world, latency: latency) { [unowned self] in arriveAtServer($0) }
        toClient = Lane(world, latency: latency) { [unowned self] in arriveAtClient($0) }
        world.after(latency) { self.connect() }
    }

    var name: String { "\(client.name)#\(link)" }

    // MARK: - Opening

    private func connect() {
        guard isClientOpen, !client.isCutOff else { return }  // the client gives up some time
        guard world.server.isUp else { return end(.unreachable(.refused)) }
        if !world.isCalm, world.dice.chance(3) { return end(.refused(status: 503)) }
        connection = world.server.accept(self)
        data = (world.server as? CurrentServer)?.restores ?? 0
        world.after(latency) {
            guard self.isClientOpen, !self.toClient.isDead else { return }
            self.client.opened(link: self.link)
        }
        meetFate()
    }

    private func meetFate() {
        guard !world.isCalm, world.dice.chance(world.plan.badConnections) else { return }
        world.after(0...(world.dice.chance(60) ? 2.s : 30.s)) {
            if self.world.isCalm { return }
            switch self.world.dice.below(3) {
            case 0: self.cut()
            case 1: self.fallSilent()
            default: self.stall(for: self.world.dice.from(100.ms...(self.world.dice.chance(50) ? 8.s : 60.s)))
            }
        }
    }

    // MARK: - What happens to it

    /// The connection breaks. Either side learns of it, some time.
    func cut() {
        world.note(name, "breaks")
        (toServer.isDead, toClient.isDead) = (true, true)
        world.after(0...1.s) { self.end(.lost) }
        world.after(0...(world.dice.chance(70) ? 1.s : 35.s)) { self.connection?.closed() }
    }

    /// Nothing gets through any more, and nobody is told: either side finds out by its pings.
    func fallSilent() {
        world.note(name, "falls silent")
        (toServer.isDead, toClient.isDead) = (true, true)
        world.after(10.s...35.s) { self.end(.noPong) }
        world.after(10.s...35.s) { self.connection?.closed() }
    }

    /// One direction, or both, stand still for a while. What was sent arrives late, perhaps after a newer connection's
    /// frames.
    func stall(for span: Int) {
        let which = world.dice.below(3)
        world.note(name, "stalls for \(span / 1000) ms, \(["both ways", "to the server", "to the client"][which])")
        if which != 2 { toServer.stalledUntil = world.time + span }
        if which != 1 { toClient.stalledUntil = world.time + span }
        guard span > 25.s else { return }
        world.after(25.s...35.s) { if which != 1, self.world.time < self.toClient.stalledUntil { self.end(.noPong) } }
        world.after(25.s...35.s) {
            guard which != 2, self.world.time < self.toServer.stalledUntil else { return }
            self.connection?.closed()
            self.toClient.send(.end(.closed(code: 4001)))
        }
    }

    func heal() { (toServer.stalledUntil, toClient.stalledUntil) = (0, 0) }

    /// The server's process is gone.
    func serverDied() {
        toServer.isDead = true
        connection = nil
        if world.dice.chance(70) { return toClient.send(.end(.lost)) }
        toClient.isDead = true
        world.after(world.dice.chance(70) ? 0...1.s : 10.s...35.s) { self.end(.noPong) }
    }

    private func end(_ end: LinkEnd) {
        guard isClientOpen else { return }
        isClientOpen = false
        client.ended(end, link: link)
    }

    // MARK: - The client's side

    func send(_ event: ClientEvent) {
        if isClientOpen { toServer.send(.fromClient(event)) }
    }

    /// What was sent before still arrives.
    func closeByClient() {
        guard isClientOpen else { return }
        isClientOpen = false
        toServer.send(.end(.closed(code: 1000)))
    }

    func ping(patience: Int) {
        let asked = world.time
        world.after(latency) {
            self.world.at(self.toServer.stalledUntil) {
                if self.toServer.isDead { return }
                self.world.at(max(self.toClient.stalledUntil, self.world.time + self.latency.lowerBound)) {
                    if !self.toClient.isDead { self.lastHeard = self.world.time }
                }
            }
        }
        world.after(patience) { if self.lastHeard < asked { self.end(.noPong) } }
    }

    private func arriveAtClient(_ frame: Lane.Frame) {
        lastHeard = world.time
        switch frame {
        case .fromServer(let event): if isRead() { client.received(event, link: link) }
        case .end(let end): self.end(end)
        case .fromClient: break
        }
    }

    /// A transport may hand on what it had read already when it was told to close.
    private func isRead() -> Bool {
        if isClientOpen { return true }
        if world.dice.chance(50) { toClient.isDead = true }
        return !toClient.isDead
    }

    // MARK: - The server's side

    func send(_ event: ServerEvent) { toClient.send(.fromServer(event)) }

    func closeByServer(code: Int) { toClient.send(.end(.closed(code: code))) }

    private func arriveAtServer(_ frame: Lane.Frame) {
        switch frame {
        case .fromClient(let event): connection?.received(event)
        case .end: connection?.closed()
        case .fromServer: break
        }
    }
}
