import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

/// A long conversation, of which only a part is held in memory. However the user scrolls and searches, and whatever
/// arrives, the messages are in order, and a gap is marked wherever some are missing.
struct WindowTests {
    @Test(arguments: 0..<10)
    func whatIsMissingIsMarked(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var world = World(stored: 300)
        for step in 0..<100 {
            switch random.next() % 12 {
            case 0, 1: for _ in 0..<random.next() % 40 { world.receive() }
            case 2: world.press("<c-end>")
            case 3: world.press("<c-home>")
            case 4: world.jump(to: Int(random.next() % UInt64(world.messages.count)))
            case 5: world.press("<a-up><a-up><a-up>")
            case 6: world.press("<a-down>")
            case 7, 8, 9: world.press("<pageup><pageup>")
            default: world.press("<pagedown><pagedown>")
            }
            if let problem = world.problem {
                Issue.record("seed \(seed), step \(step): \(problem)")
                return
            }
        }
    }

    @Test func readsBackToTheStartAndDownAgain() {
        var world = World(stored: 1000)
        for _ in 0..<400 { world.press("<pageup>") }
        #expect(world.model.transcript.stored.first?.id == "m0")
        #expect(!world.model.hasOlder)
        for _ in 0..<400 { world.press("<pagedown>") }
        #expect(world.model.viewport == .following)
        #expect(world.problem == nil)
    }

    /// One key jumps over the stored history without loading it. Only what the server alone has is loaded page by page.
    @Test(arguments: [(10_000, 0, 0), (10_000, 35, 4), (15, 0, 0)])
    func goesToTheBeginningAtOnce(_ stored: Int, _ unstored: Int, _ pages: Int) {
        var world = World(stored: stored, unstored: unstored)
        world.press("<c-home>")
        #expect(world.model.transcript.stored.first?.id == "m0")
        #expect(!world.model.hasOlder && world.model.jumpToTop == nil && world.model.loadingBefore == nil)
        #expect(world.asked["loadOldest"] == 1)
        #expect(world.asked["loadOlder"] ?? 0 == pages)
        #expect(world.problem == nil)
        world.press("<pagedown><pagedown><pagedown>")
        #expect(world.problem == nil)
        world.press("<home>")
        #expect(world.asked["loadOldest"] == 1)
    }

    @Test func theWayToTheBeginningTakesNoMemory() {
        var world = World(stored: 5000, unstored: 4000)
        world.press("<home>")
        #expect(world.model.transcript.stored.first?.id == "m0")
        #expect(world.model.transcript.stored.count <= world.model.transcript.capacity.max)
        #expect(world.problem == nil)
    }

    @Test func aFloodTakesNoMemory() {
        var conversation = Conversation.online()
        for number in 0..<20_000 { conversation.feed(.received(.make("m\(number)"))) }
        #expect(conversation.model.transcript.stored.count <= conversation.model.transcript.capacity.max)
        #expect(conversation.model.hasOlder)
        conversation.press("<pageup>")
        let lines = conversation.screen.lines
        for number in 20_000..<40_000 { conversation.feed(.received(.make("m\(number)"))) }
        #expect(conversation.model.transcript.stored.count <= conversation.model.transcript.capacity.max)
        #expect(conversation.screen.lines[2..<20] == lines[2..<20])
        #expect(conversation.model.newCount == 20_000)
        conversation.press("<c-end>")
        #expect(conversation.model.transcript.stored.last?.id == "m39999")
    }

    @Test func marksSurviveWhatIsDropped() {
        var world = World(stored: 0)
        for _ in 0..<30 { world.receive(own: true) }
        world.feed(.read(upTo: "m20"))
        for _ in 0..<200 { world.receive(own: true) }
        #expect(world.model.transcript.place(of: "m20") == nil)
        for _ in 0..<200 { world.press("<pageup>") }
        let transcript = world.model.transcript
        #expect(transcript.place(of: "m20").map { transcript.line(at: $0).state } == .read)
        #expect(transcript.place(of: "m21").map { transcript.line(at: $0).state } == .stored)
    }
}

