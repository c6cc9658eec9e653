import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// Any text, any keys, any size: the screen is complete, and contains nothing that a terminal would interpret.
struct FuzzTests {
    @Test(arguments: 0..<12)
    func screensAreWhole(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        // Every other seed starts with the list of conversations.
        let name = UntrustedText(random.text())
        var conversation = Conversation(
            with: seed % 2 == 0 ? .seller : nil, peerName: name, product: UntrustedText(random.text()),
            language: Bool.random(using: &random) ? .russian : .english)
        conversation.model.hold(max: 60, kept: 15)
        conversation.model.preferences.opensLinks = seed % 2 == 0
        for step in 0..<200 {
            let event = random.event(step: step, now: conversation.now, instant: conversation.instant)
            conversation.savesAtOnce = random.next() % 2 == 0
            conversation.feed(event)
            if random.next() % 10 == 0 { conversation.wait(.seconds(Int.random(in: 0...100, using: &random))) }
            if random.next() % 20 == 0 { conversation.jump(.seconds(Int.random(in: -4000...4000, using: &random))) }
            if let problem = problem(with: conversation.screen) {
                Issue.record("seed \(seed), step \(step), \(event): \(problem)")
                return
            }
            if let tick = nextTick(conversation.model, in: conversation.environment), tick <= conversation.instant {
                Issue.record("seed \(seed), step \(step), \(event): the next tick is in the past")
                return
            }
        }
    }

    /// The cursor is always between clusters, and undoing everything restores the start.
    @Test(arguments: 0..<12)
    func editorStaysWhole(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var editor = LineEditor()
        for step in 0..<80 {
            if random.next() % 3 == 0 {
                let inserted = random.text()
                let before = editor.text.prefix(editor.cursor) + LineEditor.sanitized(inserted)
                editor.insert(inserted)
                #expect(editor.cursor == before.count, "seed \(seed), step \(step)")
            } else if let command = LineEditor.Command.allCases.randomElement(using: &random) {
                editor.perform(command)
            }
            #expect((0...editor.text.count).contains(editor.cursor), "seed \(seed), step \(step)")
            #expect(!editor.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
            let columns = Int.random(in: 2...60, using: &random)
            let layout = DraftLayout(editor, columns: columns, width: .fixed)
            let stops = layout.rows.flatMap(\.stops).map(\.offset)
            #expect(stops == Array(0...editor.text.count), "seed \(seed), step \(step)")
            let around = Int.random(in: 0...4, using: &random)
            let part = DraftLayout(editor, columns: columns, width: .fixed, rowsAround: around)
            let first = layout.cursor.row - part.cursor.row
            #expect(part.cursor.column == layout.cursor.column && part.cursor.row >= min(around, layout.cursor.row))
            #expect(part.rows == Array(layout.rows[first...].prefix(part.rows.count)), "seed \(seed), step \(step)")
            let below = layout.rows.count - 1 - layout.cursor.row
            #expect(part.rows.count - 1 - part.cursor.row >= min(around, below), "seed \(seed), step \(step)")
        }
        for _ in 0...LineEditor.undoDepth { editor.perform(.redo) }  // back to the latest text
        let text = editor.text
        for _ in 0...LineEditor.undoDepth { editor.perform(.undo) }
        for _ in 0...LineEditor.undoDepth { editor.perform(.redo) }
        #expect(editor.text == text)
    }

    /// As long as there are no more changes than are kept, undoing all of them brings back the first text, and redoing
    /// all of them the last one.
    @Test(arguments: 0..<40)
    func undoingEverythingRestoresTheStart(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var editor = LineEditor(random.text())
        let start = editor.text
        let commands = LineEditor.Command.allCases.filter { $0 != .undo && $0 != .redo }
        for _ in 0..<LineEditor.undoDepth {
            switch random.next() % 8 {
            case 0: editor.insert(random.text())
            case 1: editor.replaceAll(with: random.text())
            case 2...4: editor.type(random.text().first ?? "ж")
            default: if let command = commands.randomElement(using: &random) { editor.perform(command) }
            }
        }
        let end = editor.text
        for _ in 0...LineEditor.undoDepth { editor.perform(.undo) }
        #expect(editor.text == start, "seed \(seed)")
        for _ in 0...LineEditor.undoDepth { editor.perform(.redo) }
        #expect(editor.text == end, "seed \(seed)")
    }

