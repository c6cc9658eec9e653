import ChatServer
import ChatWire
import Synchronization
import Testing

/// One clause of the contract of `DeliveryBus`, and its test.
public struct BusPromise: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    public let check: @Sendable (any BusFactory) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (any BusFactory) async throws -> Void) {
        testDescription = name
        self.check = check
    }

    /// The whole contract. Each bus's tests run all of it.
    public static let all = [everyKindOfEvent, order, noMixture, bigEvents, signOfLife, closing, manyAtOnce]
}

/// Makes buses of one kind for their tests.
public protocol BusFactory: Sendable {
    /// Runs a test with a bus for each name. They belong to one database of their own.
    func withBuses(_ names: [String], _ body: ([any DeliveryBus]) async throws -> Void) async throws
}

/// Collects what comes over a bus.
public final class Ear: Sendable {
    private final class Parcels: Sendable {
        let all = Mutex<[Parcel]>([])
    }

    private let parcels: Parcels
    private let task: Task<Void, Never>

    public init(on bus: any DeliveryBus) {
        let (parcels, node) = (Parcels(), bus.node)
        self.parcels = parcels
        task = Task {
            await bus.run { parcel in
                if parcel.node != node { parcels.all.withLock { $0.append(parcel) } }
            }
        }
    }

    /// The parcels of other nodes.
    public var heard: [Parcel] { parcels.all.withLock(\.self) }
    public var events: [NodeEvent] { heard.flatMap(\.events) }

