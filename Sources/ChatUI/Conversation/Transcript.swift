import ChatWire

/// The messages of the conversation in the order that they are shown: stored ones as the server has them, then those
/// written here that it has not confirmed.
struct Transcript: Sendable {
    private(set) var stored: [Message] = []
    private(set) var pending: [Pending] = []
    /// Where in `stored` a message is, by id. Ids are compared by their bytes, which `String` does not.
    private var places: [UntrustedText: Int] = [:]

    /// A message written here, until the server has it.
    struct Pending: Sendable, Equatable {
        var id: String
        var text: UntrustedText
        var createdAt: Timestamp
        var status: Status
    }

    enum Status: Sendable, Equatable {
        case waiting
        case refused(reason: String)
        case unconfirmed
    }

    var count: Int { stored.count + pending.count }
    var isEmpty: Bool { count == 0 }

    func contains(_ id: String) -> Bool { places[UntrustedText(id)] != nil }

    /// The place among all messages, pending ones included.
    func index(of id: String) -> Int? {
        places[UntrustedText(id)] ?? pending.firstIndex { $0.id == id }.map { stored.count + $0 }
    }

    /// A message that arrived now, a peer's or one's own. False if it is there already.
    @discardableResult
    mutating func append(_ message: Message) -> Bool {
        guard !contains(message.id) else { return false }
        places[UntrustedText(message.id)] = stored.count
        stored.append(message)
        return true
    }

    /// Takes in a page of the server's history, oldest first.
    ///
    /// The page's own order holds, and each message is there once. A message that the page lacks stays behind the one
    /// it came after; where that leaves a choice, the times decide: an older page goes before what is here, a newer
    /// one behind it, and what arrived while the page was under way stays last.
    mutating func merge(_ page: [Message]) {
        var ids: Set<UntrustedText> = []
        let page = page.filter { ids.insert(UntrustedText($0.id)).inserted }
        let placeInPage = Dictionary(uniqueKeysWithValues: page.enumerated().map { (UntrustedText($1.id), $0) })

        var merged: [Message] = []
        merged.reserveCapacity(stored.count + page.count)
        var next = 0
        for message in stored {
            if let place = placeInPage[UntrustedText(message.id)] {
                if place >= next { merged += page[next...place] }
                next = max(next, place + 1)
            } else {
                while next < page.count, !contains(page[next].id), page[next].createdAt <= message.createdAt {
                    merged.append(page[next])
                    next += 1
                }
                merged.append(message)
            }
        }
        replaceStored(with: merged + page[next...])
    }

    mutating func forget(olderThan time: Timestamp) {
        guard let first = stored.first, first.createdAt < time else { return }
        replaceStored(with: stored.filter { $0.createdAt >= time })
    }

    private mutating func replaceStored(with messages: [Message]) {
        stored = messages
        places = Dictionary(uniqueKeysWithValues: messages.enumerated().map { (UntrustedText($1.id), $0) })
    }
}

// MARK: - Lines

extension Transcript {
    /// One message, stored or not, as the scrollback shows it.
    struct Line: Sendable {
        var id: String
        var isOwn: Bool
        var text: UntrustedText
        var time: Timestamp
        /// Nil once the server has it.
        var status: Status?
    }

    func line(at index: Int, user: UserID) -> Line {
        if index < stored.count {
            let message = stored[index]
            return Line(
                id: message.id, isOwn: message.sender == user, text: message.text, time: message.createdAt)
        }
        let message = pending[index - stored.count]
        return Line(
            id: message.id, isOwn: true, text: message.text, time: message.createdAt, status: message.status)
    }
}

// MARK: - Messages written here

extension Transcript {
    mutating func appendPending(id: String, text: UntrustedText, createdAt: Timestamp) {
        pending.append(Pending(id: id, text: text, createdAt: createdAt, status: .waiting))
    }

    mutating func setStatus(_ status: Status, of id: String) {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
        pending[index].status = status
    }

    mutating func removePending(_ id: String) {
        pending.removeAll { $0.id == id }
    }

    /// The oldest message that needs the user's decision, which is the one that the keys act upon.
    var firstFailed: Pending? { pending.first { $0.status != .waiting } }
}
