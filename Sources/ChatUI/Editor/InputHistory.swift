/// The texts that were sent, to be recalled by Up and Down as a shell does it.
///
/// The draft is the place below the latest text. What is changed in a recalled text stays there until something is
/// sent, so that leaving it loses nothing.
struct InputHistory: Sendable, Equatable {
    private var sent: [String] = []
    private var edited: [Int: String] = [:]
    private var position = 0

    static let capacity = 100

    /// A text was sent: it becomes the latest, and the place is below it again.
    mutating func push(_ text: String) {
        if sent.last != text { sent.append(text) }
        if sent.count > Self.capacity { sent.removeFirst() }
        edited = [:]
        position = sent.count
    }

    /// The text before (`by` is -1) or after (1) the one shown, whose present state is `current`. Nil at either end.
    mutating func step(by distance: Int, leaving current: String) -> String? {
        let target = position + distance
        guard (0...sent.count).contains(target) else { return nil }
        edited[position] = current
        position = target
        return edited[target] ?? (target < sent.count ? sent[target] : "")
    }
}
