import ChatWire
import Testing

@testable import ChatServer

/// What presence asks of the store and what it tells, without a task and a store.
@Suite("Presence operations") struct PresenceOperationTests {
    private final class Phone {}

    /// What the store is asked, what it answers, and what comes of it.
    private typealias Row = (asked: PresenceQuestion, answer: PresenceAnswer, effects: [PresenceEffect])

    private let carl = user("carl")
    private let dora = user("dora")

    /// Anna is connected, and those who are online are.
    private func registry(online: [UserID] = []) -> Registry<Phone> {
        var registry = Registry<Phone>()
        for user in [anna] + online { registry.insert(Phone(), user) }
        for user in online { _ = registry.markOnline(user) }
        return registry
    }

    private func run<Errand: PresenceOperation>(
        _ errand: Errand, in registry: inout Registry<Phone>, _ table: [Row]
    ) -> Errand {
        var errand = errand
        var questions = errand.start().compactMap(\.question)[...]
        for (index, row) in table.enumerated() {
            #expect(questions.popFirst() == row.asked, "row \(index)")
            let effects = errand.take(row.answer, in: &registry)
            questions += effects.compactMap(\.question)
            #expect(effects.filter { $0.question == nil } == row.effects, "row \(index)")
        }
        #expect(questions.isEmpty)
        return errand
    }

    private func page(_ peers: [UserID], hasMore: Bool = false) -> MarksPage {
        MarksPage(
            marks: peers.map { .init(own: .init(user: anna), peer: .init(user: $0)) }, newest: peers.isEmpty ? nil : 9,
            oldest: peers.isEmpty ? nil : 5, hasMore: hasMore)
    }

    private let rest = ConversationRange(before: 5)

    // MARK: Coming

    @Test("peers are told who comes, and who comes is told who is online; those with a block are told nothing")
    func arrival() {
        var registry = registry(online: [bob, dora])
        let left = now.advanced(by: .seconds(-60))
        let meeting = run(
            PeerSync(of: anna, from: .start), in: &registry,
            [
                (.marks(of: anna, in: .init()), .marks(page([bob, carl, dora])), []),
                (
                    .blockedEitherWay(with: anna, among: [bob, carl, dora]), .blockedEitherWay([dora]),
                    [.tell([bob, carl], about: anna, lastSeen: nil)]
                ),
                (.lastSeen(of: [carl]), .lastSeen([carl: left]), []),
                (.blockers(of: anna, among: [bob, carl, dora]), .blockers([dora: now]), []),
            ])
        #expect(registry.isOnline(anna))
        let expected = Session.Input.peers(
            page([bob, carl, dora]).marks,
            [
                .init(user: bob, isOnline: true), .init(user: carl, isOnline: false, lastSeen: left),
                .init(user: dora, isOnline: false, lastSeen: now),
            ], next: nil)
        #expect("\(meeting.result(in: registry))" == "\(expected)")
    }

    @Test("a second device is told the same, and the peers are not told of it") func secondDevice() {
        var registry = registry(online: [anna, bob])
        _ = run(
            PeerSync(of: anna, from: .start), in: &registry,
            [
                (.marks(of: anna, in: .init()), .marks(page([bob], hasMore: true)), []),
                (.blockedEitherWay(with: anna, among: [bob]), .blockedEitherWay([]), []),
                (.blockers(of: anna, among: [bob]), .blockers([:]), []),
            ])
    }

    @Test("many peers are told page by page, and no further once the user has left again") func pages() throws {
        var registry = registry(online: [bob])
        var meeting = PeerSync(of: anna, from: .start)
        _ = meeting.take(.marks(page([bob], hasMore: true)), in: &registry)
        let news = try #require(meeting.take(.blockedEitherWay([]), in: &registry).compactMap(\.rest).first)
        #expect(news.isCurrent(in: registry) && news.position.range == rest)
        var next = news
        _ = next.take(.marks(page([carl], hasMore: true)), in: &registry)
        let effects = next.take(.blockedEitherWay([]), in: &registry)
        #expect(effects.first == .tell([carl], about: anna, lastSeen: nil))
        let last = try #require(effects.compactMap(\.rest).first)
        #expect(last.isCurrent(in: registry))
        _ = registry.beginAnnouncement(of: anna)
        #expect(!last.isCurrent(in: registry), "another news took its place")
    }

    // MARK: Leaving

    private func departed(_ registry: inout Registry<Phone>) -> DepartureQueue.Departure {
        let phone = registry.connections(of: anna)[0]
        _ = registry.markOnline(anna)
        _ = registry.remove(phone, at: now)
        return .init(user: anna, leftAt: now)
    }

