import ChatWire
import Testing

@testable import ChatServer

/// A session and its world in a random order: answers come late, others write at any time, the client sends and repeats
/// `auth`, and the socket may be slow.
private struct World {
    private var session = Session(limits: MessageLimits(), heartbeatMs: 25_000)
    private var random: Seed
    private var feed: [StoredMessage] = []
    /// Committed messages that are not published yet. The commit queue publishes in order.
    private var unpublished: [(stored: StoredMessage, own: MessageDraft?)] = []
    private var drafts: [MessageDraft] = []
    /// Answers under way; the world's clock delivers them in any order.
    private var answers: [(inout World) -> Session.Input] = []
    private var isRegistered = false
    private var numberSent = 0

    /// The cursors that the client got since its last position.
    private(set) var cursors: [Int] = []
    private(set) var start: Int?
    private(set) var completions = 0
    private(set) var wrong: [String] = []
    /// The positions that unanswered `auth` events resume from.
    private var asked: [Int?] = []
    private var resume: Int?
    /// Confirmed messages of the client. If it resumes from before them, they come as `new_message`.
    private var confirmed: Set<Int> = []

    init(seed: UInt64) {
        random = Seed(state: seed)
        for _ in 0..<Int.random(in: 0...600, using: &random) { commit(nil) }
        unpublished = []
    }

    mutating func run(steps: Int) {
        authorize()
        for _ in 0..<steps { step(quiet: false) }
        while !(answers.isEmpty && drafts.isEmpty && unpublished.isEmpty) { step(quiet: true) }
    }

    /// What must be true when nothing is under way any more.
    var verdict: [String] {
        var verdict = wrong
        if let start, cursors != Array((start + 1)..<(feed.count + 1)) {
            verdict.append("sent \(cursors.count), not all")
        }
        if drafts.count + unpublished.count > 0 { verdict.append("something was never stored") }
        if resume != nil, completions != 1 { verdict.append("completed \(completions) times") }
        return verdict
    }

    private mutating func step(quiet: Bool) {
        switch Int.random(in: 0..<(quiet ? 6 : 10), using: &random) {
        case 0, 1: if !drafts.isEmpty { commit(drafts.removeFirst()) }
        case 2, 3: if !unpublished.isEmpty { publish() }
        case 4, 5:
            guard let index = answers.indices.randomElement(using: &random) else { return }
            let answer = answers.remove(at: index)
            handle(answer(&self))
        case 6: for _ in 0..<(Bool.random(using: &random) ? 1 : 40) { commit(nil) }
        case 7:
            numberSent += 1
            handle(message(UntrustedText("\(numberSent)")))
        case 8: if Int.random(in: 0..<40, using: &random) == 0 { authorize() }
        default: break
        }
    }

    private mutating func authorize() {
        // The first time it may be a new client. Later it always sends its position.
        let isNew = start == nil && asked.isEmpty && Bool.random(using: &random)
        let resume = isNew ? nil : cursors.last ?? start ?? feed.count / 2
        asked.append(resume)
        handle(auth(anna, 2, resume: resume.map { FeedPosition(epoch: "e", cursor: $0) }))
    }

    private mutating func commit(_ draft: MessageDraft?) {
        let cursor = feed.count + 1
        let message = draft.map { stored($0.text, at: cursor) } ?? received(cursor)
        feed.append(message)
        unpublished.append((message, draft))
    }

    private mutating func publish() {
        let (stored, own) = unpublished.removeFirst()
        if let own {
            handle(.appended(own, .success(.stored(stored))))
        } else if isRegistered {
            handle(.delivery(stored))
        }
    }

    private mutating func handle(_ input: Session.Input) {
        for action in session.handle(input, now: now) { perform(action) }
    }

    private mutating func perform(_ action: Session.Action) {
        switch action {
        case .send(let event): handleClientInput(event)
        case .register: isRegistered = true
        case .authorize: answers.append { .authorized(.init(epoch: "e", cursor: $0.feed.count)) }
        case .append(let draft): drafts.append(draft)
        case .readFeed(_, let cursor, let limit):
            answers.append { .feedPage(after: cursor, Array($0.feed.dropFirst(cursor).prefix(limit))) }
        case .awaitSent: answers.append { _ in .sent }
        case .syncPeers: answers.append { _ in .peers([], []) }
        case .close(let code): wrong.append("closed with \(code)")
        default: break
        }
    }

    private mutating func handleClientInput(_ event: ServerEvent) {
        switch event {
        case .authSuccess(let success):
            completions = 0
            resume = asked.removeFirst()
            // From here on the client counts again.
            start = resume ?? success.cursor
            cursors = []
        case .messageSent(let sent): took(sent.cursor ?? 0, isOwn: true)
        case .newMessage(let new): took(new.cursor ?? 0, isOwn: false)
        case .resumeComplete(let cursor):
            completions += 1
            if cursor != cursors.last ?? start { wrong.append("completed at \(cursor)") }
        default: wrong.append(event.kind)
        }
    }

    private mutating func took(_ cursor: Int, isOwn: Bool) {
        guard let start else { return wrong.append("\(cursor) before auth_success") }
        if cursor != (cursors.last ?? start) + 1 { wrong.append("\(cursor) after \(cursors.last ?? start)") }
        let isAnnas = feed[cursor - 1].message.sender == anna
        if isOwn != isAnnas, !confirmed.contains(cursor) { wrong.append("\(cursor) is own: \(isOwn)") }
        if isOwn { confirmed.insert(cursor) }
        cursors.append(cursor)
    }
}

/// SplitMix64.
private struct Seed: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("The feed of a connection in any order of events")
struct SessionInterleavingTests {
    @Test("each cursor is sent once, in order, own ones as message_sent, in any order of events")
    func anyOrder() {
        for seed in UInt64(0)..<500 {
            var world = World(seed: seed)
            world.run(steps: 300)
            let verdict = world.verdict
            #expect(verdict.isEmpty, "seed \(seed)")
            if !verdict.isEmpty { return }
        }
    }
}
