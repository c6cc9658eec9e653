/// The drafts that several closed windows left in one conversation. Each was in the input line of its own window, so none
/// of them replaces another: they become one draft, the oldest first, with a line break between them.
public enum JoinedDrafts {
    /// - Parameter drafts: In the order of their last change. The same text counts once.
    public static func text(_ drafts: [String]) -> String {
        var kept: [String] = []
        for draft in drafts {
            kept.removeAll { $0 == draft }
            kept.append(draft)
        }
        return kept.joined(separator: "\n")
    }
}
