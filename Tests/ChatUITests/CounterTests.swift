import ChatWire
import Testing

@testable import ChatUI

@Suite struct CounterTests {
    /// It counts the characters as typed. It is red if and only if Enter would refuse the draft.
    @Test(arguments: [
        (500, "", false), (500, "  \n", false), (501, "", true), (2050, "", true), (0, "   ", false),
    ])
    func isRedWhenEnterWouldRefuse(_ letters: Int, _ blanks: String, _ isOver: Bool) {
        var model = Model(user: .me, peer: .seller)
        let environment = Environment.at()
        _ = update(&model, .client(.connection(.online(limits: MessageLimits()))), in: environment)
        _ = update(&model, .input(.paste(String(repeating: "я", count: letters) + blanks)), in: environment)
        #expect(Counter(model.app).isOver == isOver)
        #expect(Counter(model.app).text.hasPrefix("\(letters + blanks.count)/500"))
        let effects = update(&model, .input(.key(Key(.enter))), in: environment)
        #expect(effects.isEmpty == (isOver || letters == 0))
    }
}
