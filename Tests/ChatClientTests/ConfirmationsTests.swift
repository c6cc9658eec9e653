import ChatWire
import Testing

@testable import ChatClient

@Suite("Protocol 1's lost confirmations")
struct ConfirmationsTests {
    private static let written = Timestamp(seconds: 1_700_000_000)

    /// A message of the history: its id, text and sender, and how many seconds after the lost one it was stored.
    private static func row(_ id: MessageID, _ text: UntrustedText, _ sender: UserID = anna, after: Int64 = 1)
        -> Message
    {
        Message(
            id: id, sender: sender, receiver: sender == anna ? bob : anna, text: text,
            createdAt: written.advanced(by: .seconds(after)))
    }

    struct Case: Sendable {
        var knowledge: Confirmations.Knowledge
        var settled: [MessageID] = []
        /// Nil if the history is not available.
        var page: [Message]?
        var found: MessageID?
    }

    @Test(
        "a message is looked for among the new ones",
        arguments: [
            "new, and the same": Case(knowledge: .all, page: [row("m1", "да")], found: "m1"),
            "settled before": Case(knowledge: .all, settled: ["m1"], page: [row("m1", "да")]),
            "the first of two that are new": Case(
                knowledge: .all, page: [row("m1", "да"), row("m2", "да")], found: "m1"),
            "another text": Case(knowledge: .all, page: [row("m1", "нет")]),
            "from the other": Case(knowledge: .all, page: [row("m1", "да", bob)]),
            "to another": Case(knowledge: .all, page: [message("m1", "да", from: anna, to: carl)]),
            "no history": Case(knowledge: .all, page: nil),
            "nothing is known of what was there": Case(knowledge: .none, page: [row("m1", "да")]),
            "behind the newest that is known": Case(
                knowledge: .newest, settled: ["m0"], page: [row("m0", "x", bob), row("m1", "да")], found: "m1"),
            "the newest is not on the page": Case(knowledge: .newest, settled: ["m0"], page: [row("m1", "да")]),
            "before an answer to it that is here": Case(
                knowledge: .newest, settled: ["m0", "m2"],
                page: [row("m0", "x"), row("m1", "да"), row("m2", "x", bob)],
                found: "m1"),
            "before that answer, and long before it was written": Case(
                knowledge: .newest, settled: ["m0", "m2"],
                page: [row("m0", "x"), row("m1", "да", after: -121), row("m2", "x", bob)]),
            "before one's own message that is here": Case(
                knowledge: .newest, settled: ["m2"], page: [row("m1", "да"), row("m2", "x")]),
        ] as [String: Case])
    func looksFor(name: String, with example: Case) {
        var confirmations = Confirmations(user: anna)
        for id in example.settled { confirmations.settle(id) }
        let lost = UnsentMessage(id: "a", receiver: bob, text: "да", createdAt: Self.written)
        let page = example.page.map { HistoryPage(messages: $0.map { .init(message: $0) }) }
        let found = confirmations.confirmation(of: lost, in: page, knowing: example.knowledge)
        #expect(found?.id == example.found, "\(name)")
    }

    @Test(
        "messages in the history are settled, except the one in flight; a complete history is known when it is opened again"
    )
    func marksSettled() {
        var confirmations = Confirmations(user: anna)
        var page = HistoryPage(
            messages: [Self.row("m1", "1"), Self.row("m2", "2"), Self.row("m3", "3", bob)].map { .init(message: $0) })
        page.unreadable = ["m4"]
        let answer = HistoryAnswer(page, isProtocol1: true) { _ in true }
        confirmations.markSettled(answer, except: "m2", completeWith: bob)
        #expect(["m1", "m2", "m3", "m4"].map { confirmations.isSettled($0) } == [true, false, false, true])
        #expect([bob, carl, nil].map { confirmations.knowledge(of: $0) } == [.all, .none, .none])
    }

    @Test("a cut history, or one with rows without a readable id, is incomplete")
    func notWhole() {
        for unreadable in [[nil], Array(repeating: "m", count: 1000)] as [[MessageID?]] {
            var confirmations = Confirmations(user: anna)
            var page = HistoryPage(messages: [])
            page.unreadable = unreadable
            confirmations.markSettled(
                HistoryAnswer(page, isProtocol1: true) { _ in true }, except: nil, completeWith: bob)
            #expect(confirmations.knowledge(of: bob) == .none)
        }
    }
}
