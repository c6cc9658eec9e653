/// Detects that the machine slept, by two clocks: one stops during sleep, the other does not.
///
/// Call `check` regularly. A process that was stopped, or got no processor time, is not taken for a sleeping machine.
public struct WakeDetector: Sendable {
    /// The readings of both clocks, taken one directly after the other.
    public struct Reading: Sendable {
        public var continuous: ContinuousClock.Instant
        public var suspending: SuspendingClock.Instant

        public init(continuous: ContinuousClock.Instant, suspending: SuspendingClock.Instant) {
            self.continuous = continuous
            self.suspending = suspending
        }

        public static var now: Reading { Reading(continuous: .now, suspending: .now) }
    }

    /// A smaller difference may be the time between the two readings, or a nap that no connection notices.
    private static let minSleep: Duration = .seconds(2)

    private var last: Reading

    public init(_ reading: Reading = .now) {
        last = reading
    }

    /// How long the machine slept since the last call; nil if it did not.
    public mutating func check(_ reading: Reading = .now) -> Duration? {
        defer { last = reading }
        let passed = reading.continuous - last.continuous
        let awake = reading.suspending - last.suspending
        let slept = passed - awake
        return slept >= Self.minSleep ? slept : nil
    }
}
