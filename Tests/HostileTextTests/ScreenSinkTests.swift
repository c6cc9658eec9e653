import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI
@testable import Terminal

/// Each text of the corpus on the screen. It changes no cell outside its own rows.
@Suite("Hostile text: the screen", .serialized)
struct ScreenSinkTests {
    /// Between two known messages it gets rows of its own. All other rows, the title and the cursor are as with a
    /// harmless message of the same height.
    @Test(arguments: Corpus.texts, [false, true]) func message(_ text: Corpus.Text, isOwn: Bool) throws {
        let hostile = Window(message: text.whole, isOwn: isOwn)
        let rows = try #require(hostile.rowsBetween)
        let harmless = Window(
            message: Array(repeating: "x", count: rows.count).joined(separator: "\n"), isOwn: isOwn,
            rows: Window.rows(for: text.whole))
        #expect(harmless.rowsBetween == rows)
        expectSame(hostile.screen, harmless.screen, but: Set(rows))
        expectWhole(hostile.screen)
    }

    /// As the peer's name, the product, and the server's text. Each has its own rows.
    @Test(arguments: Corpus.texts) func names(_ text: Corpus.Text) throws {
        let hostile = Window(name: text.whole, product: text.whole)
        let harmless = Window(name: "x", product: "x")
        // The header, and the name above the peer's messages.
        let named = try #require(harmless.row(of: "первое")) - 1
        expectSame(hostile.screen, harmless.screen, but: [0, named], title: false)
        expectWhole(hostile.screen)
        #expect(hostile.screen.title.harm() == [])
    }

    @Test(arguments: Corpus.texts) func serversWords(_ text: Corpus.Text) throws {
        let news: [Update] = [
            .historyUnavailable(.unreadable(.failed(text.whole))),
            .conversationsUnavailable(.unanswered(.unusable(.tokenFile(path: text.whole, .empty)))),
            .connection(.waiting(attempt: 2, retryAt: .now, after: .certificate(.unreadable(text.whole)))),
            .connection(.stopped(after: .unusable(.tokenFile(path: text.whole, .empty)))),
            .storeFailed(.failed(text.whole)),
            .outgoing(id: "own", .unsent(.refused(nil, message: UntrustedText(text.whole)))),
            .outgoing(id: "own", .unsent(.notSaved(.failed(text.whole)))), .draft(Draft(text.whole)),
            .searchResults(query: text.whole, ids: [], isWhole: false),
        ]
        let events: [Event] = [
            .disk(.setAside(path: text.whole)), .disk(.unusable(.failed(text.whole))),
            .otherProgram(.linkNotOpened([ProgramFailure(text.whole, .shell)])),
            .otherProgram(.edited(nil, leaving: text.whole)), .edited(text.whole), .input(.paste(text.whole)),
        ]
        for event in events + news.map(Event.client) {
            var window = Window()
            let own = UnsentMessage(id: "own", receiver: .peer, text: "своё", createdAt: .noon)
            window.feed(.unsent(own, .waiting))
            window.feed(event)
            expectWhole(window.screen)
            #expect(window.row(of: "Иван") == 0, "\(event)")
        }
    }

    /// Search, selection and the list of links show it as well.
    @Test(arguments: Corpus.texts) func overlays(_ text: Corpus.Text) {
        for keys in [[Key(.character("o"), .control)], [Key(.up, .alt), Key(.up, .alt)], [Key(.function(1))]] {
            var window = Window(message: text.whole)
            for key in keys { window.feed(.input(.key(key))) }
            expectWhole(window.screen)
        }
        var window = Window(message: text.whole)
        window.feed(.input(.key(Key(.character("f"), .control))), .input(.paste(text.whole)))
        window.feed(.input(.key(Key(.enter))))
        expectWhole(window.screen)
    }

    /// The results of a search in all conversations show messages, names and products.
    @Test(arguments: Corpus.texts) func foundMessages(_ text: Corpus.Text) {
        var window = Window()
        let effects = window.feed(.input(.key(Key(.character("s"), .alt))), .input(.paste("x " + text.whole)))
        for effect in effects {
            guard case .find(let query, _) = effect else { continue }
            let found = FoundMessage(
                message: .between("found", "x " + text.whole), peer: .peer, peerName: UntrustedText(text.whole),
                product: Product(title: UntrustedText(text.whole)))
            window.feed(.found(query: query, .success(FoundPage(messages: [found])), after: nil))
        }
        expectWhole(window.screen)
        window.feed(.input(.key(Key(.enter))))
        expectWhole(window.screen)
        window.feed(.input(.paste("/date " + text.whole)), .input(.key(Key(.enter))))
        expectWhole(window.screen)
    }

