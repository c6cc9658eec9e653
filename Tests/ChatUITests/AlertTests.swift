import ChatWire
import Testing

@testable import ChatUI

struct AlertTests {
    @Test func manyMessagesRingOnce() {
        var conversation = Conversation.online()
        conversation.feed(.input(.focus(false)))
        for number in 0..<100 { conversation.feed(.received(.make("m\(number)", "\u{1B}]0;x\u{07}"))) }
        #expect(conversation.effects == [.bell, .notify(title: "Иван Петров", body: "␛]0;x␇")])
        conversation.wait(.seconds(3))
        #expect(conversation.feed(.received(.make("n1"))).count == 2)
    }

    @Test func eachHasItsSwitch() {
        var conversation = Conversation.online()
        conversation.model.preferences.ringsBell = false
        conversation.model.preferences.notifiesWithText = false
        conversation.model.preferences.tellsTyping = false
        conversation.model.preferences.countsInTitle = false
        conversation.feed(.input(.focus(false)), .client(.received(.make("m1", "тайна"))))
        #expect(conversation.effects == [.notify(title: "Иван Петров", body: "новое сообщение")])
        #expect(!conversation.screen.title.hasPrefix("("))
        conversation.press("a")
        #expect(!conversation.reports.contains(.typing))
    }
}
