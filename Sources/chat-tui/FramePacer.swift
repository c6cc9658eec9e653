/// When to paint: at once after a key, and after news where the last paint is a frame ago; else when that frame ends.
///
/// So a single message shows at once, and two thousand a second cost sixty paints, not two thousand.
struct FramePacer {
    private static let frame = Duration.milliseconds(16)

    private var lastPaint: ContinuousClock.Instant?
    /// When what happened since the last paint is to be painted. Nil where nothing waits.
    private(set) var due: ContinuousClock.Instant?

    /// Something may look different now. Tells whether to paint it at once.
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
