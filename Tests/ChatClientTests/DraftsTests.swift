import ChatWire
import Testing

@testable import ChatClient

@Suite("Drafts")
struct DraftsTests {
    enum Step: Sendable {
        case change(String, UserID)
        case sent(UserID)
        case putBack(String, UserID)
        case putBackMessage(String, UserID, before: String?)
        case retry(after: Int)
        /// The stored draft is being loaded.
        case load(UserID)
        case loaded(String?, UserID)
        case saved(String, UserID)
        /// The program is told what it lacks.
        case show(UserID)
        /// The drafts are stored.
        case take
    }

    /// After all steps: the unsaved drafts, the number of drafts, and whether they are stored without another event.
    @Test(
        "steps, and the drafts left to store",
        arguments: [
            ("the last text counts", [.change("a", bob), .change("ab", bob)], "bob:ab", 1, true),
            ("each has one", [.change("a", bob), .change("c", carl)], "bob:a carl:c", 2, true),
            ("what is on disk is still being written", [.change("a", bob), .take], "", 1, false),
            ("an empty one is saved and not written", [.change("a", bob), .take, .change("", bob)], "bob:", 0, true),
            ("what was sent is none", [.change("a", bob), .sent(bob)], "", 0, false),
            ("the others stay", [.change("a", bob), .change("c", carl), .sent(bob)], "carl:c", 1, true),
            ("what the disk refused comes back", [.change("a", bob), .take, .putBack("a", bob)], "bob:a", 1, false),
            ("and is tried again", [.change("a", bob), .take, .putBack("a", bob), .retry(after: 5)], "bob:a", 1, true),
            (
                "what is newer stays", [.change("a", bob), .take, .change("ab", bob), .putBack("a", bob)], "bob:ab", 1,
                true
            ),
            ("nothing is not tried again", [.retry(after: 5)], "", 0, false),
            ("a message that was refused is a draft", [.putBackMessage("m", bob, before: nil)], "bob:m", 0, false),
            ("before what the disk is about to get", [.putBackMessage("m", bob, before: "d")], "bob:m|d", 0, false),
            (
                "and before what was written since",
                [.change("a", bob), .putBackMessage("m", bob, before: "d")], "bob:m|a", 1, true
            ),
            (
                "what is typed before the stored one is known waits", [.load(bob), .change("a", bob), .take], "bob:a",
                1, false
            ),
            (
                "and does not replace it",
                [.load(bob), .change("a", bob), .take, .loaded("old", bob)], "bob:a|old", 1, true
            ),
            (
                "nor does what is typed before it is shown",
                [.load(bob), .loaded("old", bob), .change("a", bob)], "bob:a|old", 1, true
            ),
            (
                "nor a message",
                [.load(bob), .change("a", bob), .sent(bob), .loaded("old", bob), .sent(bob)], "bob:old", 1, true
            ),
            (
                "once it is shown, what is typed counts",
                [.load(bob), .loaded("old", bob), .show(bob), .change("ol", bob)], "bob:ol", 1, true
            ),
            (
                "one's own is not joined",
                [.change("a", bob), .take, .saved("a", bob), .load(bob), .change("ab", bob), .loaded("a", bob)],
                "bob:ab", 1, true
            ),
            (
                "a disk that cannot be read has none", [.load(bob), .change("a", bob), .take, .loaded(nil, bob)],
                "bob:a", 1, true
            ),
        ] as [(String, [Step], String, Int, Bool)])
    func steps(name: String, steps: [Step], unsaved: String, writing: Int, isDue: Bool) {
        var drafts = Drafts()
        for step in steps {
            switch step {
            case .change(let text, let peer): drafts.change(Draft(text), to: peer, at: .now)
            case .sent(let peer): drafts.sent(to: peer, at: .now)
            case .putBack(let text, let peer): drafts.putBack(Draft(text), to: peer)
            case .putBackMessage(let text, let peer, let draft):
                drafts.putBack(message: Draft(text), to: peer, before: draft.map { Draft($0) })
            case .load(let peer): drafts.beginLoading(peer)
            case .loaded(let text, let peer): drafts.loaded(text.map { Draft($0) }, of: peer, saving: nil, at: .now)
            case .saved(let text, let peer): drafts.saved(Draft(text), to: peer)
            case .show(let peer): _ = drafts.takeShown(of: peer, saving: nil, again: false)
            case .retry(let seconds): drafts.retry(after: .seconds(seconds), from: .now)
            case .take: _ = drafts.take()
            }
        }
        let left = drafts.unsaved.map { "\($0.key.wire):\($0.value.text)".replacing("\n", with: "|") }.sorted()
        #expect(left.joined(separator: " ") == unsaved, "\(name)")
        #expect(drafts.count == writing && (drafts.due != nil) == isDue, "\(name)")
    }

    @Test("a draft keeps what it is about, whatever is joined with it") func products() {
        let (sofa, bicycle) = (Product(id: "1"), Product(id: "2"))
        var drafts = Drafts()
        drafts.change(Draft("a", product: sofa), to: bob, at: .now)
        drafts.beginLoading(bob)
        drafts.loaded(Draft("old", product: bicycle), of: bob, saving: nil, at: .now)
        #expect(drafts.unsaved[bob] == Draft("a\nold", product: sofa))
        #expect(drafts.takeShown(of: bob, saving: nil, again: false) == Draft("old", product: bicycle))
        drafts.putBack(message: Draft("m", product: bicycle), to: carl, before: "b")
        #expect(drafts.unsaved[carl] == Draft("m\nb", product: bicycle))
    }

    @Test("they are stored 300 ms after the first change, however fast others follow") func delay() {
        var drafts = Drafts()
        let start = ContinuousClock.now
        for tenth in 0..<3 { drafts.change(Draft("\(tenth)"), to: bob, at: start + .milliseconds(100 * tenth)) }
        #expect(drafts.due == start + .milliseconds(300))
    }
}
