import ChatWire
import Testing

@testable import chat_tui

struct ReadReportsTests {
    private let anna = UserID("anna")!
    private let bob = UserID("bob")!

    @Test("what was seen is reported when the terminal has accepted it") func accepted() {
        var reports = ReadReports(peer: anna)
        reports.seen(upTo: "1")
        #expect(reports.take(isWritten: false, isAccepted: false) == [:])
        reports.seen(upTo: "2")
        #expect(reports.take(isWritten: true, isAccepted: false) == [:])
        #expect(reports.take(isWritten: true, isAccepted: true) == [anna: "2"])
        #expect(reports.take(isWritten: true, isAccepted: true) == [:])
    }

    @Test("what was seen is reported even if another conversation was opened before the terminal accepted it")
    func anotherConversation() {
        var reports = ReadReports(peer: anna)
        reports.seen(upTo: "1")
        #expect(reports.take(isWritten: true, isAccepted: false) == [:])
        reports.open(bob)
        reports.seen(upTo: "2")
        #expect(reports.take(isWritten: false, isAccepted: false) == [:])
        #expect(reports.take(isWritten: true, isAccepted: true) == [anna: "1", bob: "2"])
    }

    @Test("a message whose screen another one replaced was not seen") func replaced() {
        var reports = ReadReports(peer: anna)
        reports.seen(upTo: "1")
        #expect(reports.take(isWritten: true, isAccepted: false) == [:])
        reports.seen(upTo: "2")
        #expect(reports.take(isWritten: false, isAccepted: false) == [:])
        reports.open(nil)
        #expect(reports.take(isWritten: true, isAccepted: true) == [anna: "1"])
    }
}
