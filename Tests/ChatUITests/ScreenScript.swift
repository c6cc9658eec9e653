import ChatUI
import ChatWire
import ClientUpdates
import Foundation
import SystemErrors
import Testing

/// A file in `Screens`: steps, and the expected screens. `Screens/README.md` describes the format.
struct ScreenScript {
    private let url: URL
    private let lines: [String]
    var conversation = Conversation()
    private var output: [String] = []
    /// The number of effects that earlier steps have checked.
    private var seenEffects = 0
    /// The number of reports that earlier steps have checked.
    private var reported = 0
    /// What the messages of the next steps are about.
    private var product: Product?

    /// The messages for the next `found` step.
    var foundMessages: [FoundMessage] = []

    /// The file names of all scripts.
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".txt") }.sorted()
    }()

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Screens")

    init(_ name: String) throws {
        url = Self.folder.appending(path: name)
        lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// The names of the pictures that this script produces.
    var pictures: [String] { lines.filter { $0.hasPrefix("picture ") }.map { $0.cut().1 } }

    /// Runs the steps and compares the results. If `UPDATE_SCREENS` is set, it writes the results into the file
    /// instead.
    mutating func run() throws {
        var rest = lines[...]
        while let line = rest.popFirst() {
            output.append(line)
            switch line {
            case "screen:": check(conversation.screen.lines, &rest, line)
            case "styles:": check(conversation.screen.styleLines, &rest, line)
            case _ where line.isEmpty || line.hasPrefix("#"): break
            default: try step(line, &rest)
            }
        }
        if ProcessInfo.processInfo.environment["UPDATE_SCREENS"] != nil {
            try Data(output.joined(separator: "\n").utf8).write(to: url)
        }
    }

    /// Compares with the block up to `end`. Each row of the block begins with a bar, so that editors do not change it.
    private mutating func check(_ actual: [String], _ rest: inout ArraySlice<String>, _ what: String) {
        let block = rest.prefix { $0 != "end" }
        rest = rest.dropFirst(block.count)
        let expected = block.map { String($0.dropFirst()) }
        output += actual.map { "|\($0)" }
        let isUpdate = ProcessInfo.processInfo.environment["UPDATE_SCREENS"] != nil
        #expect(
            isUpdate || actual == expected,
            """
            \(url.lastPathComponent), \(what)
            expected:
            \(expected.joined(separator: "\n"))
            actual:
            \(actual.joined(separator: "\n"))
            """)
    }

    private mutating func step(_ line: String, _ rest: inout ArraySlice<String>) throws {
        let (word, argument) = line.cut()
        switch word {
        case "end": break
        case "start": start(argument)
        case "size": conversation.feed(.resized(try size(argument)))
        case "now": conversation.now = try #require(Timestamp(iso8601: argument))
        case "set-clock": conversation.jump(.seconds(try number(argument)))
        case "utc": conversation.utcOffset = try number(argument) * 3600
        case "wait": conversation.wait(.seconds(try number(argument)))
        case "keys": conversation.press(argument)
        case "paste": conversation.feed(.input(.paste(argument.unescaped)))
        case "off": switchOff(argument)
        case "wheel": conversation.feed(.input(.wheel(try number(argument))))
        case "click": conversation.feed(.input(.click(Position(row: try number(argument), column: 1))))
        case "focus": conversation.feed(.input(.focus(argument == "on")))
        case "peer-named": conversation.feed(.named(UntrustedText(argument.unescaped)))
        case "product": product = argument.isEmpty ? nil : Self.product(argument)
        case "product-named": conversation.feed(.about(UntrustedText(argument.unescaped)))
        case "received": conversation.feed(.received(try message(argument)))
        case "history": try history(argument, &rest)
        case "cursor": expectCursor(argument)
        case "title": #expect(conversation.screen.title == argument, "\(url.lastPathComponent)")
        case "picture": try PictureTests.check(conversation.screen, argument)
        case "effects": expectEffects(argument)
        default: try connectionStep(word, argument)
        }
    }

    private mutating func switchOff(_ name: String) {
        switch name {
        case "presence": conversation.model.preferences.showsPresence = false
        case "typing": conversation.model.preferences.showsTyping = false
        case "receipts": conversation.model.preferences.showsReceipts = false
        case "colors": conversation.model.preferences.marksReadByColor = false
        default: Issue.record("off \(name)")
        }
    }

    private mutating func connectionStep(_ word: String, _ argument: String) throws {
        let (first, rest) = argument.cut()
        switch word {
        case "online": conversation.feed(.connection(.online(limits: MessageLimits())), .caughtUp)
        case "connected": conversation.feed(.connection(.online(limits: MessageLimits())))
        case "caught-up": conversation.feed(.caughtUp)
        case "past-unknown": conversation.feed(.pastUnknown)
        case "oldest": conversation.feed(.oldest(numbered(argument)))
        case "history-unavailable": conversation.feed(.historyUnavailable(try historyFailure(argument)))
        case "connecting": conversation.feed(.connection(.connecting(attempt: try number(argument))))
        case "waiting":
            let (seconds, cause) = rest.cut()
            let retryAt = conversation.instant + .seconds(try number(seconds))
            conversation.feed(
                .connection(.waiting(attempt: try number(first), retryAt: retryAt, after: try linkEnd(cause))))
        case "stopped": conversation.feed(.connection(.stopped(after: try linkEnd(argument))))
        case "stored":
            var message = Message.make(
                "stored-\(first)", try sentText(ClientMessageID(first)), own: true, at: conversation.now)
            message.product = sentProduct(ClientMessageID(first))
            conversation.feed(.outgoing(id: ClientMessageID(first), .stored(message)))
        case "refused":
            conversation.feed(
                .outgoing(id: ClientMessageID(first), .unsent(.refused(nil, message: UntrustedText(rest)))))
        case "unconfirmed": conversation.feed(.outgoing(id: ClientMessageID(first), .unsent(.unconfirmed)))
        case "stale": conversation.feed(.outgoing(id: ClientMessageID(first), .unsent(.stale)))
        case "slow-disk": conversation.savesAtOnce = false
        case "saved": conversation.feed(.outgoing(id: ClientMessageID(first), .unsent(.waiting)))
        case "not-kept":
            conversation.feed(first == "now" ? .client(.storeFailed(.diskFull)) : .disk(.unusable(.failed(rest))))
        case "data-folder": conversation.model.server.dataFolder = argument
        case "disk-full": conversation.feed(.storeFailed(.diskFull))
        case "disk-refused": conversation.feed(.disk(.unusable(.system(Int32(try number(argument))))))
        case "disk-newer": conversation.feed(.disk(.newer))
        case "set-aside": conversation.feed(.disk(.setAside(path: argument)))
        case "folder-open": conversation.feed(.disk(.folderIsOpen(path: argument)))
        case "not-a-file": conversation.feed(.disk(.unsafe(FileProblem(path: argument, reason: .notAFile))))
        case "kept-again": conversation.feed(.storeRecovered)
        case "not-saved": conversation.feed(.outgoing(id: ClientMessageID(first), .unsent(.notSaved(.diskFull))))
        case "unsent": try unsent(id: ClientMessageID(first), rest)
        default: try peopleStep(word, argument)
        }
    }

    private mutating func peopleStep(_ word: String, _ argument: String) throws {
        switch word {
        case "delivered": conversation.feed(.delivered(upTo: MessageID(argument)))
        case "read": conversation.feed(.read(upTo: MessageID(argument)))
        case "own-read": conversation.feed(.ownRead(upTo: MessageID(argument)))
        case "typing": conversation.feed(.typing)
        case "there": conversation.feed(.presence(isOnline: true, lastSeen: nil))
        case "away":
            conversation.feed(.presence(isOnline: false, lastSeen: Timestamp(iso8601: argument)))
        case "blocked": conversation.feed(.blocked(argument == "on"))
        case "blocking-failed":
            conversation.feed(
                .blockingFailed(argument.isEmpty ? .notProvided : .refused(ErrorCode(rawValue: argument))))
        case "copies": conversation.copies = try copies(argument)
        case "draft": conversation.feed(.draft(Draft(argument.unescaped)))
        case "edited": conversation.feed(.edited(argument.unescaped))
        case "template":
            let (name, text) = argument.cut()
            conversation.model.preferences.templates.append(Template(name: name, text: text.unescaped))
        case "browser": conversation.model.preferences.opensLinks = true
        case "new-effects": expectNewEffects(argument)
        case "results": results(argument)
        case "newer": newer(argument)
        case "around": around(argument)
        case "beginning": beginning(argument)
        case "reports": expectReports(argument)
        default:
            if try inboxStep(word, argument) || findingStep(word, argument) || productStep(word, argument) { return }
            Issue.record("\(url.lastPathComponent): no step “\(word)”")
        }
    }
}

