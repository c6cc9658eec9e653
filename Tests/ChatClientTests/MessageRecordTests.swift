import ChatWire
import Foundation
import Testing

@testable import ChatClient

@Suite("A message as a line of JSON")
struct MessageRecordTests {
    @Test("it has the wire's names, and omits unknown values")
    func names() {
        var stored = StoredMessage(message: message("1", "да"))
        #expect(
            MessageRecord(stored).line == #"{"created_at":"2023-11-14T22:13:20.000Z","id":"1","message_text":"да","#
                + #""receiver_id":"bob","sender_id":"анна"}"#)
        (stored.cursor, stored.clientMessageID) = (7, "c")
        stored.product = Product(id: "p", title: "iPhone 13")
        #expect(
            MessageRecord(stored).line
                == #"{"client_message_id":"c","created_at":"2023-11-14T22:13:20.000Z","cursor":7,"id":"1","#
                + #""message_text":"да","product_id":"p","product_title":"iPhone 13","receiver_id":"bob","#
                + #""sender_id":"анна"}"#)
    }

    @Test(
        "it is one line without terminal controls, and decodes to the same text",
        arguments: [
            "a\nb\r\n\tc", "\u{1B}[31m", "\u{7F}\u{9B}31m", "\u{2028}\u{85}", "\u{202E}abc\u{2069}", "\u{E0041}",
            "\"\\/",
            "👨‍👩‍👧 и é", "\u{FFFF}", "\0",
        ])
    func escapes(text: String) throws {
        let line = MessageRecord(StoredMessage(message: message("1", UntrustedText(text)))).line
        #expect(line.utf8.elementsEqual(UntrustedText(line).displayed().utf8))
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect((object?["message_text"] as? String)?.utf8.elementsEqual(text.utf8) == true)
    }
}
