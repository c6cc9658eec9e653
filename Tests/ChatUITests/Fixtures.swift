import ChatUI
import ChatWire
import ClientUpdates

extension UserID {
    static let me = UserID("me")!
    static let seller = UserID("seller")!
}

extension Timestamp {
    /// Wednesday, noon.
    static let noon = Timestamp(iso8601: "2024-11-20T12:00:00Z")!
}

extension ContinuousClock.Instant {
    /// The same moment on the clock that does not jump.
    static let noon = ContinuousClock.now
}

extension CharacterWidth {
    /// A fixed table, so that results do not depend on the machine. It agrees with the C library for the characters in
    /// the tests.
    static let fixed = CharacterWidth { scalar in
        switch scalar.value {
        case 0: return 0
        case 0x1160...0x11FF: return 0  // Hangul vowels and finals, which are painted on the initial
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60,
            0x1F1E6...0x1F1FF, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF:
            return 2
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .unassigned, .surrogate, .privateUse: return -1
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 1
        }
    }
}

extension Environment {
    /// Noon in UTC. The ids are `own1, own2, …`.
    ///
    /// - Parameter jump: How far the wall clock was set ahead of the time that has really passed.
    static func at(
        _ now: Timestamp = .noon, jump: Duration = .zero, nextID: Int = 1, utcOffset: Int = 0
    ) -> Environment {
        Environment(
            now: now, instant: .noon + (now - .noon - jump), newID: { "own\(nextID)" }, width: .fixed,
            utcOffset: { _ in utcOffset })
    }
}

extension Message {
    /// A message of the peer, or of the user if `own` is true.
    static func make(
        _ id: MessageID, _ text: String = "текст", own: Bool = false, at time: Timestamp = .noon
    ) -> Message {
        Message(
            id: id, sender: own ? .me : .seller, receiver: own ? .seller : .me, text: UntrustedText(text),
            createdAt: time)
    }
}

extension ConversationList.Entry {
    /// An entry of the list of conversations.
    static func make(
        _ peer: UserID, name: UntrustedText? = nil, product: UntrustedText? = nil, _ text: String = "текст",
        own: Bool = false, unread: Int = 0, at time: Timestamp = .noon
    ) -> ConversationList.Entry {
        let message = Message(
            id: "\(peer)-\(time.microseconds)", sender: own ? .me : peer, receiver: own ? peer : .me,
            text: UntrustedText(text), createdAt: time)
        return ConversationList.Entry(
            peer: peer, peerName: name, product: product.map { Product(title: $0) }, lastMessage: message,
            unread: unread)
    }
}

extension UnsentMessage {
    static func make(_ id: ClientMessageID, _ text: String, to peer: UserID = .seller, at time: Timestamp) -> Self {
        UnsentMessage(id: id, receiver: peer, text: text, createdAt: time)
    }
}

extension Update {
    static func delivered(upTo id: MessageID) -> Update { .marked(ConversationMark(user: .seller, delivered: id)) }
    static func read(upTo id: MessageID) -> Update { .marked(ConversationMark(user: .seller, read: id)) }
    static func ownRead(upTo id: MessageID) -> Update { .marked(ConversationMark(user: .me, read: id)) }
    static func named(_ name: UntrustedText) -> Update { .profile(name: name, product: nil) }
    static func about(_ product: UntrustedText) -> Update { .profile(name: nil, product: Product(title: product)) }
}

/// A model with its clock and its ids. Tests feed it events.
struct Conversation {
    var model: Model
    var now = Timestamp.noon
    /// How far the wall clock was set ahead.
    private(set) var jump = Duration.zero
    var utcOffset = 0
    /// All effects so far, except the reports.
    private(set) var effects: [Effect] = []
    /// The reports so far: drafts and read marks.
    private(set) var reports: [Effect] = []
    /// Whether messages are reported as saved immediately.
    var savesAtOnce = true
    /// Where copied texts go.
    var copies = CopyOutcome.clipboard(program: "xclip")
    private var sent = 0

    init(
        with peer: UserID? = .seller, peerName: UntrustedText? = "Иван Петров", product: UntrustedText? = nil,
        language: Language = .russian, size: Size = Size(rows: 24, columns: 80), tellsFocus: Bool = true,
        englishHint: EnglishHint? = nil
    ) {
        var preferences = Preferences()
        preferences.englishHint = englishHint
        model = Model(
            user: .me, peer: peer, peerName: peerName, product: product.map { Product(title: $0) }, language: language,
            preferences: preferences, size: size)
        model.server = .example
        if tellsFocus { feed(.input(.focus(true))) }
    }

