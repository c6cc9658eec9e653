import Testing

@testable import ChatUI

struct BlockingTests {
    @Test func theServersFirstWordIsHowItStands() {
        var blocking = Blocking()
        let answer1 = blocking.told(true)
        #expect(answer1 == .first)
        let answer2 = blocking.told(true)
        #expect(answer2 == .unchanged)
        let answer3 = blocking.told(false)
        #expect(answer3 == .changed)
        #expect(blocking.isBlocked == false)
    }

    @Test(arguments: [true, false])
    func aWordFromBeforeTheRequestIsNoAnswer(_ wanted: Bool) {
        var blocking = Blocking()
        let answer4 = blocking.ask(for: wanted)
        #expect(answer4)
        let answer5 = blocking.told(!wanted)
        #expect(answer5 == .early && blocking.asked == wanted)
        let answer6 = blocking.told(wanted)
        #expect(answer6 == .answer && blocking.asked == nil)
        let answer7 = blocking.ask(for: wanted)
        #expect(!answer7, "so it is already")
    }

    @Test func aFailureIsTheUsersWhereTheyAsked() {
        var blocking = Blocking()
        let answer8 = blocking.failed()
        #expect(!answer8)
        let answer9 = blocking.ask(for: true)
        #expect(answer9)
        let answer10 = blocking.failed()
        #expect(answer10 && blocking.asked == nil && blocking.isBlocked == nil)
    }
}
