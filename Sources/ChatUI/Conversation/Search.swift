import ChatWire

/// A search through the conversation: what is looked for, and what was found so far.
struct Search: Sendable {
    /// What is looked for, as it is being typed or as it was.
    var query: LineEditor
    /// The query is under edit, in the place of the draft.
    var isTyping = true
    /// The ids of the messages that match, oldest first. Those that are not in the transcript are in the stored history.
    private(set) var hits: [MessageID] = []
    /// The match that one is at.
    var current: MessageID?
    /// Whether the stored history, which was looked through, begins where the conversation does. Nil: it is still being
    /// looked through.
    var isWhole: Bool?
    /// A match that is being loaded.
    var awaited: MessageID?
    /// The last message that was in sight when the search began: it goes upwards from there.
    let start: Transcript.LineID?

    init(_ query: String, from start: Transcript.LineID?) {
        self.query = LineEditor(query)
        self.start = start
    }

    var matcher: TextMatcher? { TextMatcher(query.text) }

    /// Which of the matches one is at, counted from 0.
    var place: Int? { current.flatMap { hits.lastIndex(of: $0) } }

    /// Looks at what is loaded. What is known of the rest of the history stays if the query did.
    mutating func collect(from transcript: Transcript, anew: Bool = false) {
        if anew { hits = [] }
        guard let matcher else { return }
        merge(transcript.stored.filter { matcher.matches($0.text) }.map(\.id))
    }

    /// A message arrived.
    mutating func appeared(_ message: Message) {
        guard let matcher, matcher.matches(message.text) else { return }
        hits.append(message.id)
    }

    /// Takes in ids that are in order, each once. One that is new stands behind the one that it follows there.
    mutating func merge(_ ids: [MessageID]) {
        let known = Set(hits)
        var merged: [MessageID] = []
        var rest = hits[...]
        for id in ids {
            if known.contains(id), let place = rest.firstIndex(of: id) {
                merged += rest[...place]
                rest = rest[(place + 1)...]
            } else if !known.contains(id) {
                merged.append(id)
            }
        }
        hits = merged + rest
    }
}
