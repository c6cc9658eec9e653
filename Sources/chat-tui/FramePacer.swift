/// Decides when to paint: at once after a key. After news at once if the last frame is over, otherwise at its end.
///
/// So a single message appears at once, and two thousand messages a second cause about sixty paints.
struct FramePacer {
    private static let frame = Duration.milliseconds(16)

    private var lastPaint: ContinuousClock.Instant?
    /// When the next paint is due; nil if nothing changed.
    private(set) var due: ContinuousClock.Instant?

    /// Something on the screen may have changed.
    /// - Returns: whether to paint now.
    mutating func changed(byKey: Bool, now: ContinuousClock.Instant) -> Bool {
        if !byKey, let frameEnd = lastPaint?.advanced(by: Self.frame), now < frameEnd {
            due = frameEnd
            return false
        }
        lastPaint = now
        due = nil
        return true
    }
}