// MARK: - Steps

extension ScreenScript {
    /// `hint-flag` or `hint-variable`, `en`, `inbox`, `no-name` and `product TITLE`, in this order.
    private mutating func start(_ argument: String) {
        var argument = argument
        let hint: EnglishHint? =
            argument.take("hint-flag") ? .flag : argument.take("hint-variable") ? .variable : nil
        let isEnglish = argument.take("en")
        let isInbox = argument.take("inbox")
        let isNameless = argument.take("no-name")
        let hasProduct = argument.take("product")
        (reported, seenEffects, product) = (0, 0, nil)
        conversation = Conversation(
            with: isInbox ? nil : .seller, peerName: isNameless || isInbox ? nil : "Иван Петров",
            product: hasProduct ? UntrustedText(argument) : nil,
            language: isEnglish ? .english : .russian, englishHint: hint)
    }

    /// `history older 1-50`: a range of numbers. Without a range, indented messages follow.
    private mutating func history(_ argument: String, _ rest: inout ArraySlice<String>) throws {
        var argument = argument
        let hasOlder = argument.take("older")
        var page: [Message] = []
        while let line = rest.first, line.hasPrefix("  ") {
            page.append(try message(String(line.dropFirst(2))))
            output.append(rest.removeFirst())
        }
        if !argument.isEmpty {
            page += numbered(argument)
        }
        conversation.feed(.history(page, hasOlder: hasOlder))
    }

