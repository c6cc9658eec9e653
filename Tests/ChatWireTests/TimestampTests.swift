import Testing

@testable import ChatWire

@Suite("Times on the wire")
struct TimestampTests {
    @Test(arguments: [
        ("2024-01-01T12:00:00.000Z", 1_704_110_400_000_000 as Int64, "2024-01-01T12:00:00.000Z"),
        ("2024-01-01T12:00:00Z", 1_704_110_400_000_000, "2024-01-01T12:00:00.000Z"),
        ("2024-01-01T12:00:00.123456+00:00", 1_704_110_400_123_456, "2024-01-01T12:00:00.123Z"),
        ("2024-01-01 12:00:00.5+00", 1_704_110_400_500_000, "2024-01-01T12:00:00.500Z"),
        ("2024-01-01T15:30:00+03:30", 1_704_110_400_000_000, "2024-01-01T12:00:00.000Z"),
        ("2024-01-01T07:00:00.1234567-0500", 1_704_110_400_123_456, "2024-01-01T12:00:00.123Z"),
        ("2024-01-01T12:00:00", 1_704_110_400_000_000, "2024-01-01T12:00:00.000Z"),
        ("1969-12-31T23:59:59.999Z", -1000, "1969-12-31T23:59:59.999Z"),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
    ])
    func readAndWritten(_ text: String, _ microseconds: Int64, _ written: String) throws {
        let time = try #require(Timestamp(iso8601: text))
        #expect(time.microseconds == microseconds)
        #expect(time.iso8601 == written)
    }

    @Test(arguments: [
        "", "2024", "2024-01-01", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T12:00:00.Z",
        "2024-01-01T12:00:00Zx", "2024-01-01T12:00:00+", "x024-01-01T12:00:00Z", "2024-01-01T12:00:00.1+1",
        "99999-01-01T12:00:00Z",
    ])
    func refused(_ text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("every day of 800 years comes back as itself")
    func calendar() {
        var last = CivilTime(Timestamp(seconds: -200_000 * 86_400))
        for day in -199_999...92_000 {
            let civil = CivilTime(Timestamp(seconds: Int64(day) * 86_400))
            #expect(civil.dayNumber == day)
            let isNext =
                civil.day == last.day + 1 && civil.month == last.month
                || civil.day == 1 && (civil.month == last.month + 1 || civil.month == 1 && civil.year == last.year + 1)
            if !isNext { Issue.record("\(last) is followed by \(civil)") }
            last = civil
        }
    }
}
