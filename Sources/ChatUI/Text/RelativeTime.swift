import ChatWire

/// How long ago something was, in the steps that the interface tells: the younger, the finer.
enum RelativeTime: Equatable {
    case justNow
    case minutes(Int)
    case hours(Int)
    /// A day ago and more: told by date and time.
    case date

    /// A time that the server's clock puts into the future is now.
    init(_ time: Timestamp, now: Timestamp) {
        switch now.seconds(since: time) {
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
        case .date: return nil
        }
        return time.advanced(by: .seconds(age))
    }
}

extension Timestamp {
    /// Whole seconds, rounded towards zero.
    func seconds(since earlier: Timestamp) -> Int {
        let difference = microseconds.subtractingReportingOverflow(earlier.microseconds)
        return difference.overflow ? 0 : Int(difference.partialValue / 1_000_000)
    }
}

extension Texts {
    func time(_ time: Timestamp, in environment: Environment) -> String {
        switch RelativeTime(time, now: environment.now) {
        case .justNow: justNow
        case .minutes(let minutes): minutesAgo(minutes)
        case .hours(let hours): hoursAgo(hours)
        case .date: dateAndTime(environment.localTime(time))
        }
    }
}
