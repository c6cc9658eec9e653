import ChatWire
import StoreContract
import Testing

@testable import ChatServer

@Suite("Which nodes there are") struct NodeDirectoryTests {
    private let own = NodeID(name: "b", run: "0")
    private let other = NodeID(name: "a", run: "1")
    private let start = ContinuousClock.now
    private let event = NodeEvent.came(alice, isAnnounced: true)

    private func directory() -> NodeDirectory {
        NodeDirectory(own: own, timing: NodeTiming(), now: start)
    }

    private func parcel(_ number: Int, _ events: NodeEvent...) -> Parcel {
        Parcel(node: other, number: number, events: events)
    }

    private func after(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("each parcel is taken once and in order") func order() {
        var directory = directory()
        #expect(directory.take(parcel(1, .started), now: start) == [.sendRoster])
        #expect(directory.take(parcel(2, event), now: start) == [.handle(event, from: other)])
        #expect(directory.take(parcel(2, event), now: start) == [])
        #expect(directory.take(parcel(1, event), now: start) == [])
        #expect(directory.others == [other] && !directory.isFirst)
        #expect(directory.take(Parcel(node: own, number: 9, events: [event]), now: start) == [])
    }

    @Test("after a gap the node's users are asked for") func gap() {
        var directory = directory()
        _ = directory.take(parcel(1), now: start)
        #expect(
            directory.take(parcel(3, event), now: start) == [
                .somethingWasMissed, .handle(event, from: other), .askForRoster(of: other),
            ])
        // Not with every parcel.
        #expect(directory.take(parcel(4), now: start) == [])
        #expect(directory.take(parcel(5), now: after(3)) == [.askForRoster(of: other)])
        #expect(directory.take(parcel(6, .roster([alice], isFirst: true, isLast: false)), now: after(9)) == [])
        #expect(
            directory.take(parcel(7, .roster([bob], isFirst: false, isLast: true)), now: after(9)) == [
                .setRoster([alice, bob], of: other)
            ])
        #expect(directory.take(parcel(8), now: after(15)) == [])
    }

    @Test("a roster with a lost part is asked for again") func brokenRoster() {
        var directory = directory()
        #expect(directory.take(parcel(5), now: start) == [.askForRoster(of: other)])
        #expect(directory.take(parcel(6, .roster([alice], isFirst: true, isLast: false)), now: after(3)) == [])
        #expect(
            directory.take(parcel(8, .roster([bob], isFirst: false, isLast: true)), now: after(3)) == [
                .somethingWasMissed, .askForRoster(of: other),
            ])
    }

    /// The clocks of the two have nothing in common. Parcels that were held up come together, as after an end of the bus.
    @Test("what is of no use later is dropped if it was held up") func heldUp() {
        let typing = NodeEvent.relay(.typing(user: alice), to: bob, behindMessages: false)
        var directory = directory()
        func take(_ number: Int, sentAfter seconds: Int, at time: Int) -> Bool {
            let parcel = Parcel(
                node: other, number: number, events: [typing, event], sentAfter: .seconds(1_000_000 + seconds))
            let effects = directory.take(parcel, now: after(time))
            #expect(effects.contains(.handle(event, from: other)))
            return effects.contains(.handle(typing, from: other))
        }
        #expect(take(1, sentAfter: 0, at: 7))  // it was slow itself
        #expect(take(2, sentAfter: 8, at: 10) && take(3, sentAfter: 12, at: 17))
        #expect(!take(4, sentAfter: 13, at: 40) && !take(5, sentAfter: 30, at: 40) && take(6, sentAfter: 38, at: 40))
        // The other one's clock stood still for a minute. Nothing is held up.
        #expect(!take(7, sentAfter: 40, at: 102) && !take(8, sentAfter: 48, at: 110))
        #expect(!take(9, sentAfter: 51, at: 113) && take(10, sentAfter: 52, at: 114))
        // Whoever forges a time stops typing for some seconds.
        #expect(take(11, sentAfter: Int(Int32.max), at: 120) && !take(12, sentAfter: 60, at: 122))
        #expect(!take(13, sentAfter: 72, at: 134) && take(14, sentAfter: 74, at: 136))
    }

    @Test("a server of the database that is not met on the bus is a stranger") func strangers() {
        var strangers = NodeStrangers(NodeTiming())
        let (here, elsewhere) = (NodeSign(own, bus: "x"), NodeSign(other, bus: "y"))
        func take(_ sign: NodeSign, isMet: Bool, at seconds: Int) -> Bool {
            strangers.take(sign, isMet: isMet, now: after(seconds))
        }
        // It has just started.
        #expect(!take(elsewhere, isMet: false, at: 0) && !take(here, isMet: true, at: 1))
        #expect(!take(elsewhere, isMet: true, at: 20) && strangers.all(now: after(20)) == [])
        #expect(!take(elsewhere, isMet: false, at: 40) && strangers.all(now: after(40)) == [])
        #expect(take(elsewhere, isMet: false, at: 60) && !take(elsewhere, isMet: false, at: 80))
        #expect(strangers.all(now: after(130)) == [elsewhere] && strangers.all(now: after(140)) == [])
    }

    /// Whoever knows the database's channel can say anything there.
    @Test("there is an end to the number of strangers") func manyStrangers() {
        var strangers = NodeStrangers(NodeTiming())
        func sign(_ number: Int) -> NodeSign { NodeSign(NodeID(name: "n", run: "\(number)"), bus: "y") }
        func take(_ number: Int, at seconds: Int) -> Bool {
            strangers.take(sign(number), isMet: false, now: after(seconds))
        }
        for seconds in [0, 20] {
            for number in 0..<1000 { _ = take(number, at: seconds) }
        }
        #expect(strangers.all(now: after(20)).count == NodeStrangers.most)
        // Those who are silent make room.
        #expect(!take(2000, at: 100) && take(2000, at: 120))
        #expect(strangers.all(now: after(120)) == [sign(2000)])
    }

    @Test("there is an end to the number of nodes, and one that is gone makes room") func manyNodes() {
        var directory = directory()
        func hear(_ number: Int, at seconds: Int) {
            _ = directory.take(
                Parcel(node: NodeID(name: "n", run: "\(number)"), number: 1, events: []), now: after(seconds))
        }
        for number in 0..<1000 { hear(number, at: 0) }
        #expect(directory.others.count == NodeDirectory.mostNodes)
        _ = directory.tick(now: after(2))
        hear(1, at: 2)
        #expect(directory.others.count == NodeDirectory.mostNodes)
        for seconds in [4, 6, 8, 10, 11] { _ = directory.tick(now: after(seconds)) }
        #expect(directory.others.count < NodeDirectory.mostNodes)
        hear(2000, at: 12)
        #expect(directory.others.contains(NodeID(name: "n", run: "2000")))
    }

    @Test("many who ask at once get one answer") func manyAsk() {
        var directory = directory()
        #expect(directory.take(parcel(1, .started), now: start) == [.sendRoster])
        #expect(directory.take(parcel(2, .rosterWanted(of: own)), now: start) == [])
        #expect(directory.take(parcel(3, .rosterWanted(of: other)), now: start) == [])
        #expect(directory.tick(now: after(2)) == [.sendRoster])
        #expect(directory.tick(now: after(4)) == [])
    }

    @Test("a silent node dies, and is there again when it is heard") func lease() {
        var directory = directory()
        _ = directory.take(parcel(1), now: start)
        for second in stride(from: 2, to: 10, by: 2) { #expect(directory.tick(now: after(second)) == []) }
        #expect(
            directory.tick(now: after(10)) == [.remove(other, silentFor: .seconds(10), hasDied: true)])
        #expect(directory.others.isEmpty && directory.isFirst)
        #expect(directory.tick(now: after(12)) == [])
        #expect(directory.take(parcel(2), now: after(13)) == [.askForRoster(of: other)])
        #expect(directory.others == [other])
    }

    @Test("the clients of a node that ends have time to come elsewhere") func handover() {
        var directory = directory()
        _ = directory.take(parcel(1), now: start)
        _ = directory.take(parcel(2, .ending), now: after(1))
        #expect(directory.tick(now: after(2)) == [])
        _ = directory.tick(now: after(4))
        #expect(directory.tick(now: after(6)) == [])
        #expect(
            directory.tick(now: after(8)) == [.remove(other, silentFor: .seconds(7), hasDied: false)])
    }

    @Test("a node that stood still itself takes nobody for dead") func ownPause() {
        var directory = directory()
        _ = directory.take(parcel(1), now: start)
        _ = directory.tick(now: after(2))
        #expect(directory.tick(now: after(60)) == [])
        for second in stride(from: 62, to: 70, by: 2) { #expect(directory.tick(now: after(second)) == []) }
        #expect(directory.tick(now: after(70)).count == 1)
    }
}
