/// The texts that were sent. Up and Down recall them as in a shell.
///
/// The draft is the entry after the latest text. Changes to a recalled text are kept until something is sent, so that
/// going to another entry loses nothing.
struct InputHistory: Sendable, Equatable {
    private var sent: [String] = []
    private var edited: [Int: String] = [:]
    private var position = 0

    static let capacity = 100

    /// Adds a text that was sent, and goes back to the end of the history.
    mutating func push(_ text: String) {
        if sent.last != text { sent.append(text) }
        if sent.count > Self.capacity { sent.removeFirst() }
        edited = [:]
        position = sent.count
    }

    /// Goes to the previous text (-1) or the next one (1). Nil if there is none.
    ///
    /// - Parameter current: The text in the input line, with the user's changes.
    mutating func step(by distance: Int, leaving current: String) -> String? {
        let target = position + distance
        guard (0...sent.count).contains(target) else { return nil }
        edited[position] = current
        position = target
        return edited[target] ?? (target < sent.count ? sent[target] : "")
    }
}
