/// The links that the user can choose from.
struct LinkList: Sendable, Equatable {
    let links: [Link]
    private(set) var selected: Int
    /// Whether the user has been warned of the chosen link, so that they may open it.
    var isWarned = false

    /// Selects the last link, which is the newest. Nil if there are no links.
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