    /// Messages by their numbers, one a minute.
    func numbered(_ range: String) -> [Message] {
        let bounds = range.split(separator: "-").compactMap { Int($0) }
        return (bounds[0]...bounds[1]).map { index in
            let time = Timestamp.noon.advanced(by: .seconds(60 * (index - 1000)))
            return .make("m\(index)", "Сообщение \(index)", own: index % 3 == 0, at: time)
        }
    }

    /// `404` or another HTTP status, `oldest 1000`, `unreadable 2`, or a cause as in `linkEnd`.
    func historyFailure(_ argument: String) throws -> HistoryFailure {
        let (word, rest) = argument.cut()
        switch word {
        case "404": return .notProvided
        case "oldest": return .onlyOldest(try number(rest))
        case "unreadable": return .unreadableRows(try number(rest))
        default: return try Int(word).map { .refused(status: $0) } ?? .unanswered(linkEnd(argument))
        }
    }

    /// A cause as the README lists them, or nothing for a connection that broke.
    private func linkEnd(_ argument: String) throws -> LinkEnd {
        let (word, rest) = argument.cut()
        switch word {
        case "": return .lost
        case "unreachable": return .unreachable(.noRoute)
        case "timed-out": return .timedOut
        case "closed-port": return .unreachable(.refused)
        case "not-encrypted": return .notEncrypted
        case "certificate-expired": return .certificate(.expired)
        case "proxy-login":
            return .proxy(ProxyProblem(address: "proxy.example:3128", variable: "HTTPS_PROXY", .needsLogin))
        case "http": return .refused(status: try number(rest))
        case "token-expired": return .token(.expired)
        case "token-forged": return .token(.forged)
        case "token-garbage": return .token(.garbage)
        case "token-of-other": return .token(.otherUser(.seller))
        case "token-file-empty": return .unusable(.tokenFile(path: "/home/anna/anna.token", .empty))
        case "closed": return .closed(code: try number(rest))
        default:
            Issue.record("\(url.lastPathComponent): no cause “\(argument)”")
            return .lost
        }
    }

    /// `[part] QUERY ID…`
    private mutating func results(_ argument: String) {
        var argument = argument
        let isPart = argument.take("part")
        let (query, ids) = argument.cut()
        conversation.feed(
            .searchResults(query: query, ids: ids.split(separator: " ").map { MessageID(String($0)) }, isWhole: !isPart)
        )
    }

    /// `[older] [newer] 1-50`. No range stands for no messages.
    private mutating func beginning(_ argument: String) {
        var rest = argument
        let hasOlder = rest.take("older")
        let hasNewer = rest.take("newer")
        conversation.feed(.beginning(rest.isEmpty ? [] : numbered(rest), hasOlder: hasOlder, hasNewer: hasNewer))
    }

    /// `ID [newer] 1-50`
    private mutating func newer(_ argument: String) {
        var (id, rest) = argument.cut()
        let hasNewer = rest.take("newer")
        conversation.feed(.newer(numbered(rest), after: MessageID(id), hasNewer: hasNewer))
    }

    /// `ID [older] [newer] 1-50`
    private mutating func around(_ argument: String) {
        var (id, rest) = argument.cut()
        let hasOlder = rest.take("older")
        let hasNewer = rest.take("newer")
        conversation.feed(.around(MessageID(id), numbered(rest), hasOlder: hasOlder, hasNewer: hasNewer))
    }

