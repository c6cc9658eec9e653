import Testing

@testable import ChatUI

struct BlockingTests {
    @Test func theServersFirstWordIsHowItStands() {
        var blocking = Blocking()
        #expect(blocking.told(true) == .first)
        #expect(blocking.told(true) == .unchanged)
        #expect(blocking.told(false) == .changed)
        #expect(blocking.isBlocked == false)
    }

    @Test(arguments: [true, false])
    func aWordFromBeforeTheRequestIsNoAnswer(_ wanted: Bool) {
        var blocking = Blocking()
        #expect(blocking.ask(for: wanted))
        #expect(blocking.told(!wanted) == .early && blocking.asked == wanted)
        #expect(blocking.told(wanted) == .answer && blocking.asked == nil)
        #expect(!blocking.ask(for: wanted), "so it is already")
    }

    @Test func aFailureIsTheUsersWhereTheyAsked() {
        var blocking = Blocking()
        #expect(!blocking.failed())
        #expect(blocking.ask(for: true))
        #expect(blocking.failed() && blocking.asked == nil && blocking.isBlocked == nil)
    }
}
