import ChatWire
import Formats

/// What the pure code needs from the outside, passed in as values.
public struct Environment: Sendable {
    /// The wall clock, which may jump. It is used for the times of messages only.
    public var now: Timestamp
    /// The same moment on a clock that does not jump. All durations and deadlines use it.
    public var instant: ContinuousClock.Instant
    /// Returns a new UUID for a message that is written here.
    public var newID: @Sendable () -> ClientMessageID
    public var width: CharacterWidth
    /// Returns the user's offset from UTC at the given time, in seconds; it is positive east of Greenwich.
    public var utcOffset: @Sendable (Timestamp) -> Int

    public init(
        now: Timestamp, instant: ContinuousClock.Instant, newID: @escaping @Sendable () -> ClientMessageID,
        width: CharacterWidth,
        utcOffset: @escaping @Sendable (Timestamp) -> Int
    ) {
        self.now = now
        self.instant = instant
        self.newID = newID
        self.width = width
        self.utcOffset = utcOffset
    }

    func localTime(_ time: Timestamp) -> CivilTime {
        CivilTime(secondsSince1970: time.seconds, offset: utcOffset(time))
    }
}
