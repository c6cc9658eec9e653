import ChatWire

/// A search in the conversation: the query, and the matches found so far.
struct Search: Sendable {
    /// The text to search for.
    var query: LineEditor
    /// Whether the query is being edited, in the place of the draft.
    var isTyping = true
    /// The ids of the matching messages, oldest first. Those that are not in the transcript are in the stored history.
    private(set) var hits: [MessageID] = []
    /// The match that is shown.
    var current: MessageID?
    /// Whether the stored history reaches back to the beginning of the conversation. Nil while it is being searched.
    var isWhole: Bool?
    /// The match that is being loaded.
    var awaited: MessageID?
    /// The last visible message when the search began. The search goes upwards from there.
    let start: Transcript.LineID?

    init(_ query: String, from start: Transcript.LineID?) {
        self.query = LineEditor(query)
        self.start = start
    }

    var matcher: TextMatcher? { TextMatcher(query.text) }

    /// The index of the current match.
    var place: Int? { current.flatMap { hits.lastIndex(of: $0) } }

    /// Searches the messages in the transcript. `anew` removes the matches of an earlier query.
    mutating func collect(from transcript: Transcript, anew: Bool = false) {
        if anew { hits = [] }
        guard let matcher else { return }
        merge(transcript.stored.filter { matcher.matches($0.text) }.map(\.id))
    }

    /// Adds a message that arrived, if it matches.
    mutating func appeared(_ message: Message) {
        guard let matcher, matcher.matches(message.text) else { return }
        hits.append(message.id)
    }

    /// Merges ids that are in order and without duplicates. A new id is put after the known id that precedes it in
    /// `ids`.
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
