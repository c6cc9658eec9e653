import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocketTransport

struct HeartbeatTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test func pingsEveryIntervalWhileThePeerAnswers() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.tick(now: at(24)) == .nothing)
        for round in 1...5 as ClosedRange<Int64> {
            #expect(heartbeat.deadline == at(25 * round))
            #expect(heartbeat.tick(now: at(25 * round)) == .ping)
            #expect(heartbeat.deadline == at(25 * round + 10))
            #expect(heartbeat.heard(bytes: 2, endsFrame: true) == true)
            #expect(heartbeat.heard(bytes: 2, endsFrame: true) == false)
        }
    }

    @Test func givesUpAfterSilence() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.tick(now: at(25)) == .ping)
        #expect(heartbeat.tick(now: at(34)) == .nothing)
        #expect(heartbeat.tick(now: at(35)) == .giveUp)
    }

    @Test func whatCameBeforeThePingDoesNotCount() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.heard(bytes: 1 << 20, endsFrame: true) == false)
        #expect(heartbeat.tick(now: at(25)) == .ping)
        #expect(heartbeat.tick(now: at(35)) == .giveUp)
    }

    /// An endless frame is no sign of life, unless it arrives fast enough to end some day.
    @Test func aDribbleIsNoLife() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.tick(now: at(25)) == .ping)
        for _ in 0..<Heartbeat.usefulBytes - 1 {
            let isLife = heartbeat.heard(bytes: 1, endsFrame: false)
            #expect(!isLife)
        }
        #expect(heartbeat.tick(now: at(35)) == .giveUp)
    }

    @Test func aLongFrameOnASlowLinkIsLife() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.tick(now: at(25)) == .ping)
        #expect(heartbeat.heard(bytes: 1000, endsFrame: false) == false)
        #expect(heartbeat.probe(now: at(26)) == .ping)
        #expect(heartbeat.heard(bytes: 24, endsFrame: false) == true)
        #expect(heartbeat.tick(now: at(36)) == .nothing)
        #expect(heartbeat.tick(now: at(51)) == .ping)
        #expect(heartbeat.heard(bytes: 1000, endsFrame: false) == false)
        #expect(heartbeat.tick(now: at(61)) == .giveUp)
    }

    @Test func doubtDoesNotProlongPatience() {
        var heartbeat = Heartbeat(.init(), firstWait: .seconds(3), now: start)
        #expect(heartbeat.deadline == at(3))
        #expect(heartbeat.probe(now: at(1)) == .ping)
        #expect(heartbeat.probe(now: at(8)) == .ping)
        #expect(heartbeat.tick(now: at(11)) == .giveUp)
    }

    @Test func doubtCanBeImpatient() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.tick(now: at(25)) == .ping)
        #expect(heartbeat.probe(now: at(26), patience: .seconds(3)) == .ping)
        #expect(heartbeat.deadline == at(29))
        #expect(heartbeat.tick(now: at(29)) == .giveUp)
    }

    @Test func restartForgivesSilence() {
        var heartbeat = Heartbeat(.init(), now: start)
        #expect(heartbeat.tick(now: at(25)) == .ping)
        heartbeat.restart(now: at(30))
        #expect(heartbeat.tick(now: at(40)) == .nothing)
        #expect(heartbeat.deadline == at(55))
    }
}

struct DeadlineQueueTests {
    private final class Sleeper: Expiring {
        var deadlineSlot: Int64?
        var woken: [NIODeadline] = []
        var onWake: (Sleeper) -> Void = { _ in }

        func deadlineReached(now: NIODeadline) {
            woken.append(now)
            onWake(self)
        }
    }

    private let loop = EmbeddedEventLoop()

    @Test func wakesOnceAndNotEarly() {
        let queue = DeadlineQueue(eventLoop: loop)
        let sleeper = Sleeper()
        let deadline = loop.now + .milliseconds(1050)
        queue.schedule(sleeper, at: deadline)
        loop.advanceTime(by: .milliseconds(1040))
        #expect(sleeper.woken.isEmpty)
        loop.advanceTime(by: .milliseconds(60))
        #expect(sleeper.woken.count == 1)
        #expect(sleeper.woken.allSatisfy { $0 >= deadline })
        loop.advanceTime(by: .seconds(10))
        #expect(sleeper.woken.count == 1)
    }

    @Test func lastDeadlineCounts() {
        let queue = DeadlineQueue(eventLoop: loop)
        let (later, earlier, never) = (Sleeper(), Sleeper(), Sleeper())
        for sleeper in [later, earlier, never] { queue.schedule(sleeper, at: loop.now + .seconds(5)) }
        queue.schedule(later, at: loop.now + .seconds(9))
        queue.schedule(earlier, at: loop.now + .seconds(1))
        queue.cancel(never)
        loop.advanceTime(by: .seconds(2))
        #expect([later, earlier, never].map(\.woken.count) == [0, 1, 0])
        loop.advanceTime(by: .seconds(6))
        #expect([later, earlier, never].map(\.woken.count) == [0, 1, 0])
        loop.advanceTime(by: .seconds(2))
        #expect([later, earlier, never].map(\.woken.count) == [1, 1, 0])
    }

    @Test func mayScheduleAgainWhenWoken() {
        let queue = DeadlineQueue(eventLoop: loop)
        let sleepers = (0..<10).map { _ in Sleeper() }
        for sleeper in sleepers {
            sleeper.onWake = { [loop] in queue.schedule($0, at: loop.now + .seconds(1)) }
            queue.schedule(sleeper, at: loop.now + .seconds(1))
        }
        for _ in 0..<5 { loop.advanceTime(by: .milliseconds(1100)) }
        #expect(sleepers.allSatisfy { $0.woken.count == 5 })
    }
    @Test func theTimeOfThousandsDoesNotKeepTheLoopFromTheRest() {
        let queue = DeadlineQueue(eventLoop: loop)
        let (sleepers, late) = ((0..<1000).map { _ in Sleeper() }, Sleeper())
        for sleeper in sleepers { queue.schedule(sleeper, at: loop.now + .seconds(1)) }
        queue.schedule(late, at: loop.now + .seconds(2))
        var woken: Int { sleepers.count { !$0.woken.isEmpty } }
        loop.advanceTime(by: .milliseconds(900))
        #expect(woken == 0)
        loop.advanceTime(by: .milliseconds(100))
        #expect(woken == 64)
        loop.advanceTime(by: .milliseconds(1))
        #expect(woken == 128)
        queue.cancel(sleepers.first { $0.woken.isEmpty } ?? late)
        loop.advanceTime(by: .milliseconds(20))
        #expect(woken == 999 && late.woken.isEmpty)
        loop.advanceTime(by: .seconds(1))
        #expect(late.woken.count == 1)
    }
}
