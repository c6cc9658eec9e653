import ChatWire
import Formats
import Testing

@testable import ChatUI

/// The days that `/date` understands.
struct TypedDayTests {
    /// 20 November 2024.
    private static let today = CivilTime(secondsSince1970: Timestamp.noon.seconds)

    @Test(arguments: [
        ("12.11", "2024-11-12"), ("20.11", "2024-11-20"), ("21.11", "2023-11-21"), ("1.1", "2024-01-01"),
        ("12.11.", "2024-11-12"), ("12.11.2023", "2023-11-12"), ("12.11.23", "2023-11-12"),
        ("2023-11-12", "2023-11-12"), ("2025-01-02", "2025-01-02"), ("29.02", "2024-02-29"),
        ("сегодня", "2024-11-20"), ("Вчера", "2024-11-19"), ("позавчера", "2024-11-18"), ("today", "2024-11-20"),
        ("Yesterday", "2024-11-19"), ("dxthf", "2024-11-19"), ("нуыеуквфн", "2024-11-19"), ("12 ноября", "2024-11-12"),
        ("12 ноя", "2024-11-12"), ("12 yjz,hz", "2024-11-12"), ("12ю11", "2024-11-12"),
        ("12 ноября 2022", "2022-11-12"), ("12 November", "2024-11-12"),
        ("November 12", "2024-11-12"), ("Nov 12, 2022", "2022-11-12"), ("3 мая", "2024-05-03"), ("12 11", "2024-11-12"),
    ])
    func understands(text: String, day: String) throws {
        let parts = day.split(separator: "-").compactMap { Int($0) }
        let number = try #require(TypedDay.number(text, today: Self.today))
        let found = CivilTime(secondsSince1970: Int64(number) * 86_400)
        #expect([found.year, found.month, found.day] == parts)
    }

    @Test(arguments: [
        "", "12", "30.02", "29.02.2023", "0.1", "1.13", "12.11.202", "завтра", "pfdnhf", "11/12", "12.11.2024.1",
        "2024-13-01",
        "2024-11", "абв где", "-1.-1", "12.11.20245", "99999999999999999999.1", "12 no",
    ])
    func doesNotGuess(text: String) { #expect(TypedDay.number(text, today: Self.today) == nil) }

    /// A day begins at midnight of the user's clock, also when that is changed on that day.
    @Test func aDayBeginsAtLocalMidnight() {
        let change = Timestamp(seconds: 1_711_846_800)  // 2024-03-31T01:00:00Z
        let environment = Environment(
            now: .noon, instant: .now, newID: { "" }, width: CharacterWidth { _ in 1 },
            utcOffset: { $0 < change ? 3600 : 7200 })
        for (day, hour) in [(19_812, 23), (19_813, 23), (19_814, 22)] {
            let start = environment.beginning(ofDay: day)
            let local = environment.localTime(start)
            #expect((local.dayNumber, local.hour, local.minute) == (day, 0, 0))
            #expect(CivilTime(secondsSince1970: start.seconds).hour == hour)
        }
    }
}