    @Test("peers without a block are told who left, and the user is removed then") func departure() throws {
        var registry = registry(online: [bob])
        let departure = departed(&registry)
        #expect(registry.isOnline(anna))
        let news = try #require(PresenceAnnouncement(of: departure, in: &registry))
        #expect(!registry.isOnline(anna))
        _ = run(
            news, in: &registry,
            [
                (.marks(of: anna, in: .init()), .marks(page([bob, carl])), []),
                (
                    .blockedEitherWay(with: anna, among: [bob, carl]), .blockedEitherWay([bob]),
                    [.tell([carl], about: anna, lastSeen: now)]
                ),
            ])
    }

    @Test("nobody is told of a user who is back, nor of anybody when the server ends") func noDeparture() {
        var registry = registry()
        var departure = departed(&registry)
        registry.insert(Phone(), anna)
        let ofBack = PresenceAnnouncement(of: departure, in: &registry)
        #expect(ofBack == nil && registry.isOnline(anna))
        registry = self.registry()
        departure = departed(&registry)
        registry.isDraining = true
        let atTheEnd = PresenceAnnouncement(of: departure, in: &registry)
        #expect(atTheEnd == nil && registry.isOnline(anna))
    }

    // MARK: Two of them

    @Test("two users are told of each other at their first message, unless there is a block", arguments: [true, false])
    func introduction(isBlockedEitherWay: Bool) {
        var registry = registry(online: [anna, bob])
        _ = run(
            Introduction(one: anna, other: bob), in: &registry,
            [
                (
                    .blockedEitherWay(with: anna, among: [bob]), .blockedEitherWay(isBlockedEitherWay ? [bob] : []),
                    isBlockedEitherWay
                        ? []
                        : [.tell([bob], about: anna, lastSeen: nil), .tell([anna], about: bob, lastSeen: nil)]
                )
            ])
    }

    private func blockNews(_ isBlocked: Bool) -> BlockAnnouncement {
        BlockAnnouncement(
            isBlocked: isBlocked, other: bob, user: anna, time: now, recentTimes: now.advanced(by: .seconds(-100)))
    }

    @Test("to the blocked user the other one appears to leave, and the reverse") func block() {
        var registry = registry(online: [anna, bob])
        let lastTime = PresenceQuestion.lastTime(of: bob, with: anna)
        let apart = PresenceQuestion.blockedEitherWay(with: anna, among: [bob])
        _ = run(
            blockNews(true), in: &registry,
            [
                (lastTime, .lastTime(now), []),
                (
                    apart, .blockedEitherWay([bob]),
                    [
                        .relay(.presence(.init(user: anna, isOnline: false, lastSeen: now)), to: bob),
                        .relay(.presence(.init(user: bob, isOnline: false, lastSeen: now)), to: anna),
                    ]
                ),
            ])
        let mark = ConversationMarks(own: .init(user: anna), peer: .init(user: bob, delivered: "m"))
        _ = run(
            blockNews(false), in: &registry,
            [
                (lastTime, .lastTime(now), []),
                (
                    apart, .blockedEitherWay([]),
                    [
                        .relay(.presence(.init(user: anna, isOnline: true)), to: bob),
                        .relay(.presence(.init(user: bob, isOnline: true)), to: anna),
                    ]
                ),
                (
                    .marksWith(bob, of: anna), .marksWith(bob, of: anna, mark),
                    [.relay(.delivered(user: bob, messageID: "m"), to: anna)]
                ),
                (
                    .marksWith(anna, of: bob),
                    .marksWith(anna, of: bob, .init(own: .init(user: bob), peer: .init(user: anna))), []
                ),
            ])
    }

    @Test("nothing changes if they have not talked lately, or if the other one blocks as well")
    func silentBlock() {
        var registry = registry(online: [anna, bob])
        let lastTime = PresenceQuestion.lastTime(of: bob, with: anna)
        for last in [nil, now.advanced(by: .seconds(-101))] {
            _ = run(blockNews(true), in: &registry, [(lastTime, .lastTime(last), [])])
        }
        _ = run(
            blockNews(false), in: &registry,
            [
                (lastTime, .lastTime(now), []),
                (.blockedEitherWay(with: anna, among: [bob]), .blockedEitherWay([bob]), []),
            ])
    }
}

extension PresenceEffect {
    fileprivate var question: PresenceQuestion? { if case .ask(let question) = self { question } else { nil } }
    fileprivate var rest: PresenceAnnouncement? { if case .tellRest(let news) = self { news } else { nil } }
}
