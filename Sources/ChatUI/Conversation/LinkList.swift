/// The links that the user may choose from.
struct LinkList: Sendable, Equatable {
    let links: [Link]
    private(set) var selected: Int
    /// The user was warned of the chosen one, and may open it.
    var isWarned = false

    /// The last one, which is the newest, is selected. Nil if there are none.
    init?(_ links: [Link]) {
        guard !links.isEmpty else { return nil }
        self.links = links
        selected = links.count - 1
    }

    var chosen: Link { links[selected] }

    mutating func move(by distance: Int) { select(selected + distance) }

    mutating func select(_ index: Int) {
        selected = max(0, min(links.count - 1, index))
        isWarned = false
    }
}
