import ChatWire
import Testing

@testable import ChatServer

/// The clocks by which messages are deleted. The test has its own clock.
@Suite struct RetentionClockTests {
    private static let start = Timestamp(seconds: 1_700_000_000)
    private static let month: Duration = .seconds(30 * 86_400)

    private static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
    private static func day(_ number: Int) -> Timestamp { start.advanced(by: days(number)) }

    private static func clock(
        _ record: RetentionClock.Record?, now: Timestamp, lastSeq: Int64? = 1000
    ) -> RetentionClock {
        RetentionClock(record, retention: month, now: now, lastSeq: lastSeq)
    }

    /// Looks once an hour, from one hour of the run to another, and returns the verdicts.
    private static func looks(
        _ clock: inout RetentionClock, hours: Range<Int>, _ time: (Int) -> Timestamp
    ) -> [RetentionClock.Verdict] {
        hours.map { clock.look(at: time($0), uptime: .seconds($0 * 3600), lastSeq: 1000 + Int64($0)) }
    }

    private static func hour(_ number: Int, from time: Timestamp) -> Timestamp {
        time.advanced(by: .seconds(number * 3600))
    }

    @Test func aClockThatGoesAsTimeDoesIsBelieved() {
        var clock = Self.clock(.init(believed: Self.day(0)), now: Self.day(0))
        let verdicts = Self.looks(&clock, hours: 0..<100) { Self.hour($0, from: Self.day(0)) }
        for (hour, verdict) in verdicts.enumerated() {
            // Messages of this run stay for now.
            let time = Self.hour(hour, from: Self.day(-30))
            #expect(verdict == .delete(before: time, upTo: 1000))
        }
        #expect(clock.record == .init(believed: Self.hour(99, from: Self.day(0))))
    }

    /// A jump of ten years or of two days, during a run or between two.
    @Test(arguments: [2, 3650]) func aJumpAheadIsDoubtedForADay(days: Int) {
        for before in [0, 5] {
            var clock = Self.clock(.init(believed: Self.day(0)), now: Self.day(0))
            _ = Self.looks(&clock, hours: 0..<before) { Self.hour($0, from: Self.day(0)) }
            let wrong = Self.looks(&clock, hours: before..<before + 24) { Self.hour($0, from: Self.day(days)) }
            #expect(wrong == [.doubt(isNew: true)] + Array(repeating: .doubt(isNew: false), count: 23))
            let last = Self.looks(&clock, hours: before + 24..<before + 25) { Self.hour($0, from: Self.day(days)) }
            #expect(last == [.delete(before: Self.hour(before + 24, from: Self.day(days - 30)), upTo: 1000)])
        }
    }

    @Test func aClockThatIsSetRightAgainDeletedNothing() {
        var clock = Self.clock(.init(believed: Self.day(0)), now: Self.day(0))
        let wrong = Self.looks(&clock, hours: 0..<23) { Self.hour($0, from: Self.day(3650)) }
        #expect(wrong.allSatisfy { $0 != .delete(before: Self.day(3620), upTo: 1000) })
        let right = Self.looks(&clock, hours: 23..<30) { Self.hour($0, from: Self.day(0)) }
        #expect(right.first == .delete(before: Self.hour(23, from: Self.day(-30)), upTo: 1000))
        #expect(clock.record.doubted == nil)
    }

    /// Each further jump of the clock begins the day again.
    @Test func everyJumpBeginsTheDayAnew() {
        var clock = Self.clock(.init(believed: Self.day(0)), now: Self.day(0))
        let verdicts = Self.looks(&clock, hours: 0..<100) { Self.hour($0, from: Self.day(100 + $0 / 20 * 50)) }
        #expect(verdicts.allSatisfy { if case .doubt = $0 { true } else { false } })
    }

    /// A server that is restarted all the time, as by clients of a local socket, accepts a weekend, but not a wrong
    /// clock that lasts for less than a day.
    @Test func theDayMayBeOfSeveralRuns() {
        var record = RetentionClock.Record(believed: Self.day(0))
        for run in 0..<3 {
            let began = Self.day(10 + run * 4)
            var clock = Self.clock(record, now: began)
            let verdicts = Self.looks(&clock, hours: 0..<11) { Self.hour($0, from: began) }
            #expect((verdicts.last == .doubt(isNew: false)) == (run < 2))
            record = RetentionClock.Record(clock.record.text) ?? RetentionClock.Record(believed: Self.day(0))
            #expect(record == clock.record)
        }
    }

    /// A machine whose clock is years behind after each start, until it has asked for the time.
    @Test(arguments: [2, 3650]) func aClockThatIsBehindMakesTheRightOneNoWrongOne(days: Int) {
        var record = RetentionClock.Record(believed: Self.day(0))
        for run in 0..<5 {
            let began = Self.day(run)
            var clock = Self.clock(record, now: Self.day(-days))
            #expect(clock.look(at: Self.day(-days), uptime: .zero, lastSeq: 1000) == .doubt(isNew: true))
            #expect(clock.record.believed == record.believed)
            let right = clock.look(at: began, uptime: .seconds(60), lastSeq: 1000)
            #expect(right == .delete(before: began.advanced(by: .zero - Self.month), upTo: 1000))
            record = RetentionClock.Record(clock.record.text) ?? record
            #expect(record == .init(believed: began))
        }
    }

    /// A clock that was ahead for so long that it was believed is corrected.
    @Test func aClockThatStaysBehindIsBelievedInTheEnd() {
        var clock = Self.clock(.init(believed: Self.day(3650)), now: Self.day(0))
        let verdicts = Self.looks(&clock, hours: 0..<24) { Self.hour($0, from: Self.day(0)) }
        #expect(verdicts == [.doubt(isNew: true)] + Array(repeating: .doubt(isNew: false), count: 23))
        let last = Self.looks(&clock, hours: 24..<25) { Self.hour($0, from: Self.day(0)) }
        #expect(last == [.delete(before: Self.hour(24, from: Self.day(-30)), upTo: 1000)])
    }

    @Test func withoutARecordOnlyAnEmptyDatabaseBelieves() {
        var fresh = Self.clock(nil, now: Self.day(0), lastSeq: nil)
        #expect(fresh.look(at: Self.day(0), uptime: .zero, lastSeq: nil) == .delete(before: Self.day(-30), upTo: 0))
        var old = Self.clock(nil, now: Self.day(0))
        #expect(old.look(at: Self.day(0), uptime: .zero, lastSeq: 1000) == .doubt(isNew: true))
        #expect(RetentionClock.Record("nonsense") == nil && RetentionClock.Record("") == nil)
    }

    /// A clock was years behind when messages were stored. After its correction they look old.
    @Test func whatWasStoredInThisRunIsAsOldAsTheRun() {
        var clock = Self.clock(.init(believed: Self.day(0)), now: Self.day(-3650))
        _ = Self.looks(&clock, hours: 0..<50) { Self.hour($0, from: Self.day(-3650)) }
        let right = Self.looks(&clock, hours: 50..<100) { Self.hour($0, from: Self.day(0)) }
        #expect(right.last == .delete(before: Self.hour(99, from: Self.day(-30)), upTo: 1000))
        let later = Self.looks(&clock, hours: 100..<100 + 31 * 24) { Self.hour($0, from: Self.day(0)) }
        guard case .delete(_, let upTo)? = later.last else { return #expect(Bool(false), "\(later)") }
        // The run has lasted 35 days; messages of the last 30 stay.
        #expect((1090...1124).contains(upTo))
    }
}
