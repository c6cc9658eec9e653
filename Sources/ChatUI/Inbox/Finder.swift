import ChatWire
import ClientUpdates
import TextSearch

/// The search in all conversations: the query, and the messages that were found, newest first.
struct Finder: Sendable, Equatable {
    var query: LineEditor
    private(set) var found: [FoundMessage] = []
    /// The index in `found`.
    private(set) var selected = 0
    /// The index of the first visible message.
    var top = 0
    /// The text that was searched for last. Nil before the first search.
    private(set) var asked: String?
    /// Whether an answer is awaited.
    private(set) var isSearching = false
    /// Where the next page begins. Nil if everything was found.
    private(set) var next: Int64?
    /// How many messages could not be searched, because an older version stored them and they are not in the index yet.
    private(set) var unindexed = 0
    /// Of how many conversations this machine does not have the whole history.
    private(set) var incomplete = 0
    private(set) var problem: StoreFailure?
    let origin: Origin
    /// Whether the user looks at a message that was found. The results wait behind its conversation.
    var isVisiting = false

    /// What was on the screen when the search began.
    enum Origin: Sendable, Equatable {
        case list
        case conversation(UserID, Viewport)
    }

    init(_ query: String = "", from origin: Origin) {
        self.query = LineEditor(query)
        self.origin = origin
    }

    var words: WordQuery? { WordQuery(query.text) }

    var chosen: FoundMessage? { found.indices.contains(selected) ? found[selected] : nil }

    /// The query has changed, or a first one was given.
    mutating func search() -> [Effect] {
        guard let words else {
            (found, selected, top, asked, isSearching, next, problem) = ([], 0, 0, nil, false, nil, nil)
            return []
        }
        guard words.text != asked else { return [] }
        (asked, isSearching) = (words.text, true)
        return [.find(words.text, after: nil)]
    }

    /// Asks for the next page if the selection is close to the end of what is here.
    mutating func searchOn() -> [Effect] {
        guard let asked, let next, !isSearching, found.count - selected <= Self.margin else { return [] }
        isSearching = true
        return [.find(asked, after: next)]
    }

    private static let margin = 20

    mutating func found(
        _ result: Result<FoundPage, StoreFailure>, of query: String, after place: Int64?
    ) {
        guard query == asked, isSearching, place == nil || place == next else { return }
        isSearching = false
        switch result {
        case .failure(let failure): problem = failure
        case .success(let page):
            if place == nil { (found, selected, top) = ([], 0, 0) }
            // A message that arrived meanwhile does not move the others, so no page can repeat one.
            found += page.messages
            (next, unindexed, incomplete, problem) = (page.next, page.unindexed, page.incomplete, nil)
        }
    }

    mutating func select(at index: Int) { selected = max(0, min(index, found.count - 1)) }
}
