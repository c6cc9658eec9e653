import ChatWire

/// The first row: the peer's name and presence, the product, and `●` while connected. `●` stands at the far end, because
/// beside the name it would seem to be the peer's.
enum Header {
    static func row(_ model: Model, in environment: Environment) -> CellRow {
        let columns = model.app.size.columns
        let id = distinction(model, in: environment)
        let states = states(model, in: environment).elided(to: max(0, columns - 8))
        let product = productGlyphs(model, beside: states.totalWidth + id.totalWidth, in: environment)
        // The name takes precedence over the product, but a very long name leaves half of the row to it.
        let dot = model.app.isOnline ? environment.width.glyphs(of: "●") : []
        let dotRoom = dot.isEmpty ? 0 : 1 + dot.totalWidth
        let room = columns - 2 - dotRoom - states.totalWidth - id.totalWidth
        let nameRoom = product.isEmpty ? room : max(room / 2, room - product.totalWidth - 2)
        var row = CellRow()
        row.pad(to: 1)
        row.append(environment.width.glyphs(of: title(model)).elided(to: nameRoom), .title)
        row.append(id, .secondary)
        row.append(states, .notice)
        let end = columns - 1 - dotRoom - product.totalWidth
        let presence = presence(model, in: environment).map { presence in
            // Beside a name alone the text reads as a sentence.
            (
                glyphs: environment.width.glyphs(of: states.isEmpty && id.isEmpty ? "" : "· ") + presence.glyphs,
                time: presence.time
            )
        }
        if let presence, row.width + 1 + presence.glyphs.totalWidth + (product.isEmpty ? 0 : 2) <= end {
            row.pad(to: row.width + 1)
            row.append(presence.glyphs, .secondary)
            row.time = presence.time
        }
        row.pad(to: end)
        row.append(product)
        row.pad(to: columns - 1 - dot.totalWidth)
        row.append(dot, .online)
        return row
    }

    private static func isBlocked(_ model: Model) -> Bool { conversation(model)?.blocking.isBlocked == true }

    /// Nil while the search in all conversations covers it.
    private static func conversation(_ model: Model) -> ConversationState? {
        model.app.overlay == .found ? nil : model.conversation?.state
    }

    /// The peer's name, or the part of the list that is shown.
    private static func title(_ model: Model) -> String {
        guard model.conversation == nil, model.app.overlay != .found else { return model.title }
        return model.app.texts.title(of: model.app.inbox.view.selection)?.asSentence ?? model.title
    }

    /// The peer's id, if somebody else on the list has the same name.
    private static func distinction(_ model: Model, in environment: Environment) -> [Glyph] {
        guard let conversation = conversation(model) else { return [] }
        let distinction = model.app.inbox.distinction(of: conversation.peer, named: conversation.peerName.text)
        return NamedRow.behindName(distinction, columns: model.app.size.columns, environment.width)
    }

    /// Reminders: the list has another order, the conversation is muted or archived, the peer is blocked, or nothing is
    /// being saved.
    private static func states(_ model: Model, in environment: Environment) -> [Glyph] {
        let isList = model.conversation == nil && model.app.overlay != .found
        let isOrdered = isList && model.app.inbox.view.isLongestWaitingFirst
        let flags = conversation(model) == nil ? [] : model.openFlags
        let words = [
            isOrdered ? model.app.texts.longestWaitingFirst : nil,
            flags.contains(.muted) ? model.app.texts.muted : nil,
            flags.contains(.archived) ? model.app.texts.archived : nil,
            isBlocked(model) ? model.app.texts.blocked : nil,
            model.app.notKept == nil ? nil : model.app.texts.nothingKept,
        ].compactMap(\.self)
        return words.isEmpty ? [] : environment.width.glyphs(of: words.map { " · " + $0 }.joined())
    }

    /// The peer's activity, and the time that the text mentions. Nil if it is unknown.
    private static func presence(_ model: Model, in environment: Environment) -> (glyphs: [Glyph], time: Timestamp?)? {
        guard let conversation = conversation(model), !isBlocked(model) else { return nil }
        let width = environment.width
        if model.preferences.showsTyping, let until = conversation.typingUntil, environment.instant < until {
            return (width.glyphs(of: model.app.texts.typing), nil)
        }
        guard model.preferences.showsPresence, let presence = conversation.presence else { return nil }
        let glyphs = width.glyphs(of: model.app.texts.presence(presence, in: environment))
        return (glyphs, presence.isOnline ? nil : presence.lastSeen)
    }

    /// The product's title, elided inside its quotes to the room that is left, and its price where there is room for
    /// both.
    private static func productGlyphs(_ model: Model, beside taken: Int, in environment: Environment) -> [Glyph] {
        guard let subject = conversation(model)?.subject(of: model.app.editor.draft.product),
            let product = model.app.listings.label(of: subject)?.displayed(), !product.isEmpty
        else { return [] }
        let (width, texts) = (environment.width, model.app.texts)
        let name = width.count(model.title)
        let room = model.app.size.columns - 6 - taken - min(name, model.app.size.columns / 2)
        let frame = width.count(texts.product(""))
        guard room >= frame + 4 else { return [] }
        let all = width.glyphs(of: product)
        let price = model.app.listings[subject]?.price.map { width.glyphs(of: " · " + texts.price($0)) } ?? []
        // A price says little beside a title that was cut to a few letters.
        let hasPrice = room >= frame + price.totalWidth + min(all.totalWidth, shortestTitleBesidePrice)
        let titleRoom = room - frame - (hasPrice ? price.totalWidth : 0)
        let title = all.elided(to: titleRoom).map(\.text).joined()
        return width.glyphs(of: texts.product(title)) + (hasPrice ? price : [])
    }

    private static let shortestTitleBesidePrice = 8
}
