import ChatWire

/// The present time by two clocks: a monotonic one for deadlines, and the calendar's for messages.
public struct Moment: Sendable, Hashable {
    public var instant: ContinuousClock.Instant
    public var wall: Timestamp

    public init(instant: ContinuousClock.Instant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }

    public func advanced(by duration: Duration) -> Moment {
        Moment(instant: instant + duration, wall: wall.advanced(by: duration))
    }
}
