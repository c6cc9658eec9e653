import ChatWire
import Testing

@testable import ChatUI

@Suite struct CounterTests {
    /// It counts what would be sent. It is red if and only if Enter would refuse the draft.
    @Test(arguments: [
        (500, "", false), (500, "  \n", false), (501, "", true), (2050, "", true), (0, "   ", false),
    ])
    func isRedWhenEnterWouldRefuse(_ letters: Int, _ blanks: String, _ isOver: Bool) {
        var model = Model(user: .me, peer: .seller)
        let environment = Environment.at()
        _ = update(&model, .client(.connection(.online(limits: MessageLimits()))), in: environment)
        _ = update(&model, .input(.paste(String(repeating: "я", count: letters) + blanks)), in: environment)
        #expect(Counter(model.app).isOver == isOver)
        #expect(Counter(model.app).text.hasPrefix("\(letters)/500"))
        let effects = update(&model, .input(.key(Key(.enter))), in: environment)
        #expect(effects.isEmpty == (isOver || letters == 0))
    }

    /// White space at the ends is not sent, so neither the counter nor the notice counts it.
    @Test(arguments: ["", " ", "\n", " \n\t"], [1, 107])
    func theExcessIsWhatWouldBeSentInVain(_ blanks: String, _ excess: Int) {
        var conversation = Conversation.online()
        conversation.feed(.input(.paste(blanks + String(repeating: "я", count: 500 + excess) + blanks)))
        #expect(Counter(conversation.model.app).text == "\(500 + excess)/500")
        conversation.press("<enter>")
        #expect(conversation.model.notice == .tooManyCharacters(excess: excess, limit: 500))
    }
}