    /// Effects for the desktop are safe before the terminal checks them once more.
    @Test(arguments: Corpus.texts) func effects(_ text: Corpus.Text) {
        var window = Window(name: text.whole)
        window.model.preferences.notifiesWithText = true
        window.model.preferences.opensLinks = true
        window.feed(.input(.focus(false)))
        for effect in window.feed(.received(.between("new", text.whole))) {
            guard case .notify(let title, let body) = effect else { continue }
            #expect(title.harm() == [] && body.harm() == [])
        }
        for link in Link.all(in: UntrustedText(text.whole)) {
            #expect(link.address.harm() == [])
            #expect(link.address.lowercased().hasPrefix("http"))
            #expect(!link.address.contains { $0.isWhitespace || "\"<>`|".contains($0) })
        }
    }

    /// In the list of conversations, as a name, a product, a last message and a draft.
    @Test(arguments: Corpus.texts) func inbox(_ text: Corpus.Text) {
        let entry = ConversationList.Entry(
            peer: .peer, peerName: UntrustedText(text.whole), product: Product(title: UntrustedText(text.whole)),
            lastMessage: .between("m1", text.whole), unread: 1)
        var window = Window(inbox: [entry])
        expectWhole(window.screen)
        window.feed(.drafts([.peer: Draft(text.whole)]))
        expectWhole(window.screen)
    }

    private func expectSame(_ one: Screen, _ other: Screen, but rows: Set<Int>, title: Bool = true) {
        let changed = (0..<one.size.rows).filter { !rows.contains($0) && one.row($0) != other.row($0) }
        #expect(changed == [])
        if title { #expect(one.title == other.title) }
        #expect(one.cursor == other.cursor)
    }

    /// Each row has as many cells as the window, and no cell contains anything that a terminal acts upon.
    private func expectWhole(_ screen: Screen) {
        let badRows = (0..<screen.size.rows).filter { row in
            let cells = screen.row(row)
            return cells.reduce(0) { $0 + $1.width } != screen.size.columns
                || cells.contains { $0 != .blank && !isHarmless($0) }
        }
        #expect(badRows == [])
        #expect(screen.title.harm() == [])
    }

    private func isHarmless(_ cell: Cell) -> Bool {
        cell.text.harm().isEmpty && cell.text.unicodeScalars.count <= 1 + 4  // marks
    }
}

/// A window with a conversation, high enough for any message.
private struct Window {
    var model: Model
    private static let width = CharacterWidth { CharacterTable.width(of: $0) }

    private static let environment = Environment(
        now: .noon, instant: .now, newID: { "own" }, width: width, utcOffset: { _ in 0 })

    init(name: String = "Иван", product: String? = nil, message: String? = nil, isOwn: Bool = false, rows: Int? = nil) {
        _ = try? CharacterTable.useUTF8()
        model = Model(
            user: .me, peer: .peer, peerName: UntrustedText(name),
            product: product.map { Product(title: UntrustedText($0)) },
            size: Size(rows: rows ?? Self.rows(for: message ?? ""), columns: 80))
        let between = message.map { [Message.between("m2", $0, isOwn: isOwn)] } ?? []
        feed(.connection(.online(limits: MessageLimits())), .caughtUp)
        feed(.history([.between("m1", "первое")] + between + [.between("m3", "последнее")], hasOlder: false))
    }

    /// The list of conversations.
    init(inbox entries: [ConversationList.Entry]) {
        _ = try? CharacterTable.useUTF8()
        model = Model(user: .me, peer: nil, size: Size(rows: 30, columns: 80))
        feed(.connection(.online(limits: MessageLimits())), .conversations(entries), .conversationsComplete)
    }

    /// More rows than it can need.
    static func rows(for message: String) -> Int {
        30 + message.unicodeScalars.count(where: \.properties.isWhitespace) + message.unicodeScalars.count / 40
    }

    @discardableResult
    mutating func feed(_ news: Update...) -> [Effect] {
        news.flatMap { update(&model, .client($0), in: Self.environment) }
    }

    @discardableResult
    mutating func feed(_ events: Event...) -> [Effect] {
        events.flatMap { update(&model, $0, in: Self.environment) }
    }

    var screen: Screen { view(model, in: Self.environment) }

    func row(of text: String) -> Int? {
        let screen = screen
        return (0..<screen.size.rows).first { screen.row($0).map(\.text).joined().contains(text) }
    }

    /// The rows of the message between the two others, without the lines that name its sender.
    var rowsBetween: Range<Int>? {
        guard let first = row(of: "первое"), let last = row(of: "последнее") else { return nil }
        let isApart = screen.row(first + 1).map(\.text).joined().contains("вы ")
        return isApart ? (first + 2)..<(last - 1) : (first + 1)..<last
    }
}

extension UserID {
    fileprivate static let me = UserID("me")!
    fileprivate static let peer = UserID("peer")!
}

extension Timestamp {
    fileprivate static let noon = Timestamp(iso8601: "2024-11-20T12:00:00Z")!
}

extension Message {
    fileprivate static func between(_ id: MessageID, _ text: String, isOwn: Bool = false) -> Message {
        Message(
            id: id, sender: isOwn ? .me : .peer, receiver: isOwn ? .peer : .me, text: UntrustedText(text),
            createdAt: .noon)
    }
}
