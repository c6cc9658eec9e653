import ChatWire
import Testing

@testable import ChatServer

/// The smaller values that drivers with tasks and timers are made of.
@Suite("Semaphores, departures and timers") struct QueueValueTests {
    private final class Sleeper {}

    @Test("the permits are given at once, and then to users in turn") func turns() {
        var semaphore = FairSemaphore<String>(atOnce: 2)
        let begun = [("a1", anna), ("a2", anna), ("a3", anna), ("a4", anna), ("b1", bob)].map {
            semaphore.acquire($0.0, of: $0.1)
        }
        #expect(begun == [true, true, false, false, false] && semaphore.count == 3)
        let next = [semaphore.release(), semaphore.release(), semaphore.release()]
        #expect(next == ["a3", "b1", "a4"])
        let (nobody, isFree) = (semaphore.release(), semaphore.acquire("c", of: anna))
        #expect(nobody == nil && isFree)
    }

    @Test("nobody counts as offline before the grace period has passed; one task serves all") func departures() {
        let start = ContinuousClock.now
        var queue = DepartureQueue(grace: .seconds(6))
        let (first, second) = (
            DepartureQueue.Departure(user: anna, leftAt: now), DepartureQueue.Departure(user: bob, leftAt: now)
        )
        let isFirst = [queue.append(first, now: start), queue.append(second, now: start + .seconds(1))]
        #expect(isFirst == [true, false], "one call begins to work it off")
        for (departure, due) in [(first, 6), (second, 7)] {
            let next = queue.next()
            #expect(next?.departure == departure && next?.due == start + .seconds(due))
        }
        let (end, isFirstAgain) = (queue.next(), queue.append(first, now: start))
        #expect(end == nil && isFirstAgain, "it has to be worked off anew")
    }

    @Test("of those who leave at once, some are handled at a time") func massDeparture() {
        let start = ContinuousClock.now
        var queue = DepartureQueue(grace: .seconds(6))
        let all = (1...4).map { DepartureQueue.Departure(user: user("u\($0)"), leftAt: now) }
        for departure in all.dropLast() { _ = queue.append(departure, now: start) }
        _ = queue.append(all[3], now: start + .seconds(1))
        #expect(queue.removeDue(at: start + .seconds(5), most: 9).isEmpty)
        #expect(queue.removeDue(at: start + .seconds(6), most: 2) == Array(all[..<2]))
        #expect(queue.removeDue(at: start + .seconds(6), most: 9) == [all[2]])
        #expect(queue.next()?.departure == all[3])
    }

    @Test("one sleep serves all timers, until the first one is due") func timers() {
        func time(_ milliseconds: Int) -> Timestamp { Timestamp(microseconds: Int64(milliseconds) * 1000) }
        var schedule = TimerSchedule<Sleeper>()
        let (one, other) = (Sleeper(), Sleeper())
        let changes = [
            schedule.remove(one),
            schedule.set(one, at: time(4200)),  // rounded up
            schedule.set(other, at: time(9000)),
            schedule.set(other, at: time(2000)),  // in place of the time before
            schedule.remove(other),  // the sleep ends early, and looks again
        ]
        #expect(changes == [.none, .sleep(until: 5), .none, .sleep(until: 2), .none])
        let early = schedule.takeDue(at: time(2000))
        #expect(early.due.isEmpty && early.change == .sleep(until: 5))
        let due = schedule.takeDue(at: time(5900))
        #expect(due.due.map(ObjectIdentifier.init) == [ObjectIdentifier(one)] && due.change == .none)
        #expect(schedule.count == 0)
        let last = [schedule.set(one, at: time(7000)), schedule.remove(one)]
        #expect(last == [.sleep(until: 7), .stop])
    }
}