    @Test(arguments: 0..<12)
    func rowsAreWhole(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for columns in 2...40 {
            let text = UntrustedText(random.text() + random.text()).displayed()
            let glyphs = CharacterWidth.fixed.glyphs(of: text)
            let ranges = wrap(glyphs, columns: columns)
            #expect(ranges.flatMap { Array($0) } == Array(glyphs.indices))
            for row in CharacterWidth.fixed.rows(of: text, columns: columns) { #expect(row.totalWidth <= columns) }
        }
    }

    private func problem(with screen: Screen) -> String? {
        guard screen.cells.count == screen.size.rows * screen.size.columns else { return "cells are missing" }
        for row in 0..<screen.size.rows {
            let cells = Array(screen.row(row))
            var column = 0
            while column < cells.count {
                let cell = cells[column]
                guard cell.width == 1 || cell.width == 2 else { return "half a character in row \(row)" }
                guard column + cell.width <= cells.count else { return "row \(row) leaves the window" }
                guard cell.width == 1 || cells[column + 1].width == 0 else { return "overlap in row \(row)" }
                let scalars = Array(cell.text.unicodeScalars)
                guard (1...5).contains(scalars.count) else { return "a cell with \(scalars.count) scalars" }
                guard !scalars.contains(where: \.isControl) else { return "a control in row \(row)" }
                column += cell.width
            }
        }
        if screen.title.unicodeScalars.contains(where: \.isControl) { return "a control in the title" }
        if let cursor = screen.cursor {
            guard (0..<screen.size.rows).contains(cursor.row), (0..<screen.size.columns).contains(cursor.column) else {
                return "the cursor is at \(cursor)"
            }
        }
        return nil
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}

/// Pseudo-random numbers that depend only on the seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SplitMix64 {
    private static let pieces = [
        "слово", "word", " ", " ", " ", "   ", "\n", "\r\n", "\t", "漢字", "👨‍👩‍👧", "👍🏽", "🇷🇺",
        "🇷", "е\u{301}", "\u{301}", "\u{200D}", "\u{FE0F}", "\u{1B}[31m", "\u{9B}", "\u{0}", "\u{7F}", "\u{202E}",
        "\u{2028}", "\u{1112}\u{1161}", "\u{E000}",
        "a\u{300}\u{301}\u{302}\u{303}\u{304}", "\u{E0041}", "क्षि", "/",
        "слово", "www.a.b", "http://xn--a.b@ж.com:1/(", "https://", "http://@/",
        "https://example.org/очень-длинный-адрес-без-пробелов",
    ]

    mutating func text() -> String {
        (0..<Int.random(in: 0...20, using: &self)).map { _ in
            if next() % 10 == 0 { return Unicode.Scalar(UInt32(next() % 0x11_0000)).map { String($0) } ?? "" }
            return Self.pieces.randomElement(using: &self) ?? ""
        }.joined()
    }

    mutating func event(step: Int, now: Timestamp, instant: ContinuousClock.Instant) -> Event {
        switch next() % 52 {
        case 0: .resized(size(rows: 0...60, columns: 0...140))
        case 1: .resized(size(rows: 10...16, columns: 40...50))
        case 14: .otherProgram(.linkNotOpened([ProgramFailure(text(), .shell)]))
        case 28: .input(.focus(next() % 2 == 0))
        case 33: .edited(text())
        case 34: .input(.key(Key(.character("f"), .control)))
        case 35: .input(.key(Key(.character("o"), .control)))
        case 36: .input(.key(Key(.character("n"))))
        case 16, 17: .input(.paste(text()))
        case 43: .input(.paste("/seller \(next() % 2 == 0 ? "p1" : text()) \(text())"))
        case 44: .input(.paste(next() % 2 == 0 ? "/find слово" : "/date \(next() % 40).\(next() % 14)"))
        case 49, 50, 51: .input(.key(key()))
        default: .client(news(step: step, now: now, instant: instant))
        }
    }

    private mutating func news(step: Int, now: Timestamp, instant: ContinuousClock.Instant) -> Update {
        switch next() % 43 {
        case 0: .connection(.online(limits: MessageLimits(characters: 50, bytes: 300)))
        case 1: .connection(.waiting(attempt: step, retryAt: instant + .seconds(3), after: linkEnd()))
        case 2: .connection(.stopped(after: linkEnd()))
        case 3: .history((0..<step).map { _ in message(now: now) }, hasOlder: next() % 2 == 0)
        case 4, 5, 6, 7: .received(message(now: now))
        case 8: .outgoing(id: "own\(next() % 9)", .unsent(.refused(nil, message: UntrustedText(text()))))
        case 9: .outgoing(id: "own\(next() % 9)", .stored(message(now: now)))
        case 10: .outgoing(id: "own\(next() % 9)", .unsent(.unconfirmed))
        case 11: .named(UntrustedText(text()))
        case 12: .historyUnavailable(.unreadable(.failed(text())))
        case 13: next() % 4 == 0 ? .pastUnknown : .caughtUp
        case 14: .oldest(page(now: now))
        case 15: .beginning(page(now: now), hasOlder: next() % 2 == 0, hasNewer: next() % 2 == 0)
        case 16: .historyUnavailable(next() % 2 == 0 ? .onlyOldest(1000) : .unreadableRows(3))
        case 17: .outgoing(id: "own\(next() % 9)", .unsent(.stale))
        case 18: .outgoing(id: "own\(next() % 9)", .unsent(.notSaved(.failed(text()))))
        case 19: .unsent(.make("own\(next() % 9)", text(), at: now), .unconfirmed)
        case 20: .delivered(upTo: "m\(next() % 300)")
        case 21: .read(upTo: "m\(next() % 300)")
        case 22: .ownRead(upTo: "m\(next() % 300)")
        case 23: next() % 2 == 0 ? .typing : .missingStored
        case 24: .presence(isOnline: next() % 2 == 0, lastSeen: next() % 3 == 0 ? nil : now.advanced(by: .seconds(-70)))
        case 25: .draft(Draft(text()))
        case 26: .connection(.connecting(attempt: step))
        case 27: .searchResults(query: "слово", ids: (0..<9).map { _ in "m\(next() % 400)" }, isWhole: next() % 2 == 0)
        case 28: .around("m\(next() % 400)", page(now: now), hasOlder: next() % 2 == 0, hasNewer: next() % 2 == 0)
        case 29: .newer(page(now: now), after: "m\(next() % 300)", hasNewer: next() % 2 == 0)
        case 30, 31: .conversations((0..<Int.random(in: 0...20, using: &self)).map { _ in entry(now: now) })
        case 32, 33, 34: .opened(nil)
        case 35: .drafts([UserID("p\(next() % 30)\u{202E}") ?? .me: Draft(text())])
        case 36:
            .unsentElsewhere(
                .make("own\(next() % 9)", text(), to: UserID("p\(next() % 30)") ?? .me, at: now),
                next() % 2 == 0 ? .waiting : .stale)
        case 37 where next() % 2 == 0:
            .conversationNotes([
                UserID("p\(next() % 30)\u{202E}") ?? .me: ConversationNotes(
                    flags: Set(ConversationFlag.allCases.filter { _ in next() % 3 == 0 }),
                    waitingSince: next() % 2 == 0 ? now.advanced(by: .seconds(-400)) : nil)
            ])
        case 37: next() % 2 == 0 ? .conversationsComplete : .conversationsUnavailable(.unanswered(linkEnd()))
        case 38:
            .found(
                query: "слово",
                next() % 5 == 0
                    ? .failure(.diskFull)
                    : .success(
                        FoundPage(
                            messages: page(now: now).map {
                                FoundMessage(message: $0, peer: .seller, peerName: UntrustedText(text()))
                            },
                            next: next() % 2 == 0 ? 5 : nil, unindexed: Int(next() % 3))),
                after: next() % 2 == 0 ? 5 : nil)
        case 39:
            .since(
                now.advanced(by: .seconds(-400_000)), page(now: now), hasOlder: next() % 2 == 0,
                hasNewer: next() % 2 == 0, followsGap: next() % 2 == 0)
        default: .storeFailed(.diskFull)
        }
    }

    private mutating func linkEnd() -> LinkEnd {
        switch next() % 5 {
        case 0: .unreachable(.other(text()))
        case 1: .unusable(.tokenFile(path: text(), .empty))
        case 2: .closed(code: Int(next() % 5000))
        case 3: .refused(status: Int(next() % 600))
        default: .lost
        }
    }

    private mutating func entry(now: Timestamp) -> ConversationList.Entry {
        let age = Int.random(in: -100...400_000, using: &self)
        let peer = next() % 9 == 0 ? UserID.seller : UserID("p\(next() % 30)\u{202E}") ?? .seller
        return .make(
            peer, name: next() % 2 == 0 ? nil : UntrustedText(text()), product: UntrustedText(text()), text(),
            own: next() % 2 == 0, unread: Int(truncatingIfNeeded: next() % 3 == 0 ? next() : next() % 5),
            at: now.advanced(by: .seconds(-age)))
    }

    private mutating func page(now: Timestamp) -> [Message] {
        (0..<Int.random(in: 0...20, using: &self)).map { _ in message(now: now) }
    }

    private mutating func size(rows: ClosedRange<Int>, columns: ClosedRange<Int>) -> Size {
        Size(rows: .random(in: rows, using: &self), columns: .random(in: columns, using: &self))
    }

    private mutating func key() -> Key {
        if next() % 3 == 0 { return Key(.character(text().first ?? "x")) }
        if next() % 3 == 0 { return Key(.enter) }
        let keys = KeyBindings.standard.all.flatMap(\.keys)
        return keys.randomElement(using: &self) ?? Key(.enter)
    }

    private mutating func message(now: Timestamp) -> Message {
        let age = Int.random(in: -100...400_000, using: &self)
        return .make("m\(next() % 300)", text(), own: next() % 2 == 0, at: now.advanced(by: .seconds(-age)))
    }
}
