import ChatWire
import ClientUpdates
import Synchronization
import Testing

@testable import ChatUI

/// The cost of a paint, counted in look-ups in the width table. Unlike a time, it is the same on every machine.
struct CostTests {
    @Test(arguments: ["", "<pageup>", "<pageup><pageup><pagedown>"])
    func aPaintCostsWhatIsVisible(_ keys: String) {
        let short = looks(messages: 100, keys)
        let long = looks(messages: 5000, keys)
        #expect(short > 0)
        #expect(long == short)
    }

    /// A long list of conversations costs no more than a short one.
    @Test(arguments: ["", "<pagedown><pagedown>", "<end><up>"])
    func theListCostsWhatIsVisible(_ keys: String) {
        func looks(conversations: Int) -> Int {
            let counter = Counter()
            var conversation = Conversation(with: nil)
            let entries = (100..<100 + conversations).compactMap { number in
                UserID("peer\(number)").map { ConversationList.Entry.make($0, name: "Имя", "текст") }
            }
            conversation.feed(.conversations(entries), .conversationsComplete)
            let environment = counter.environment(at: conversation.now)
            for key in Key.parse(keys) { _ = update(&conversation.model, .input(.key(key)), in: environment) }
            _ = view(conversation.model, in: environment)
            return counter.looks
        }
        let short = looks(conversations: 100)
        #expect(short > 0)
        #expect(abs(looks(conversations: 800) - short) < 100)
    }

    /// A long list of products costs no more than a short one.
    @Test(arguments: ["", "<end>", "<end><up>"])
    func theProductsCostWhatIsVisible(_ keys: String) {
        func looks(products: Int) -> Int {
            let counter = Counter()
            var conversation = Conversation.online()
            let products = (100..<100 + products).map { Product(id: "\($0)", title: "Диван") }
            conversation.feed(.products(products))
            conversation.press("/product<enter>" + keys)
            let environment = counter.environment(at: conversation.now)
            _ = view(conversation.model, in: environment)
            return counter.looks
        }
        let short = looks(products: 50)
        #expect(short > 0)
        #expect(looks(products: 150) == short)
    }

    /// A flood of messages is laid out only by the next paint.
    @Test func arrivalCostsNoLayout() {
        let counter = Counter()
        var conversation = Conversation.online()
        let environment = counter.environment(at: conversation.now)
        for number in 0..<1000 {
            _ = update(&conversation.model, .client(.received(.make("m\(number)"))), in: environment)
        }
        #expect(conversation.model.transcript.count == 1000)
        #expect(counter.looks == 0)
    }

    /// Saving a message, marks and the loss of the connection cost no layout.
    @Test func newsCostNoLayout() {
        let counter = Counter()
        var conversation = Conversation.online()
        conversation.feed(.history((0..<100).map { .make("m\($0)", own: $0 % 2 == 0) }, hasOlder: false))
        let news: [Update] = [
            .delivered(upTo: "m50"), .read(upTo: "m40"), .ownRead(upTo: "m41"), .typing, .draft("черновик"),
            .presence(isOnline: true, lastSeen: nil), .connection(.connecting(attempt: 1)),
            .unsent(.make("p1", "раз", at: .noon), .waiting), .outgoing(id: "p1", .unsent(.stale)),
            .connection(.online(limits: MessageLimits())), .caughtUp,
        ]
        for news in news {
            _ = update(&conversation.model, .client(news), in: counter.environment(at: conversation.now))
        }
        #expect(counter.looks == 0)
    }

    /// A long pasted text makes the next key no more expensive, whether it has one line or many.
    @Test(arguments: ["x", " ", "<left>", "<up>", "<c-w>", "<backspace>", "<a-d>", "<c-_>", "<c-a>"], ["\n", " "])
    func aKeyCostsTheRowsAround(_ key: String, between words: String) {
        func looks(_ count: Int) -> Int {
            let counter = Counter()
            var conversation = Conversation.online()
            let environment = counter.environment(at: conversation.now)
            let text = Array(repeating: "строка с номером", count: count).joined(separator: words)
            _ = update(&conversation.model, .input(.paste(text)), in: environment)
            conversation.model.editor.move(to: text.count / 2)
            conversation.model.notice = nil
            counter.reset()
            for key in Key.parse(key) { _ = update(&conversation.model, .input(.key(key)), in: environment) }
            _ = view(conversation.model, in: environment)
            return counter.looks
        }
        let short = looks(300)
        #expect(short > 0)
        #expect(looks(5000) < short + 1500)
    }

    private func looks(messages: Int, _ keys: String) -> Int {
        let counter = Counter()
        var conversation = Conversation.online()
        conversation.feed(.history((0..<messages).map { .make("m\($0)", "сообщение") }, hasOlder: false))
        let environment = counter.environment(at: conversation.now)
        for key in Key.parse(keys) { _ = update(&conversation.model, .input(.key(key)), in: environment) }
        _ = view(conversation.model, in: environment)
        return counter.looks
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var looks: Int { count.withLock { $0 } }

    func reset() { count.withLock { $0 = 0 } }

    func environment(at now: Timestamp) -> Environment {
        let width = CharacterWidth { _ in
            self.count.withLock { $0 += 1 }
            return 1
        }
        _ = width.count("")
        count.withLock { $0 = 0 }  // the initializer looks up the replacement character
        return Environment(now: now, instant: .now, newID: { "" }, width: width, utcOffset: { _ in 0 })
    }
}
