import ChatWire

@testable import ChatClient

/// A server, devices with windows, people and the network between them, all of it decided by one seed: no thread, no clock
/// and nothing else from outside.
final class World {
    static let startInstant = ContinuousClock.now
    static let startTime = Timestamp(seconds: 1_700_000_000)

    let plan: Plan
    let sabotage: Sabotage?
    let trace: Trace
    let judge = Judge()
    var dice: Dice
    /// Since the beginning of the world.
    private(set) var time: Int = 0
    private(set) var now = Moment(instant: World.startInstant, wall: World.startTime)
    private var events = EventQueue()
    private(set) var eventsHandled = 0
    /// Nothing breaks any more.
    var isCalm = false
    /// The bus between servers calms down later: after the last messages nothing follows that would tell of a lost hint.
    var isBusCalm = false

    private(set) var server: (any SimulatedServer)!
    private(set) var devices: [Device] = []
    private(set) var oldClients: [OldClient] = []
    /// Connection attempts so far.
    var attempts = 0
    private var wires: [Wire] = []
    private var names = 0

    init(seed: UInt64, sabotage: Sabotage? = nil, isTraced: Bool = false) {
        var dice = Dice(seed: seed)
        plan = Plan(seed: seed, dice: &dice)
        self.dice = dice
        self.sabotage = sabotage
        trace = Trace(isOn: isTraced)
        judge.world = self
        populate()
    }

    // MARK: - Time

    func after(_ delay: Int, _ action: @escaping () -> Void) {
        events.add(at: time + max(0, delay), action)
    }

    /// Some time in this range from now.
    func after(_ range: ClosedRange<Int>, _ action: @escaping () -> Void) {
        after(dice.from(range), action)
    }

    func at(_ time: Int, _ action: @escaping () -> Void) {
        events.add(at: max(time, self.time), action)
    }

    /// Lets time pass, until something is found to be wrong or the condition holds.
    func run(until end: Int, or isOver: () -> Bool = { false }) {
        while let next = events.nextTime, next <= end, judge.failure == nil, !isOver() {
            let event = events.removeFirst()
            advance(to: event.time)
            eventsHandled += 1
            if eventsHandled > 400_000 { judge.fail("the world does not come to rest") }
            event.action()
        }
        if !isOver() { advance(to: max(time, end)) }
    }

    /// Takes back what was counted: it goes on for ever.
    func doNotCount(_ events: Int) { eventsHandled -= events }

    private func advance(to time: Int) {
        guard time > self.time else { return }
        now = Moment(
            instant: World.startInstant + .microseconds(time),
            wall: Timestamp(microseconds: World.startTime.microseconds + Int64(time)))
        self.time = time
    }

    /// Closures and what they hold hold each other until now.
    func end() {
        while server.isUp { server.crash() }
        events.removeAll()
        devices = []
        oldClients = []
        wires = []
        server = nil
    }

    /// The first time that is not before the instant.
    func time(of instant: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = (instant - World.startInstant).components
        return Int(seconds) * 1_000_000 + Int((attoseconds + 999_999_999_999) / 1_000_000_000_000)
    }

    // MARK: - The network

    func connect(_ client: any ClientEnd, link: Int) -> Wire {
        let wire = Wire(self, client, link: link)
        wires.append(wire)
        return wire
    }

    func healNetwork() {
        for wire in wires { wire.heal() }
        for device in devices { device.rejoin() }
    }

    // MARK: - Names

    /// A new one, the same in every run.
    func makeName(_ prefix: String) -> String {
        names += 1
        return "\(prefix)\(names)"
    }

    /// A new `clientMessageId`.
    func makeMessageID() -> String {
        names += 1
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - String(names).count) + String(names)
    }

    func note(_ who: @autoclosure () -> String, _ what: @autoclosure () -> String) {
        trace.note(time, who(), what())
    }

    // MARK: - Who is there

    private func populate() {
        server = plan.isServerOld ? OldServer(self) : CurrentServer(self)
        let (anna, bob, carl) = (UserID("anna")!, UserID("bob")!, UserID("carl")!)
        var users = dice.chance(50) ? [anna, bob, carl] : [anna, bob]
        if plan.hasOldClient, let user = users.popLast() {
            oldClients.append(OldClient(self, user: user, peers: [anna, bob, carl].filter { $0 != user }))
        }
        for user in users {
            for number in 1...dice.from(1...2) {
                devices.append(
                    Device(
                        self, name: "\(user.wire)-\(number)", user: user,
                        peers: [anna, bob, carl].filter { $0 != user }))
            }
        }
    }
}
