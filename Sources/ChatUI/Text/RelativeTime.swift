import ChatWire

/// How long ago something was, in the steps that the interface tells: the younger, the finer.
enum RelativeTime: Equatable {
    case justNow
    case minutes(Int)
    case hours(Int)
    /// A day ago and more, or in the future, where a clock is or was wrong: told by date and time, as it is.
    case date

    /// How far two clocks that are right may differ. A time as little ahead is now.
    private static let skew = 60

    init(_ time: Timestamp, now: Timestamp) {
        switch now.seconds(since: time) {
        case ..<(-Self.skew): self = .date
        case ..<60: self = .justNow
        case let age where age < 3600: self = .minutes(age / 60)
        case let age where age < 86_400: self = .hours(age / 3600)
        default: self = .date
        }
    }

    /// When it will next be told in other words. Nil if never.
    static func nextChange(of time: Timestamp, after now: Timestamp) -> Timestamp? {
        let age: Int
        switch RelativeTime(time, now: now) {
        case .justNow: age = 60
        case .minutes(let minutes): age = (minutes + 1) * 60
        case .hours(let hours): age = (hours + 1) * 3600
        case .date:
            guard time > now else { return nil }
            age = -skew
        }
        return time.advanced(by: .seconds(age))
    }
}

extension Timestamp {
    /// Whole seconds, rounded down.
    func seconds(since earlier: Timestamp) -> Int {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(earlier.microseconds)
        if overflow { return earlier > self ? .min : .max }
        return Int(Timestamp(microseconds: difference).seconds)
    }
}

extension Texts {
    func time(_ time: Timestamp, in environment: Environment) -> String {
        switch RelativeTime(time, now: environment.now) {
        case .justNow: justNow
        case .minutes(let minutes): minutesAgo(minutes)
        case .hours(let hours): hoursAgo(hours)
        case .date: dateAndTime(environment.localTime(time), thisYear: environment.localTime(environment.now).year)
        }
    }
}