/// A conversation with a store that answers its effects.
private struct World {
    private(set) var messages: [Message] = []
    /// How often each effect was requested.
    private(set) var asked: [String: Int] = [:]
    private var conversation = Conversation.online()
    private let page = 10
    /// The number of the oldest messages that only the server has.
    private var unstored = 0

    var model: Model { conversation.model }

    init(stored: Int, unstored: Int = 0) {
        self.unstored = unstored
        conversation.model.hold(max: 120, kept: 20)
        messages = (0..<stored).map { Self.message($0) }
        conversation.feed(.history(Array(messages.suffix(page)), hasOlder: stored > page))
    }

    /// Several consecutive messages have the same time.
    private static func message(_ number: Int, own: Bool = false) -> Message {
        .make("m\(number)", "сообщение \(number)", own: own, at: Timestamp.noon.advanced(by: .seconds(number / 7)))
    }

    mutating func receive(own: Bool = false) {
        messages.append(Self.message(messages.count, own: own))
        feed(.received(messages[messages.count - 1]))
    }

    mutating func press(_ keys: String) {
        for key in Key.parse(keys) { feed(.input(.key(key))) }
    }

    mutating func jump(to number: Int) {
        press("<c-end><c-u><c-f>")
        feed(.input(.paste("сообщение")))
        press("<enter>")
        feed(.searchResults(query: "сообщение", ids: messages.map(\.id), isWhole: true))
        conversation.model.search?.current = messages[number].id
        press("<up>")
        press("<esc>")
    }

    mutating func feed(_ news: Update) { feed(.client(news)) }

    mutating func feed(_ event: Event) {
        var effects = conversation.feed(event)
        while !effects.isEmpty {
            let effect = effects.removeFirst()
            asked[effect.word, default: 0] += 1
            if let answer = answer(to: effect) { effects += conversation.feed(answer) }
        }
    }

    private func answer(to effect: Effect) -> Update? {
        switch effect {
        case .loadOlder(let id):
            let end = place(id)
            return .history(Array(messages[max(0, end - page)..<end]), hasOlder: end > page)
        case .loadOldest:
            let oldest = messages.dropFirst(unstored).prefix(page)
            return .beginning(
                Array(oldest), hasOlder: unstored > 0, hasNewer: unstored + oldest.count < messages.count)
        case .loadNewer(let id):
            let start = place(id) + 1
            let end = min(start + page, messages.count)
            return .newer(Array(messages[start..<end]), after: id, hasNewer: end < messages.count)
        case .loadAround(let id):
            let middle = place(id)
            let range = max(0, middle - 5)..<min(middle + 6, messages.count)
            return .around(
                id, Array(messages[range]), hasOlder: range.lowerBound > 0, hasNewer: range.upperBound < messages.count)
        default: return nil
        }
    }

    private func place(_ id: MessageID) -> Int { Int(id.wire.dropFirst()) ?? 0 }

    var problem: String? {
        let transcript = model.transcript
        let places = transcript.stored.map { place($0.id) }
        if places.last != messages.count - 1 { return "the end is not held" }
        if places.count > transcript.capacity.max { return "\(places.count) messages are held" }
        if model.hasOlder != (places.first != 0) { return "hasOlder is \(model.hasOlder) before \(places[0])" }
        for (index, (one, next)) in zip(places, places.dropFirst()).enumerated() {
            if one >= next { return "m\(next) stands behind m\(one)" }
            let isMarked = transcript.gap(after: index) != nil
            // If a page ends just before a message that is held, only the next request shows that nothing is missing.
            if next > one + 1, !isMarked { return "no gap is marked between m\(one) and m\(next)" }
        }
        return nil
    }
}

extension Effect {
    /// The name of the effect without its associated values.
    fileprivate var word: String { String("\(self)".prefix(while: \.isLetter)) }
}
