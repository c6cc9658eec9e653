import ChatWire
import Formats

/// What the pure code needs of the world, handed in as values.
public struct Environment: Sendable {
    /// The wall clock, which may jump: for times of messages only.
    public var now: Timestamp
    /// The same moment on a clock that does not jump: whatever lasts, lasts by it.
    public var instant: ContinuousClock.Instant
    /// A new UUID in text form, for each message written here.
    public var newID: @Sendable () -> ClientMessageID
    public var width: CharacterWidth
    /// Seconds east of UTC where the user is, at the given time.
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
