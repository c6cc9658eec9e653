import ChatWire
import ClientUpdates
import SystemErrors
import Testing

@testable import ChatUI

/// A notice that comes by itself hides no other one for good, and the more serious is shown first.
struct UnseenNoticeTests {
    private static let problems: [DiskProblem] = [
        .setAside(path: "/a"), .folderIsOpen(path: "/a"), .newer,
        .unsafe(FileProblem(path: "/a", reason: .link)), .unusable(.diskFull),
    ]

    @Test(arguments: problems, problems)
    func bothAreSeen(_ one: DiskProblem, _ other: DiskProblem) {
        var conversation = Conversation.online()
        conversation.feed(.disk(one), .disk(other))
        var seen: [Notice] = []
        for _ in 0..<3 {
            conversation.model.notice.map { seen.append($0) }
            conversation.press("x")
        }
        #expect(conversation.model.notice == nil)
        #expect(Set(seen.map { "\($0)" }) == Set([one, other].map { "\(Notice.disk($0))" }))
        if case .folderIsOpen = one, case .folderIsOpen = other { return }
        #expect(seen.first != .disk(.folderIsOpen(path: "/a")), "it is the least serious")
    }

    @Test func whatIsOverIsNotToldLater() {
        var conversation = Conversation.online()
        conversation.feed(.client(.storeFailed(.diskFull)), .disk(.setAside(path: "/a")))
        conversation.feed(.storeRecovered)
        conversation.press("x")
        #expect(conversation.model.notice != .storeFailed(.diskFull))
    }

    /// The disk fails in several ways, some of them told while another notice is shown.
    @Test func recoveryIsOfEveryFailure() {
        var conversation = Conversation.online()
        conversation.feed(.client(.storeFailed(.diskFull)), .disk(.setAside(path: "/a")), .disk(.newer))
        conversation.feed(.client(.storeFailed(.damaged)))
        conversation.feed(.storeRecovered)
        var seen: [Notice] = []
        for _ in 0..<4 {
            conversation.model.notice.map { seen.append($0) }
            conversation.press("x")
        }
        #expect(seen.allSatisfy { if case .storeFailed = $0 { false } else { true } }, "\(seen)")
        #expect(conversation.model.app.waitingNotices == [])
    }

    @Test func onlyTheLastFailureIsTold() {
        var conversation = Conversation.online()
        conversation.feed(.client(.storeFailed(.diskFull)), .disk(.newer), .client(.storeFailed(.damaged)))
        var seen: [Notice] = []
        for _ in 0..<4 {
            conversation.model.notice.map { seen.append($0) }
            conversation.press("x")
        }
        #expect(!seen.contains(.storeFailed(.diskFull)), "\(seen)")
        #expect(seen.contains(.storeFailed(.damaged)))
    }

    /// Another conversation is opened before the second was read.
    @Test func aWaitingNoticeOutlivesTheConversation() {
        var conversation = Conversation.online()
        conversation.press("/seller bob")
        conversation.feed(.disk(.newer), .disk(.setAside(path: "/a")))
        conversation.press("<enter>")
        var seen: [Notice] = []
        for _ in 0..<3 {
            conversation.model.notice.map { seen.append($0) }
            conversation.press("x")
        }
        #expect(seen.contains(.disk(.setAside(path: "/a"))), "\(seen)")
    }

    @Test func newsOfTheHistoryDoNotHideThatOfTheDisk() {
        var conversation = Conversation.online()
        conversation.feed(.disk(.setAside(path: "/a")), .client(.historyUnavailable(.notProvided)))
        #expect(conversation.model.notice == .historyUnavailable(.notProvided))
        conversation.press("x")
        #expect(conversation.model.notice == .disk(.setAside(path: "/a")))
        conversation.press("x")
        #expect(conversation.model.notice == nil)
    }
}
