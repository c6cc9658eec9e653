import ChatClient
import ChatWire

/// What a window shows, made of nothing but the updates it was told.
struct Screen {
    let user: UserID
    private(set) var stored: [Message] = []
    private(set) var pending: [Pending] = []
    /// Until a page says that there is nothing before it.
    private(set) var hasOlder = true
    /// Behind these messages others are missing.
    private(set) var holes: Set<MessageID> = []
    private(set) var marks: [UserID: ConversationMark] = [:]
    private(set) var isCaughtUp = false
    /// What was last asked for, as what stands before this message.
    private var asked: MessageID?

    struct Pending {
        var id: ClientMessageID
        var status: UnsentStatus

        /// It waits for the user.
        var isHeld: Bool { status != .waiting }
    }

    init(user: UserID) { self.user = user }

    mutating func take(_ update: Update) {
        switch update {
        case .connection: isCaughtUp = false
        case .caughtUp, .pastUnknown: isCaughtUp = true
        case .history(let page, let hasOlder): merge(page, hasOlder: hasOlder)
        case .oldest(let page): merge(page, hasOlder: false)
        case .received(let message): append(message)
        case .unsent(let message, let status): setStatus(status, of: message.id)
        case .outgoing(let id, .stored(let message)):
            pending.removeAll { $0.id == id }
            append(message)
        case .outgoing(let id, .found(let message)):
            pending.removeAll { $0.id == id }
            if place(of: message.id) == nil {
                let place = stored.lastIndex { !message.isBefore($0) }.map { $0 + 1 } ?? 0
                stored.insert(message, at: place)
            }
        case .outgoing(let id, .unsent(.notSaved)): pending.removeAll { $0.id == id }
        case .outgoing(let id, .unsent(let status)): setStatus(status, of: id)
        case .marked(let mark):
            var merged = marks[mark.user] ?? mark
            merged.delivered = mark.delivered ?? merged.delivered
            merged.read = mark.read ?? merged.read
            marks[mark.user] = merged
        case .historyUnavailable: asked = nil
        case .postponed, .profile, .typing, .presence, .draft, .storeFailed, .storeRecovered, .newer, .around,
            .beginning,
            .searchResults, .blocked, .blockingFailed:
            break
        case .opened, .conversations, .drafts, .unsentElsewhere, .conversationsComplete, .conversationsUnavailable:
            break
        }
    }

    mutating func discard(_ id: ClientMessageID) { pending.removeAll { $0.id == id } }

    /// What to ask for, so that nothing is missing: what stands before this message.
    mutating func askForOlder() -> MessageID? {
        guard asked == nil else { return nil }
        let behindHole = stored.indices.dropFirst().last { holes.contains(stored[$0 - 1].id) }.map { stored[$0].id }
        asked = behindHole ?? (hasOlder ? stored.first?.id : nil)
        return asked
    }

    /// Asks anew, where an answer did not come.
    mutating func stopAsking() { asked = nil }

    var isComplete: Bool { !hasOlder && holes.isEmpty }

    private mutating func setStatus(_ status: UnsentStatus, of id: ClientMessageID) {
        if let index = pending.firstIndex(where: { $0.id == id }) {
            pending[index].status = status
        } else {
            pending.append(Pending(id: id, status: status))
        }
    }

    // MARK: - Stored messages

    private func place(of id: MessageID) -> Int? { stored.firstIndex { $0.id == id } }

    private mutating func append(_ message: Message) {
        guard place(of: message.id) == nil else { return }
        stored.append(message)
    }

    /// The page's own order holds. A message that the page lacks stays behind the one it came after; where that leaves a
    /// choice, the times decide.
    private mutating func merge(_ page: [Message], hasOlder: Bool) {
        let asked = self.asked
        let wasAtTop = asked != nil && asked == stored.first?.id
        let known = Set(stored.map(\.id))
        let reachesBack = !hasOlder || page.first.map { known.contains($0.id) } ?? true
        if !page.isEmpty || asked != nil { self.asked = nil }
        insert(page, known, asked)
        fillHoles(page, hasOlder, asked)
        if let first = page.first, let place = place(of: first.id) {
            if place == 0 { self.hasOlder = hasOlder } else if !reachesBack { holes.insert(stored[place - 1].id) }
        } else if page.isEmpty && (wasAtTop || stored.isEmpty) {
            self.hasOlder = hasOlder
        }
    }

    private mutating func insert(_ page: [Message], _ known: Set<MessageID>, _ asked: MessageID?) {
        var places: [MessageID: Int] = [:]
        for (place, message) in page.enumerated() { places[message.id] = place }
        var merged: [Message] = []
        var next = 0
        let behindLast = stored.lastIndex { places[$0.id] != nil }.map { $0 + 1 }
        let end = asked.flatMap { place(of: $0) } ?? behindLast
        for (index, message) in stored.enumerated() {
            if index == end {
                merged += page[next...]
                next = page.count
            }
            if let place = places[message.id] {
                if place >= next { merged += page[next...place] }
                next = max(next, place + 1)
            } else {
                while end == nil, next < page.count, !message.isBefore(page[next]) {
                    merged.append(page[next])
                    next += 1
                }
                merged.append(message)
            }
        }
        stored = merged + page[next...]
    }

    /// Inside a page nothing is missing; nor behind it, if it was asked for as what stands before the next message.
    private mutating func fillHoles(_ page: [Message], _ hasOlder: Bool, _ asked: MessageID?) {
        guard !holes.isEmpty else { return }
        for message in page.dropLast() { holes.remove(message.id) }
        if !hasOlder, let first = page.first?.id ?? asked, let before = previous(of: first) { holes.remove(before) }
        if let last = page.last, let asked, previous(of: asked) == last.id { holes.remove(last.id) }
    }

    private func previous(of id: MessageID) -> MessageID? {
        guard let place = place(of: id), place > 0 else { return nil }
        return stored[place - 1].id
    }
}
