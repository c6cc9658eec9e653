/// Tells that the machine slept: of the system's two clocks one goes on meanwhile, and the other stands still.
///
/// It is told both from time to time. A process that was merely stopped, or got no processor, is not taken for a
/// machine that slept.
public struct WakeDetector: Sendable {
    /// Both clocks, read one right after the other.
    public struct Reading: Sendable {
        public var continuous: ContinuousClock.Instant
        public var suspending: SuspendingClock.Instant

        public init(continuous: ContinuousClock.Instant, suspending: SuspendingClock.Instant) {
            self.continuous = continuous
            self.suspending = suspending
        }

        public static var now: Reading { Reading(continuous: .now, suspending: .now) }
    }

    /// Less is the time between the two readings, or a nap that no connection minds.
    private static let shortestSleep: Duration = .seconds(2)

    private var last: Reading

    public init(_ reading: Reading = .now) {
        last = reading
    }

    /// How long the machine slept since the last look, or nil if it did not.
    public mutating func look(_ reading: Reading = .now) -> Duration? {
        defer { last = reading }
        let passed = reading.continuous - last.continuous
        let awake = reading.suspending - last.suspending
        let slept = passed - awake
        return slept >= Self.shortestSleep ? slept : nil
    }
}
