import ChatWire

/// What the pure code needs of the world, handed in as values.
public struct Environment: Sendable {
    public var now: Timestamp
    /// A new UUID in text form, for each message written here.
    public var newID: @Sendable () -> String
    public var width: CharacterWidth
    /// Seconds east of UTC where the user is, at the given time.
    public var utcOffset: @Sendable (Timestamp) -> Int

    public init(
        now: Timestamp, newID: @escaping @Sendable () -> String, width: CharacterWidth,
        utcOffset: @escaping @Sendable (Timestamp) -> Int
    ) {
        self.now = now
        self.newID = newID
        self.width = width
        self.utcOffset = utcOffset
    }

    func localTime(_ time: Timestamp) -> CivilTime { CivilTime(time, offset: utcOffset(time)) }
}
