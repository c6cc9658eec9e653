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
    /// The answers to asking again, while they do not reach the selected message.
    private var again: Again?
    /// Whether history was stored that the present answer may lack.
    private var isStale = false
    let origin: Origin
    /// Whether the user looks at a message that was found. The results wait behind its conversation.
    var isVisiting = false

    private struct Again: Sendable, Equatable {
        var found: [FoundMessage] = []
        var next: Int64?
    }

    /// What was on the screen when the search began.
    enum Origin: Sendable, Equatable {
        case list
        case conversation(UserID, Viewport)
    }

    init(_ query: String = "", from origin: Origin) {
        self.query = LineEditor(query)
        self.origin = origin
    }

    /// Whether the first answer is awaited.
    var isLoading: Bool { isSearching && found.isEmpty && again == nil }

    var words: WordQuery? { WordQuery(query.text) }

    var chosen: FoundMessage? { found.indices.contains(selected) ? found[selected] : nil }

    /// The query has changed, or a first one was given.
    mutating func search() -> [Effect] {
        guard let words else {
            again = nil
            (found, selected, top, asked, isSearching, next, problem) = ([], 0, 0, nil, false, nil, nil)
            return []
        }
        guard words.text != asked else { return [] }
        (asked, isSearching, isStale, again) = (words.text, true, false, nil)
        return [.find(words.text, after: nil)]
    }

    /// Asks for the next page if the selection is close to the end of what is here.
    mutating func searchOn() -> [Effect] {
        guard let asked, let next, !isSearching, found.count - selected <= Self.margin else { return [] }
        isSearching = true
        return [.find(asked, after: next)]
    }

    private static let margin = 20

    /// History that was missing is stored now. The results remain until the new ones reach the selected message.
    mutating func searchAgain() -> [Effect] {
        guard let asked else { return [] }
        guard !isSearching else {
            isStale = true
            return []
        }
        (again, isSearching, isStale) = (Again(), true, false)
        return [.find(asked, after: nil)]
    }

    mutating func found(
        _ result: Result<FoundPage, StoreFailure>, of query: String, after place: Int64?
    ) -> [Effect] {
        let isExpected = again.map { place == $0.next } ?? (place == nil || place == next)
        guard query == asked, isSearching, isExpected else { return [] }
        isSearching = false
        let more = take(result, after: place)
        return more.isEmpty && isStale ? searchAgain() : more
    }

    private mutating func take(_ result: Result<FoundPage, StoreFailure>, after place: Int64?) -> [Effect] {
        guard case .success(let page) = result, var again else {
            again = nil
            show(result, after: place)
            return []
        }
        again.found += page.messages
        let index = again.found.firstIndex { $0.message.id == chosen?.message.id }
        if index == nil, chosen != nil, let next = page.next, let asked {
            again.next = next
            (self.again, isSearching) = (again, true)
            return [.find(asked, after: next)]
        }
        self.again = nil
        let place = index ?? max(0, min(selected, again.found.count - 1))
        (top, selected, found) = (max(0, top + place - selected), place, again.found)
        (next, unindexed, incomplete, problem) = (page.next, page.unindexed, page.incomplete, nil)
        return []
    }

    private mutating func show(_ result: Result<FoundPage, StoreFailure>, after place: Int64?) {
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
