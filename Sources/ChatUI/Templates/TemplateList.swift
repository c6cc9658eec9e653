/// The overlay of templates, and which one is selected.
struct TemplateList: Sendable, Equatable {
    /// Not empty.
    let templates: [Template]
    private(set) var selected = 0

    /// Nil if there are no templates.
    init?(_ templates: [Template]) {
        if templates.isEmpty { return nil }
        self.templates = templates
    }

    var chosen: Template { templates[selected] }

    mutating func select(_ index: Int) { selected = max(0, min(index, templates.count - 1)) }
    mutating func move(by distance: Int) { select(selected + distance) }
}
