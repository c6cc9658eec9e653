import Testing

@testable import ChatUI

struct BlockingTests {
    @Test func theServersFirstWordIsHowItStands() {
        var blocking = Blocking()
        let meanings = [true, true, false].map { blocking.reported($0) }
        #expect(meanings == [.initial, .unchanged, .changed])
        #expect(blocking.isBlocked == false)
    }

    @Test(arguments: [true, false])
    func aWordFromBeforeTheRequestIsNoAnswer(_ wanted: Bool) {
        var blocking = Blocking()
        let isAsked = blocking.request(wanted)
        #expect(isAsked)
        let before = blocking.reported(!wanted)
        #expect(before == .outdated && blocking.requested == wanted)
        let behind = blocking.reported(wanted)
        #expect(behind == .confirmed && blocking.requested == nil)
        let isAskedAgain = blocking.request(wanted)
        #expect(!isAskedAgain, "so it is already")
    }

    @Test func aFailureIsTheUsersWhereTheyAsked() {
        var blocking = Blocking()
        let isOurs = blocking.failed()
        #expect(!isOurs)
        let isAsked = blocking.request(true)
        #expect(isAsked)
        let isNowOurs = blocking.failed()
        #expect(isNowOurs && blocking.requested == nil && blocking.isBlocked == nil)
    }
}
