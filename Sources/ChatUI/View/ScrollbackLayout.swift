import ChatWire

/// Computes the position of the window in the scrollback.
///
/// Rows are made once for each message in or near the window, so the cost does not depend on the length of the
/// conversation.
struct ScrollbackLayout {
    let conversation: ConversationScreen
    private let app: AppState
    private let environment: Environment
    /// The height of the window in rows.
    let height: Int
    private let blocks = BlockCache()

    /// A row of the scrollback: the index of a message, and a row in its block.
    struct Place: Comparable {
        var index: Int
        var row: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.index, left.row) < (right.index, right.row)
        }
    }

    static let top = Place(index: 0, row: 0)

    init(_ conversation: ConversationScreen, in app: AppState, height: Int, _ environment: Environment) {
        self.conversation = conversation
        self.app = app
        self.height = height
        self.environment = environment
    }

    private var transcript: Transcript { conversation.state.transcript }

    /// The rows in the window, fewer than `height` if the conversation is short.
    var visibleRows: [CellRow] {
        var rows: [CellRow] = []
        var place = windowTop
        while rows.count < height, place.index < transcript.count {
            rows += block(place.index).rows[place.row...].prefix(height - rows.count)
            place = Place(index: place.index + 1, row: 0)
        }
        return rows
    }

    /// The row that is shown if there are no messages.
    var emptyRows: [CellRow] {
        let text: String
        switch conversation.history {
        case .unknown: return []
        case .known: text = app.texts.startConversation(with: conversation.state.peerDisplayName)
        case .failed(let failure): text = UntrustedText(app.texts.historyUnavailable(failure)).displayed()
        }
        let columns = app.size.columns
        return [.centred(environment.width.glyphs(of: text).elided(to: columns - 2), columns: columns, .secondary)]
    }

    /// The indices of the messages that are at least partly visible.
    var visibleIndices: Range<Int> {
        let top = windowTop
        var end = top.index
        var rows = -top.row
        while rows < height, end < transcript.count {
            rows += block(end).count
            end += 1
        }
        return top.index..<end
    }

    /// The index of the message in a row of the window.
    func index(atRow row: Int) -> Int? {
        guard (0..<height).contains(row) else { return nil }
        let place = down(row, from: windowTop)
        return place.index < transcript.count ? place.index : nil
    }

    /// The top row of the window.
    var windowTop: Place {
        guard case .anchored(let anchor) = conversation.viewport, let place = place(of: anchor)
        else { return maxTop }
        return min(place, maxTop)
    }

    /// The top row of the window when it shows the end of the conversation.
    var maxTop: Place { up(height, from: Place(index: transcript.count, row: 0)) }

    var isAtBottom: Bool { windowTop == maxTop }

    /// The viewport after scrolling by a number of rows; positive is downwards.
    func viewport(movedBy rows: Int) -> Viewport {
        let top = rows < 0 ? up(-rows, from: windowTop) : down(rows, from: windowTop)
        return viewport(withTop: top)
    }

    func viewport(withTop top: Place) -> Viewport {
        if top >= maxTop { return .following }
        let block = block(top.index)
        return .anchored(Viewport.Anchor(id: block.id, row: top.row - block.head.count))
    }

    /// The viewport after scrolling no further than needed to show a message. Nil if it is visible.
    func viewport(showing index: Int) -> Viewport? {
        let top = windowTop
        let first = Place(index: index, row: 0)
        let lowest = up(height, from: Place(index: index + 1, row: 0))
        if first < top || lowest >= first { return first == top ? nil : viewport(withTop: first) }
        return lowest > top ? viewport(withTop: lowest) : nil
    }

    /// The viewport that shows a message with some context above and below it. Nil if the message is visible.
    func viewport(showingInContext index: Int) -> Viewport? {
        guard viewport(showing: index) != nil else { return nil }
        let block = block(index)
        let above = max(0, min(height / 3, height - block.count))
        return viewport(withTop: up(above, from: Place(index: index, row: 0)))
    }

    /// Whether the unread marker is visible. It belongs to the block of this message.
    func showsUnreadMarker(before index: Int) -> Bool {
        let top = windowTop
        let line = unreadMarker(before: index)
        return line >= top && line < down(height, from: top)
    }

    /// What is above the window if the unread marker is.
    enum NewAbove: Equatable {
        /// Only the marker is above the window, or the number of new messages there is unknown.
        case marker
        case messages(Int)
    }

    /// Nil if the unread marker is not above the window.
    var newAbove: NewAbove? {
        guard let id = conversation.new.first else { return conversation.new.isMarkerAwaited ? .marker : nil }
        let top = windowTop
        // If the first new message was dropped, it is far above. Then the number is unknown, as it is if messages are
        // missing.
        guard let first = transcript.place(of: id) else { return .marker }
        guard unreadMarker(before: first) < top else { return nil }
        let isPartHidden = top.index < transcript.stored.count && top.row > block(top.index).head.count
        let hidden = first..<max(first, min(top.index + (isPartHidden ? 1 : 0), transcript.stored.count))
        let isPartMissing = hidden.contains { transcript.gap(after: $0).map { $0 != .open } ?? false }
        if isPartMissing || first == 0 && conversation.hasOlder { return .marker }
        let count = transcript.stored[hidden].count { $0.sender != app.user }
        return count > 0 ? .messages(count) : .marker
    }

    private func unreadMarker(before index: Int) -> Place {
        Place(index: index, row: max(0, block(index).head.count - 2))
    }

    /// The same viewport, anchored to a message below its top, so that messages loaded between the two push the top up.
    func viewport(anchoredTo index: Int) -> Viewport {
        let top = windowTop
        let rows = (top.index..<index).reduce(-top.row) { $0 + block($1).count }
        let target = block(index)
        return .anchored(Viewport.Anchor(id: target.id, row: -(rows + target.head.count)))
    }

    // MARK: - Walking

    private func block(_ index: Int) -> MessageBlock {
        blocks[index] { MessageBlock(index, of: conversation, in: app, environment) }
    }

    private func place(of anchor: Viewport.Anchor) -> Place? {
        guard let index = transcript.index(of: anchor.id) else { return nil }
        let block = block(index)
        let text = Place(index: index, row: block.head.count)
        if anchor.row < 0 { return up(-anchor.row, from: text) }
        // In a wider window the text may have fewer rows than before.
        return Place(index: index, row: text.row + min(anchor.row, block.body.count + block.tail.count - 1))
    }

    private func up(_ rows: Int, from place: Place) -> Place {
        var place = place
        var rows = rows
        while rows > place.row {
            guard place.index > 0 else { return Self.top }
            rows -= place.row
            place = Place(index: place.index - 1, row: block(place.index - 1).count)
        }
        place.row -= rows
        return place
    }

    private func down(_ rows: Int, from place: Place) -> Place {
        var place = place
        var rows = rows
        while place.index < transcript.count {
            let rest = block(place.index).count - place.row
            if rows < rest { return Place(index: place.index, row: place.row + rows) }
            rows -= rest
            place = Place(index: place.index + 1, row: 0)
        }
        return place
    }
}

/// The blocks of one layout. Each is made at its first use.
private final class BlockCache {
    private var blocks: [Int: MessageBlock] = [:]

    subscript(index: Int, make: () -> MessageBlock) -> MessageBlock {
        if let block = blocks[index] { return block }
        let block = make()
        blocks[index] = block
        return block
    }
}
