import Formats
import Testing

struct CivilTimeTests {
    @Test("every day of 800 years comes back as itself")
    func calendar() {
        var last = CivilTime(secondsSince1970: -200_000 * 86_400)
        for day in -199_999...92_000 {
            let civil = CivilTime(secondsSince1970: Int64(day) * 86_400)
            #expect(civil.dayNumber == day)
            let isNext =
                civil.day == last.day + 1 && civil.month == last.month
                || civil.day == 1 && (civil.month == last.month + 1 || civil.month == 1 && civil.year == last.year + 1)
            if !isNext { Issue.record("\(last) is followed by \(civil)") }
            last = civil
        }
    }
}