    static func online(tellsFocus: Bool = true) -> Conversation {
        var conversation = Conversation(tellsFocus: tellsFocus)
        conversation.feed(.connection(.online(limits: MessageLimits())), .caughtUp)
        return conversation
    }

    var environment: Environment { .at(now, jump: jump, nextID: sent + 1, utcOffset: utcOffset) }
    var instant: ContinuousClock.Instant { environment.instant }
    var screen: Screen { view(model, in: environment) }

    @discardableResult
    mutating func feed(_ news: Update...) -> [Effect] { feed(news.map { .client($0) }) }

    @discardableResult
    mutating func feed(_ events: Event...) -> [Effect] { feed(events) }

    @discardableResult
    private mutating func feed(_ events: [Event]) -> [Effect] {
        var produced: [Effect] = []
        for event in events {
            let effects = update(&model, event, in: environment)
            reports += effects.filter(\.isReport)
            produced += effects.filter { !$0.isReport }
            for case .copy(let text) in effects { feed(.copied(copies, characters: text.count)) }
            for case .send(let id, _, _) in effects {
                sent += 1
                if savesAtOnce { feed(.outgoing(id: id, .unsent(.waiting))) }
            }
        }
        effects += produced
        return produced
    }

    @discardableResult
    mutating func press(_ keys: String) -> [Effect] {
        Key.parse(keys).flatMap { feed(.input(.key($0))) }
    }

    /// Sets the wall clock. No time passes.
    mutating func jump(_ duration: Duration) {
        now = now.advanced(by: duration)
        jump += duration
    }

    /// Lets time pass.
    mutating func wait(_ duration: Duration) {
        now = now.advanced(by: duration)
        feed(.tick)
    }
}

extension Effect {
    /// Almost every key causes such effects, so tests check them separately.
    var isReport: Bool {
        switch self {
        case .draftChanged, .typing, .markRead: true
        default: false
        }
    }
}

extension Screen {
    /// One string for each row, without the blanks at its end.
    var lines: [String] {
        (0..<size.rows).map { row in
            let text = self.row(row).map(\.text).joined()
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// A letter for each cell: `r` red, `g` green, `y` yellow, `c` cyan, `n` normal; upper case if bold, `.` if dim,
    /// blank if plain.
    var styleLines: [String] {
        (0..<size.rows).map { row in
            let letters = self.row(row).map { $0.style.letter }
            return String(String(letters).reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension Style {
    fileprivate var letter: Character {
        if self == .plain { return " " }
        if attributes.contains(.dim) { return "." }
        if attributes.contains(.reverse) { return attributes.contains(.bold) ? "#" : "=" }
        let letter: Character =
            switch color {
            case .normal: "n"
            case .red: "r"
            case .green: "g"
            case .yellow: "y"
            case .blue: "b"
            case .magenta: "m"
            case .cyan: "c"
            case .gray: "x"
            }
        return attributes.contains(.bold) ? Character(letter.uppercased()) : letter
    }
}

extension Key {
    /// Parses keys: characters stand for themselves, `<c-a>`, `<a-enter>`, `<pageup>`, `<f1>` and `<lt>` for other
    /// keys.
    static func parse(_ text: String) -> [Key] {
        var keys: [Key] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "<", let end = rest.firstIndex(of: ">") else {
                keys.append(Key(.character(character)))
                continue
            }
            keys.append(named(String(rest[..<end])))
            rest = rest[rest.index(after: end)...]
        }
        return keys
    }

    private static func named(_ name: String) -> Key {
        var modifiers: Modifiers = []
        var name = name[...]
        for (prefix, modifier) in [("c-", Modifiers.control), ("a-", .alt), ("s-", .shift)]
        where name.hasPrefix(prefix) && name.count > prefix.count {
            modifiers.insert(modifier)
            name = name.dropFirst(prefix.count)
        }
        let codes: [Substring: Code] = [
            "enter": .enter, "tab": .tab, "esc": .escape, "backspace": .backspace, "delete": .delete, "up": .up,
            "down": .down, "left": .left, "right": .right, "home": .home, "end": .end, "pageup": .pageUp,
            "pagedown": .pageDown, "space": .character(" "), "lt": .character("<"), "f1": .function(1),
            "f6": .function(6), "f7": .function(7), "f8": .function(8), "f9": .function(9),
        ]
        if let code = codes[name] { return Key(code, modifiers) }
        precondition(name.count == 1, "no such key in a test: <\(name)>")
        return Key(.character(name.first!), modifiers)
    }
}

extension ServerLabel {
    static let example = ServerLabel(address: "chat.example:443", token: .given, dataFolder: "/home/anna/chat")
}