    /// `tmux`, `tmux on`, `terminal` or `nowhere`
    private func copies(_ argument: String) throws -> CopyOutcome {
        let outcomes: [String: CopyOutcome] = [
            "tmux": .tmux(prefix: "C-b", isPassedOn: false), "tmux on": .tmux(prefix: "C-a", isPassedOn: true),
            "terminal": .terminal, "nowhere": .nowhere,
        ]
        return try #require(outcomes[argument], "\(url.lastPathComponent): \(argument)")
    }

    /// `ID|TITLE`, of which one may be missing.
    private static func product(_ text: String) -> Product {
        let parts = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return Product(
            id: parts[0].isEmpty ? nil : parts[0],
            title: parts.count > 1 && !parts[1].isEmpty ? UntrustedText(parts[1].unescaped) : nil)
    }

    /// `ID peer|own TIME TEXT`
    private func message(_ text: String) throws -> Message {
        let (id, afterID) = text.cut()
        let (side, afterSide) = afterID.cut()
        let (time, body) = afterSide.cut()
        var message = Message.make(
            MessageID(id), body.unescaped, own: side == "own", at: try #require(Timestamp(iso8601: time)))
        message.product = product
        return message
    }

    /// `ID STATE TIME TEXT`
    private mutating func unsent(id: ClientMessageID, _ argument: String) throws {
        let (word, afterWord) = argument.cut()
        let (time, text) = afterWord.cut()
        let states: [String: UnsentStatus] = ["waiting": .waiting, "unconfirmed": .unconfirmed, "stale": .stale]
        conversation.feed(
            .unsent(
                .make(id, text.unescaped, at: try #require(Timestamp(iso8601: time))), try #require(states[word])))
    }

    private func sentText(_ id: ClientMessageID) throws -> String {
        let texts = conversation.effects.compactMap { effect -> String? in
            if case .send(id, let text, _) = effect { text } else { nil }
        }
        return try #require(texts.first, "\(url.lastPathComponent): \(id)")
    }

    private func sentProduct(_ id: ClientMessageID) -> Product? {
        conversation.effects.lazy.compactMap { effect -> Product? in
            if case .send(id, _, let product) = effect { product } else { nil }
        }.first
    }

    private func expectCursor(_ argument: String) {
        let actual = conversation.screen.cursor.map { "\($0.row):\($0.column)" } ?? "hidden"
        #expect(actual == argument, "\(url.lastPathComponent)")
    }

    /// As Swift prints it, without the product of a message that names none.
    private static func printed(_ effect: Effect) -> String { "\(effect)".replacing(", product: nil)", with: ")") }

    /// All effects so far.
    private func expectEffects(_ argument: String) {
        let actual = conversation.effects.map(Self.printed).joined(separator: " ")
        #expect(actual == argument, "\(url.lastPathComponent)")
    }

    /// The effects since the last such step.
    private mutating func expectNewEffects(_ argument: String) {
        let actual = conversation.effects[seenEffects...].map(Self.printed).joined(separator: " ")
        seenEffects = conversation.effects.count
        #expect(actual == argument, "\(url.lastPathComponent)")
    }

    /// The reports of drafts and read marks since the last such step.
    private mutating func expectReports(_ argument: String) {
        let actual = conversation.reports[reported...].map { "\($0)" }.joined(separator: " ")
        reported = conversation.reports.count
        #expect(actual == argument, "\(url.lastPathComponent)")
    }

    private func number(_ text: String) throws -> Int { try #require(Int(text), "\(url.lastPathComponent): \(text)") }

    /// `80x24`
    private func size(_ text: String) throws -> Size {
        let numbers = text.split(separator: "x").compactMap { Int($0) }
        try #require(numbers.count == 2)
        return Size(rows: numbers[1], columns: numbers[0])
    }
}

extension String {
    /// The first word, and the rest.
    func cut() -> (String, String) {
        let word = prefix { $0 != " " }
        return (String(word), String(dropFirst(word.count + 1)))
    }

    /// Removes this word from the beginning. False if the text does not begin with it.
    mutating func take(_ word: String) -> Bool {
        guard self == word || hasPrefix(word + " ") else { return false }
        self = String(dropFirst(word.count + 1))
        return true
    }

    /// Replaces `\n`, `\r` and `\e`, which a line of a file cannot contain.
    var unescaped: String {
        replacingOccurrences(of: "\\n", with: "\n").replacingOccurrences(of: "\\r", with: "\r")
            .replacingOccurrences(of: "\\e", with: "\u{1B}")
    }
}
