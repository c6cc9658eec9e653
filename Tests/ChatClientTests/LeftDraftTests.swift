import ChatWire
import Testing

@testable import ChatClient

/// A window whose disk answers step by step. An earlier window left a draft on it.
private struct Window {
    var session = Session(user: anna, peer: bob, seed: 1)
    var now = Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000))
    var ledger = ConversationLedger(user: anna)
    private let window: ConversationLedger.Window
    private var calls: [Session.Effect] = []
    var shown: [String] = []

    init() {
        let old = ledger.openWindow()
        ledger.apply([.draft("old", peer: bob)], window: old)
        ledger.closeWindow(old)
        window = ledger.openWindow()
    }

    mutating func handle(_ command: Session.Command) { perform(session.handle(command, now: now)) }
    mutating func handle(_ report: Session.Report) { perform(session.handle(report, now: now)) }

    private mutating func perform(_ effects: [Session.Effect]) {
        for effect in effects {
            switch effect {
            case .load, .store: calls.append(effect)
            case .update(.draft(let text)): shown.append(text.text)
            default: break
            }
        }
    }

    /// The disk performs one call.
    mutating func answerDisk() {
        guard !calls.isEmpty else { return }
        switch calls.removeFirst() {
        case .load(let peer, let opening):
            let state = ledger.load(peer: peer, limit: 9, window: window)
            handle(.loaded(.success(state), of: peer, opening: opening))
        case .store(let changes):
            ledger.apply(changes, window: window)
            handle(.stored)
        default: break
        }
    }

    mutating func finish() {
        for _ in 0..<9 { answerDisk() }
    }

    /// The draft that the next window shows if this one is killed now.
    var left: String? {
        var disk = ledger
        disk.crash()
        let next = disk.openWindow()
        return disk.load(peer: bob, limit: 9, window: next).draft?.text
    }
}

@Suite("The client's session: drafts that closed windows left")
struct LeftDraftTests {
    enum Event: CaseIterable, Sendable {
        case disk, type, send, leave, goElsewhere, comeBack, wait
    }

    /// All orders of five events.
    static let orders: [[Event]] = (0..<5).reduce([[]]) { orders, _ in
        orders.flatMap { order in Event.allCases.map { order + [$0] } }
    }

    @Test("none is lost, whatever the user does before it is loaded, and whenever the program is killed") func orders()
    {
        for order in Self.orders {
            var window = Window()
            window.handle(.start)
            var typed: String?
            for (index, event) in order.enumerated() {
                switch event {
                case .disk: window.answerDisk()
                case .type where window.shown.isEmpty && window.session.peer == bob:
                    typed = "t\(index)"
                    window.handle(.draft("t\(index)"))
                case .send where window.shown.isEmpty && window.session.peer == bob:
                    typed = nil
                    window.handle(.send(id: "c\(index)", text: "x"))
                case .type, .send: break  // from then on the program has the text
                case .leave: window.handle(.leaving)
                case .goElsewhere: window.handle(.open(peer: carl))
                case .comeBack where window.session.peer != bob: window.handle(.open(peer: bob))
                case .comeBack: break
                case .wait:
                    window.now = window.now.advanced(by: .seconds(1))
                    window.handle(.tick)
                }
                #expect(window.left?.contains("old") == true, "\(order)")
            }
            window.handle(.leaving)
            window.finish()
            #expect(window.left == (typed.map { "\($0)\nold" } ?? "old"), "\(order)")
            #expect(!window.session.isSaving)
        }
    }

    @Test("it is shown when its conversation is opened again") func shownLater() {
        var window = Window()
        window.handle(.start)
        window.handle(.draft("t"))
        window.handle(.open(peer: carl))
        window.finish()
        #expect(window.shown == [])
        window.handle(.open(peer: bob))
        window.finish()
        #expect(window.shown == ["old"])
        #expect(window.left == "t\nold")
    }
}