    public func hears(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while events.count < count {
            try #require(.now < end, "heard \(events.count) of \(count) events", sourceLocation: sourceLocation)
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    public func end() async {
        task.cancel()
        await task.value
    }
}

extension BusFactory {
    /// Two nodes that hear each other.
    fileprivate func withTwo(
        _ body: (_ anna: any DeliveryBus, _ bob: any DeliveryBus, _ annasEar: Ear, _ bobsEar: Ear) async throws -> Void
    ) async throws {
        try await withBuses(["anna", "bob"]) { buses in
            let ears = buses.map { Ear(on: $0) }
            try await meet(buses, ears)
            do { try await body(buses[0], buses[1], ears[0], ears[1]) } catch {
                for ear in ears { await ear.end() }
                throw error
            }
            for ear in ears { await ear.end() }
        }
    }

    /// Signs of life are sent until everybody has heard everybody.
    private func meet(_ buses: [any DeliveryBus], _ ears: [Ear]) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ears.contains(where: { Set($0.heard.map(\.node)).count < buses.count - 1 }) {
            try #require(.now < end, "the nodes do not hear each other")
            for bus in buses { bus.publish([]) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

private let everyKindOfEvent = BusPromise("every kind of event arrives as it was") { factory in
    let odd = user("Ж 'x' \\ \"q\" {1}")
    let ids = ["0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950f"].map { MessageID($0) }
    let events: [NodeEvent] = [
        .feedsGrew([FeedHint(user: odd, cursor: 7, sent: 2)]),
        .relay(.typing(user: alice), to: odd, behindMessages: false),
        .relay(.delivered(user: alice, messageID: ids[0]), to: bob, behindMessages: true),
        .relay(.read(user: alice, otherUser: bob, messageID: ids[1]), to: alice, behindMessages: true),
        .relay(.blocked(user: odd, isBlocked: true), to: alice, behindMessages: false),
        .relay(.presence(.init(user: odd, isOnline: false, lastSeen: noon)), to: bob, behindMessages: false),
        .came(odd, isAnnounced: true), .left(odd, at: noon, isAnnounced: false),
        .tell([alice, odd], about: bob, lastSeen: noon), .tell([alice], about: bob, lastSeen: nil),
        .handshakes(3, from: "2001:db8::/64"), .started, .rosterWanted(of: NodeID(name: "n o", run: "x")),
        .roster([odd, alice], isFirst: true, isLast: true), .roster([], isFirst: true, isLast: true), .ending,
    ]
    try await factory.withTwo { anna, _, _, bobsEar in
        anna.publish(events)
        try await bobsEar.hears(events.count)
        #expect(bobsEar.events == events)
    }
}

private let order = BusPromise("a node's events keep their order, and no number is left out") { factory in
    try await factory.withTwo { anna, bob, annasEar, bobsEar in
        for number in 1...300 {
            anna.publish([.feedsGrew([FeedHint(user: alice, cursor: number)])])
            bob.publish([.feedsGrew([FeedHint(user: carol, cursor: number)])])
        }
        for (ear, user) in [(annasEar, carol), (bobsEar, alice)] {
            try await ear.hears(300)
            #expect(ear.events == (1...300).map { .feedsGrew([FeedHint(user: user, cursor: $0)]) })
            let numbers = ear.heard.map(\.number)
            #expect(numbers == Array(numbers[0]..<numbers[0] + numbers.count))
        }
    }
}

private let noMixture = BusPromise("other databases' nodes hear nothing") { factory in
    try await factory.withTwo { anna, _, _, _ in
        try await factory.withTwo { _, _, _, stranger in
            anna.publish([.came(alice, isAnnounced: true)])
            try await Task.sleep(for: .milliseconds(200))
            #expect(stranger.events.isEmpty)
        }
    }
}

private let bigEvents = BusPromise("what is larger than the bus carries at once comes in parts") { factory in
    let users = (0..<3000).map { user("user \($0) " + String(repeating: "ж", count: 100)) }
    try await factory.withTwo { anna, _, _, bobsEar in
        anna.publish([
            .roster(users, isFirst: true, isLast: true), .tell(users, about: bob, lastSeen: noon),
            .feedsGrew(users.map { FeedHint(user: $0, cursor: 1) }),
        ])
        anna.publish([.ending])
        while !bobsEar.events.contains(.ending) { try await Task.sleep(for: .milliseconds(5)) }
        var (roster, told, grown, firsts, lasts) = ([UserID](), [UserID](), [UserID](), 0, 0)
        for event in bobsEar.events {
            switch event {
            case .roster(let part, let isFirst, let isLast):
                roster += part
                firsts += isFirst ? 1 : 0
                lasts += isLast ? 1 : 0
            case .tell(let part, about: bob, lastSeen: noon): told += part
            case .feedsGrew(let hints): grown += hints.map(\.user)
            default: #expect(event == .ending)
            }
        }
        #expect(roster == users && told == users && grown == users && firsts == 1 && lasts == 1)
    }
}

private let signOfLife = BusPromise("no events are a parcel, too") { factory in
    try await factory.withTwo { anna, _, _, bobsEar in
        let before = bobsEar.heard.count
        anna.publish([])
        let end = ContinuousClock.now + .seconds(60)
        while bobsEar.heard.count == before {
            try #require(.now < end)
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(bobsEar.heard.last?.events == [])
    }
}

private let closing = BusPromise("what was published before the end arrives") { factory in
    try await factory.withTwo { anna, _, _, bobsEar in
        for number in 1...50 { anna.publish([.feedsGrew([FeedHint(user: alice, cursor: number)])]) }
        anna.publish([.ending])
        await anna.close()
        try await bobsEar.hears(51)
        #expect(bobsEar.events.last == .ending)
    }
}

private let manyAtOnce = BusPromise("threads may publish at once") { factory in
    try await factory.withTwo { anna, _, _, bobsEar in
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<50 { anna.publish([.handshakes(number, from: "\(task)")]) }
                }
            }
        }
        try await bobsEar.hears(400)
        let numbers = bobsEar.heard.map(\.number)
        #expect(numbers == Array(numbers[0]..<numbers[0] + numbers.count))
        for task in 0..<8 {
            let own = bobsEar.events.filter { if case .handshakes(_, "\(task)") = $0 { true } else { false } }
            #expect(own == (0..<50).map { .handshakes($0, from: "\(task)") })
        }
    }
}
