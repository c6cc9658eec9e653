/// A date and time of day on the proleptic Gregorian calendar, without a time zone.
public struct CivilTime: Sendable, Hashable {
    public var year: Int
    public var month: Int
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int

    /// - Parameters:
    ///   - seconds: The seconds since 1970-01-01T00:00:00Z, without leap seconds.
    ///   - offset: The seconds by which the local time is ahead of UTC; positive to the east.
    public init(secondsSince1970 seconds: Int64, offset: Int = 0) {
        let (days, secondOfDay) = (seconds + Int64(offset)).flooring(86_400)
        // Howard Hinnant's civil_from_days: eras of 400 years that begin on 1 March, so leap days come last.
        let (era, dayOfEra) = (days + 719_468).flooring(146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5) + 1
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = Int(secondOfDay / 3600)
        minute = Int(secondOfDay / 60 % 60)
        second = Int(secondOfDay % 60)
    }

    /// Days since 1970-01-01.
    public var dayNumber: Int {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let (era, yearOfEra) = shiftedYear.flooring(400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + Int64(dayOfYear)
        return Int(era * 146_097 + dayOfEra - 719_468)
    }
}

extension Int64 {
    /// Division that rounds down, so that times before 1970 work too.
    package func flooring(_ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
