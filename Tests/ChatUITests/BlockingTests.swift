import Testing

@testable import ChatUI

struct BlockingTests {
    @Test func theServersFirstWordIsHowItStands() {
        var blocking = Blocking()
        let meanings = [true, true, false].map { blocking.told($0) }
        #expect(meanings == [.first, .unchanged, .changed])
        #expect(blocking.isBlocked == false)
    }

    @Test(arguments: [true, false])
    func aWordFromBeforeTheRequestIsNoAnswer(_ wanted: Bool) {
        var blocking = Blocking()
        let isAsked = blocking.ask(for: wanted)
        #expect(isAsked)
        let before = blocking.told(!wanted)
        #expect(before == .early && blocking.asked == wanted)
        let behind = blocking.told(wanted)
        #expect(behind == .answer && blocking.asked == nil)
        let isAskedAgain = blocking.ask(for: wanted)
        #expect(!isAskedAgain, "so it is already")
    }

    @Test func aFailureIsTheUsersWhereTheyAsked() {
        var blocking = Blocking()
        let isOurs = blocking.failed()
        #expect(!isOurs)
        let isAsked = blocking.ask(for: true)
        #expect(isAsked)
        let isNowOurs = blocking.failed()
        #expect(isNowOurs && blocking.asked == nil && blocking.isBlocked == nil)
    }
}
