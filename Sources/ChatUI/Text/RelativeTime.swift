import ChatWire

/// The age of a moment in the steps of the interface: the younger, the finer.
enum RelativeTime: Equatable {
    case justNow
    case minutes(Int)
    case hours(Int)
    /// At least a day ago, or in the future because a clock is or was wrong. It is shown as date and time.
    case date

    /// The difference in seconds between two correct clocks that is tolerated. A time that is ahead by less counts as
    /// now.
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

    /// When the shown text next changes. Nil if it never changes.
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
