import RateLimiting
import Testing

@Suite("Buckets of permits")
struct RateBucketsTests {
    private static let second: Int64 = 1_000_000_000
    private static let start = 1_700_000_000 * second

    @Test(
        "a tenth of a burst a second is as much as it says, also of a small burst",
        arguments: [1, 3, 5, 9, 15, 19, 20, 1005])
    func tenth(_ burst: Int) {
        var buckets = RateBuckets<String>(Rate(burst: burst))
        var time = Self.start
        func taken(_ buckets: inout RateBuckets<String>) -> Int {
            var count = 0
            while buckets.take(of: "a", at: time) == nil { count += 1 }
            return count
        }
        #expect(taken(&buckets) == burst)
        var later = 0
        for _ in 0..<400 {
            time += Self.second / 4
            later += taken(&buckets)
        }
        // A hundred seconds.
        #expect((burst * 10 - 1...burst * 10).contains(later))
    }

    @Test("no amount from elsewhere traps, and none is more than the bucket", arguments: [Int.min, -1, Int.max])
    func amountsFromElsewhere(_ amount: Int) {
        var buckets = RateBuckets<String>(Rate(burst: 5))
        buckets.charge(amount, to: "a", at: Self.start)
        _ = buckets.spend(amount, of: "b", at: Self.start)
        _ = buckets.reserve(amount, of: "c", at: Self.start)
        _ = buckets.take(amount, of: "d", at: Self.start)
        let isFree = buckets.take(of: "a", at: Self.start) == nil
        #expect(isFree == (amount < 0))
    }

    @Test("so many a second, whatever the number", arguments: [1, 3, 7, 65_536, 600_000_001, 1_000_000_000])
    func perSecond(_ rate: Int) {
        var buckets = RateBuckets<String>(Rate(burst: rate, perSecond: rate))
        #expect(buckets.take(rate, of: "a", at: Self.start) == nil)
        #expect(buckets.take(of: "a", at: Self.start) != nil)
        #expect(buckets.take(rate, of: "a", at: Self.start + Self.second) == nil)
        #expect(buckets.take(rate, of: "a", at: Self.start + Self.second * 19 / 10) != nil)
        #expect(Rate(burst: 1, perSecond: rate).perSecond == rate)
    }

    @Test("the time to wait is that until there is one more") func wait() {
        var buckets = RateBuckets<String>(Rate(burst: 4))
        for _ in 0..<4 { #expect(buckets.take(of: "a", at: Self.start) == nil) }
        #expect(buckets.take(of: "a", at: Self.start) == .milliseconds(2500))
        #expect(buckets.take(of: "b", at: Self.start) == nil)
        #expect(buckets.take(of: "a", at: Self.start + Self.second * 2) == .milliseconds(500))
        #expect(buckets.take(of: "a", at: Self.start + Self.second * 5 / 2) == nil)
    }

    @Test("what is reserved waits once, each behind the one before; what is owed has an end") func reserve() {
        var buckets = RateBuckets<String>(Rate(burst: 10, perSecond: 10))
        #expect(buckets.reserve(10, of: "a", at: Self.start) == nil)
        #expect(
            (0..<3).map { _ in buckets.reserve(5, of: "a", at: Self.start) }
                == [.milliseconds(500), .milliseconds(1000), .milliseconds(1500)])
        #expect(buckets.reserve(5, of: "b", at: Self.start) == nil)
        #expect(buckets.reserve(1_000_000, of: "a", at: Self.start) == .seconds(6))
        #expect(buckets.reserve(1, of: "a", at: Self.start + Self.second * 6) == .milliseconds(100))
        #expect(buckets.reserve(1, of: "a", at: Self.start - 100 * Self.second) == nil)
    }
}
