import ChatWire
import Formats
import TextSearch

/// A day as a user types it: `12.11`, `12.11.2025`, `2025-11-12`, `12 ноября`, `yesterday`.
enum TypedDay {
    /// The day's number, counted from 1970-01-01. Nil if the text is no date.
    ///
    /// Without a year it is the last such day that is not in the future. Words are understood in both languages and in
    /// either keyboard layout.
    static func number(_ text: String, today: CivilTime) -> Int? {
        let typed = TextQuery.folded(MessageLimits.trimmed(text))
        return KeyboardLayout.readings(of: typed).lazy.compactMap { number(ofFolded: $0, today: today) }.first
    }

    private static func number(ofFolded folded: String, today: CivilTime) -> Int? {
        if let days = Texts.daysAgo[folded] { return today.dayNumber - days }
        let parts = folded.split { " .-/,".contains($0) }.map(String.init)
        if folded.contains("-"), parts.count == 3, parts[0].count == 4 {
            return number(year: Int(parts[0]), month: Int(parts[1]), day: Int(parts[2]), today)
        }
        guard parts.count == 2 || parts.count == 3, !folded.contains("/"), !folded.contains("-") else { return nil }
        // In English the month may come first.
        let (day, month) = month(parts[0]) == nil ? (parts[0], parts[1]) : (parts[1], parts[0])
        guard parts.count == 3 else {
            return number(year: nil, month: self.month(month) ?? Int(month), day: Int(day), today)
        }
        guard let year = Int(parts[2]), parts[2].count == 2 || parts[2].count == 4 else { return nil }
        return number(
            year: parts[2].count == 2 ? 2000 + year : year, month: self.month(month) ?? Int(month), day: Int(day), today
        )
    }

    /// A month by the first three letters of its name, or more of them.
    private static func month(_ word: String) -> Int? {
        guard word.count >= 3 else { return nil }
        for months in [Texts.russianMonths, Texts.englishMonths] {
            if let index = months.firstIndex(where: { $0.lowercased().hasPrefix(word) }) { return index + 1 }
        }
        return nil
    }

    private static func number(year: Int?, month: Int?, day: Int?, _ today: CivilTime) -> Int? {
        guard let month, let day, (1...12).contains(month), (1...31).contains(day) else { return nil }
        if let year { return number(year, month, day) }
        // 29 February may be eight years ago.
        return (0...8).lazy.compactMap { number(today.year - $0, month, day) }.first { $0 <= today.dayNumber }
    }

    /// Nil for a day that the calendar does not have.
    private static func number(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        var time = CivilTime(secondsSince1970: 0)
        (time.year, time.month, time.day) = (year, month, day)
        let number = time.dayNumber
        let real = CivilTime(secondsSince1970: Int64(number) * 86_400)
        return (real.year, real.month, real.day) == (year, month, day) ? number : nil
    }
}

extension Environment {
    /// When a day begins here. The day is counted from 1970-01-01.
    func beginning(ofDay number: Int) -> Timestamp {
        let midnight = Int64(number) * 86_400
        // The offset may change on that day, so it is looked up for the moment itself.
        let guess = midnight - Int64(utcOffset(Timestamp(seconds: midnight)))
        return Timestamp(seconds: midnight - Int64(utcOffset(Timestamp(seconds: guess))))
    }
}
