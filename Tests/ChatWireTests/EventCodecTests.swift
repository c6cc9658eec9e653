import Foundation
import Testing

@testable import ChatWire

private func user(_ id: String) -> UserID { UserID(id)! }

private let message = Message(
    id: "3f", sender: user("u1"), receiver: user("u2"), text: "Привет / \"мир\"",
    createdAt: Timestamp(iso8601: "2024-01-01T12:00:00.000Z")!)
private let messageJSON = #"""
    {"id":"3f","sender_id":"u1","receiver_id":"u2","message_text":"Привет / \"мир\"","created_at":"2024-01-01T12:00:00.000Z"}
    """#

/// An event and its JSON from the protocol's documentation.
struct EventExample<Event: Sendable>: Sendable, CustomTestStringConvertible {
    var event: Event
    var json: String
    var testDescription: String { json }

    init(_ event: Event, _ json: String) {
        self.event = event
        self.json = json
    }
}

@Suite("Events and their JSON")
struct EventCodecTests {
    /// Foundation's decoder crashes at the 513th bracket if that is the last byte.
    @Test("brackets without an end are refused, however many", arguments: ["[", #"{"a":"#, #"{"a":["#])
    func brackets(_ bracket: String) {
        for count in 1...1100 {
            let json = String(repeating: bracket, count: count - 1) + bracket.prefix(1)
            #expect(throws: WireCodec.Malformed.self) { try WireCodec.decode(ClientEvent.self, from: json) }
            let wide = json.utf8.flatMap { byte -> [UInt8] in [byte, 0] }  // UTF-16
            #expect(throws: WireCodec.Malformed.self) { try WireCodec.decode(ClientEvent.self, from: wide) }
        }
    }

    @Test("brackets in a text are no nesting, and quotes in it do not end it")
    func bracketsInText() throws {
        let text = String(repeating: #"[{\\"\\\""#, count: 300)
        let event = ClientEvent.message(.init(sender: user("u1"), receiver: user("u2"), text: UntrustedText(text)))
        #expect(try WireCodec.decode(ClientEvent.self, from: WireCodec.encode(event)) == event)
        let deep =
            #"{"type":"typing","receiverId":"u2","later":"# + String(repeating: "[", count: 99)
            + String(repeating: "]", count: 99) + "}"
        #expect(try WireCodec.decode(ClientEvent.self, from: deep) == .typing(receiver: user("u2")))
    }

    @Test(
        "what is no name is left out, and keeps nobody out",
        arguments: [
            #""""#, #"" \t""#, #""a\u0000""#, #""a\nb""#, #""\u001b[2J""#, "7", "null", "{}",
            "\"\(String(repeating: "a", count: 129))\"",
        ])
    func noName(_ json: String) throws {
        let event = try WireCodec.decode(
            ClientEvent.self, from: #"{"type":"auth","userId":"u1","name":\#(json)}"#)
        #expect(event == .auth(.init(user: user("u1"))))
        #expect(ClientEvent.Auth(user: user("u1"), name: "a\u{1B}").name == nil)
    }

    static let clientEvents: [EventExample<ClientEvent>] = [
        .init(.auth(.init(user: user("u1"))), #"{"type":"auth","userId":"u1"}"#),
        .init(
            .auth(.init(user: user("u1"), protocolVersion: 2, token: "t")),
            #"{"type":"auth","userId":"u1","protocol":2,"token":"t"}"#),
        .init(
            .message(.init(sender: user("u1"), receiver: user("u2"), text: "…")),
            #"{"type":"message","senderId":"u1","receiverId":"u2","messageText":"…"}"#),
        .init(
            .message(
                .init(
                    sender: user("u1"), receiver: user("u2"), text: "a\nb", clientMessageID: "c",
                    product: Product(id: "p", title: "iPhone 13"))),
            #"""
            {"type":"message","senderId":"u1","receiverId":"u2","messageText":"a\nb","clientMessageId":"c",
            "productId":"p","productTitle":"iPhone 13"}
            """#),
        .init(
            .auth(.init(user: user("u1"), protocolVersion: 2, resume: .init(epoch: "e", cursor: 7, messageID: "3f"))),
            #"{"type":"auth","userId":"u1","protocol":2,"resume":{"epoch":"e","cursor":7,"messageId":"3f"}}"#),
        .init(
            .auth(.init(user: user("u1"), protocolVersion: 2, name: "Анна")),
            #"{"type":"auth","userId":"u1","protocol":2,"name":"Анна"}"#),
        .init(.ack(cursor: 7), #"{"type":"ack","cursor":7}"#),
        .init(
            .read(otherUser: user("u2"), messageID: "3f"), #"{"type":"read","otherUserId":"u2","messageId":"3f"}"#),
        .init(.typing(receiver: user("u2")), #"{"type":"typing","receiverId":"u2"}"#),
        .init(.refresh(token: "a.b.c"), #"{"type":"refresh","token":"a.b.c"}"#),
        .init(.block(user("u2")), #"{"type":"block","userId":"u2"}"#),
        .init(.unblock(user("u2")), #"{"type":"unblock","userId":"u2"}"#),
        .init(.isBlocked(user("u2")), #"{"type":"is_blocked","userId":"u2"}"#),
        .init(.unknown(type: "wave"), #"{"type":"wave"}"#),
    ]

    static let serverEvents: [EventExample<ServerEvent>] = [
        .init(.authSuccess(.init()), #"{"type":"auth_success","message":"Авторизация успешна"}"#),
        .init(
            .authSuccess(
                .init(
                    protocolVersion: 2, epoch: "e", cursor: 7, messageID: "3f", heartbeatMs: 25000,
                    limits: MessageLimits(characters: 500, bytes: 4096), name: "Аня")),
            #"""
            {"type":"auth_success","message":"Авторизация успешна","protocol":2,"epoch":"e","cursor":7,
            "messageId":"3f","heartbeatMs":25000,"limits":{"messageLength":500,"messageBytes":4096},"name":"Аня"}
            """#),
        .init(.messageSent(.init(messageID: "3f")), #"{"type":"message_sent","messageId":"3f"}"#),
        .init(
            .messageSent(
                .init(
                    messageID: "3f", clientMessageID: "c", cursor: 3,
                    createdAt: Timestamp(iso8601: "2024-01-01T12:00:00.000Z"), duplicate: true)),
            #"""
            {"type":"message_sent","messageId":"3f","clientMessageId":"c","cursor":3,
            "createdAt":"2024-01-01T12:00:00.000Z","duplicate":true}
            """#),
        .init(.newMessage(.init(message: message)), #"{"type":"new_message","message":\#(messageJSON)}"#),
        .init(
            .newMessage(
                .init(message: message, cursor: 4, clientMessageID: "c", product: Product(title: "iPhone 13"))),
            #"""
            {"type":"new_message","message":\#(messageJSON),"cursor":4,"clientMessageId":"c",
            "productTitle":"iPhone 13"}
            """#),
        .init(
            .error(.init(message: ServerText.storageFailed, code: .storageFailed, clientMessageID: "c")),
            #"""
            {"type":"error","message":"Ошибка сохранения сообщения","code":"storage_failed","clientMessageId":"c"}
            """#),
        .init(
            .error(.init(message: ServerText.processingFailed, code: .rateLimited, retryAfterMs: 900)),
            #"{"type":"error","message":"Ошибка обработки сообщения","code":"rate_limited","retryAfterMs":900}"#),
        .init(
            .error(.init(message: ServerText.processingFailed, code: .rateLimited, answers: .block)),
            #"{"type":"error","message":"Ошибка обработки сообщения","code":"rate_limited","answers":"block"}"#),
        .init(.resumeComplete(cursor: 7), #"{"type":"resume_complete","cursor":7}"#),
        .init(.resyncRequired, #"{"type":"resync_required"}"#),
        .init(
            .delivered(user: user("u2"), messageID: "3f"), #"{"type":"delivered","userId":"u2","messageId":"3f"}"#),
        .init(
            .read(user: user("u2"), otherUser: nil, messageID: "3f"),
            #"{"type":"read","userId":"u2","messageId":"3f"}"#),
        .init(
            .read(user: user("u1"), otherUser: user("u2"), messageID: "3f"),
            #"{"type":"read","userId":"u1","otherUserId":"u2","messageId":"3f"}"#),
        .init(.typing(user: user("u2")), #"{"type":"typing","userId":"u2"}"#),
        .init(
            .presence(.init(user: user("u2"), isOnline: true)),
            #"{"type":"presence","userId":"u2","online":true}"#),
        .init(
            .presence(
                .init(user: user("u2"), isOnline: false, lastSeen: Timestamp(iso8601: "2024-01-01T12:00:00.000Z"))),
            #"{"type":"presence","userId":"u2","online":false,"lastSeen":"2024-01-01T12:00:00.000Z"}"#),
        .init(.tokenExpiring(inMs: 59_000), #"{"type":"token_expiring","inMs":59000}"#),
        .init(.blocked(user: user("u2"), isBlocked: true), #"{"type":"blocked","userId":"u2","blocked":true}"#),
        .init(.unknown(type: "wave"), #"{"type":"wave"}"#),
    ]

    @Test("every event has an example") func allKinds() {
        #expect(types(Self.clientEvents) == Set(ClientEvent.Kind.allCases.map(\.rawValue)))
        #expect(types(Self.serverEvents) == Set(ServerEvent.Kind.allCases.map(\.rawValue)))
    }

    /// A field that `init(json:)` forgets is nil without an error, so an example must have it.
    @Test("every field of an event has a value in an example") func allFields() {
        let events = Self.clientEvents.map { $0.event as Any } + Self.serverEvents.map { $0.event as Any }
        var (all, present): (Set<String>, Set<String>) = ([], [])
        for event in events {
            for content in Mirror(reflecting: event).children {
                for field in Mirror(reflecting: content.value).children {
                    let name = "\(type(of: event)).\(content.label ?? "").\(field.label ?? "")"
                    all.insert(name)
                    let value = Mirror(reflecting: field.value)
                    if value.displayStyle != .optional || !value.children.isEmpty { present.insert(name) }
                }
            }
        }
        #expect(all.contains("ServerEvent.authSuccess.name"))
        #expect(all.subtracting(present).sorted() == [])
    }

    /// Without the one that no version knows.
    private func types<Event: Sendable>(_ examples: [EventExample<Event>]) -> Set<String> {
        let types = examples.compactMap { $0.json.firstMatch(of: /"type":"([a-z_]+)"/).map { String($0.1) } }
        return Set(types).subtracting(["wave"])
    }

    @Test(arguments: clientEvents)
    func clientEvent(_ example: EventExample<ClientEvent>) throws {
        #expect(try WireCodec.decode(ClientEvent.self, from: example.json) == example.event)
        #expect(try JSON(WireCodec.encode(example.event)) == JSON(example.json))
    }

    @Test(arguments: serverEvents)
    func serverEvent(_ example: EventExample<ServerEvent>) throws {
        #expect(try WireCodec.decode(ServerEvent.self, from: example.json) == example.event)
        #expect(try JSON(WireCodec.encode(example.event)) == JSON(example.json))
    }

    @Test("an error without a code, as the older server sends it, and one with a code of the future")
    func foreignErrors() throws {
        let old = try WireCodec.decode(ServerEvent.self, from: #"{"type":"error","message":"m"}"#)
        #expect(old == .error(.init(message: "m", code: nil)))
        let new = try WireCodec.decode(ServerEvent.self, from: #"{"type":"error","message":"m","code":"new"}"#)
        #expect(new == .error(.init(message: "m", code: ErrorCode(rawValue: "new"))))
    }

    @Test("a history row keeps what the older server says, and bears what it leaves out")
    func historyPage() throws {
        let row =
            #"{"messages":[\#(messageJSON.dropLast()),"product_id":"p","is_read":true,"updated_at":null,"#
            + #""sender":{"name":"Аня","avatar_url":null}}]}"#
        let page = try WireCodec.decode(HistoryPage.self, from: row)
        #expect(
            page.messages == [
                .init(message: message, productID: "p", isRead: true, sender: .init(name: "Аня"))
            ])
        #expect(page.hasMore == nil)
        #expect(try JSON(WireCodec.encode(page)) == JSON(row))
        let bare = try WireCodec.decode(HistoryPage.self, from: #"{"messages":[\#(messageJSON)]}"#)
        #expect(bare.messages.map(\.message) == [message])
    }

    @Test("a history of protocol 2 tells cursors and marks besides")
    func historyWithMarks() throws {
        let json = #"""
            {"messages":[\#(messageJSON.dropLast()),"product_id":null,"is_read":false,"updated_at":null,
            "sender":{"name":null,"avatar_url":null},"cursor":4,"client_message_id":"c"}],"hasMore":true,
            "marks":[{"userId":"u2","delivered":"3f","read":"3e"}]}
            """#
        let page = HistoryPage(
            messages: [.init(message: message, isRead: false, cursor: 4, clientMessageID: "c")], hasMore: true,
            marks: [ConversationMark(user: user("u2"), delivered: "3f", read: "3e")])
        #expect(try WireCodec.decode(HistoryPage.self, from: json) == page)
        #expect(try JSON(WireCodec.encode(page)) == JSON(json))
    }

    @Test("the list of conversations")
    func conversations() throws {
        let json = #"""
            {"conversations":[{"userId":"u2","name":"Иван","productId":"p","productTitle":"iPhone 13",
            "lastMessage":\#(messageJSON),"unread":2},
            {"userId":"u3","lastMessage":\#(messageJSON),"unread":0,"blocked":true}]}
            """#
        let list = ConversationList(conversations: [
            .init(
                peer: user("u2"), peerName: "Иван", product: Product(id: "p", title: "iPhone 13"),
                lastMessage: message, unread: 2),
            .init(peer: user("u3"), lastMessage: message, unread: 0, isBlocked: true),
        ])
        #expect(try WireCodec.decode(ConversationList.self, from: json) == list)
        #expect(try JSON(WireCodec.encode(list)) == JSON(json))
    }

    @Test("an odd row of the history does not spoil the others")
    func oddRows() throws {
        let fields = #""sender_id":"u1","receiver_id":7,"message_text":"да","created_at":"2024-11-20T11:02:00Z""#
        let rows = [
            #"{"id":1,\#(fields),"product_id":5,"is_read":"нет","updated_at":0,"sender":{"name":[]}}"#,
            #"{"id":"m2",\#(fields),"product_id":null,"sender":null}"#, #"{"id":"m3","message_text":"да"}"#,
            #"{"id":4,"message_text":null}"#, #"{"id":[],\#(fields)}"#, "null", "7", "[]",
        ]
        let page = try WireCodec.decode(HistoryPage.self, from: #"{"messages":[\#(rows.joined(separator: ","))]}"#)
        #expect(page.messages.map(\.message.id) == ["1", "m2"])
        #expect(page.messages.map(\.productID) == ["5", nil])
        #expect(page.messages[0].message.receiver == user("7"))
        #expect(page.unreadable == ["m3", "4", nil, nil, nil, nil])
        #expect(throws: WireCodec.Malformed.self) {
            try WireCodec.decode(HistoryPage.self, from: #"{"messages":7}"#)
        }
    }

    @Test("an odd entry of the list of conversations does not spoil the others")
    func oddConversations() throws {
        let json = #"{"conversations":[{"userId":"u2","unread":0,"lastMessage":\#(messageJSON)},{"userId":"u3"},null]}"#
        let list = try WireCodec.decode(ConversationList.self, from: json)
        #expect(list.conversations.map(\.peer) == [user("u2")] && list.unreadable == 2)
    }

    @Test("ids that are numbers count as what they look like")
    func numbersAsIDs() throws {
        let confirmation = try WireCodec.decode(ServerEvent.self, from: #"{"type":"message_sent","messageId":12}"#)
        #expect(confirmation == .messageSent(.init(messageID: "12")))
    }

    @Test(
        "what is no event is malformed, and crashes nothing",
        arguments: [
            "", "это не JSON", "null", "[]", "{}", "\"auth\"", #"{"type":1}"#, #"{"type":"auth"}"#,
            #"{"type":"auth","userId":""}"#, #"{"type":"auth","userId":"a\u0000"}"#, #"{"type":"auth","userId":7}"#,
            #"{"type":"message"}"#, #"{"type":"message","senderId":"a","receiverId":"b","messageText":"\ud800"}"#,
            #"{"type":"message","senderId":"a","receiverId":"b"}"#,
            #"{"type":"refresh"}"#, #"{"type":"refresh","token":7}"#, #"{"type":"block"}"#,
            #"{"type":"unblock","userId":""}"#, #"{"type":"auth","userId":"a","protocol":1e999}"#,
            String(repeating: "[", count: 100_000), #"{"type":"#, #"{"type":"auth","userId":"a"}}"#,
        ])
    func malformed(_ text: String) {
        #expect(throws: WireCodec.Malformed.self) { try WireCodec.decode(ClientEvent.self, from: text) }
    }

    @Test(
        "numbers from which counting on would overflow are malformed",
        arguments: [
            #"{"type":"resume_complete","cursor":9223372036854775807}"#, #"{"type":"resume_complete","cursor":-1}"#,
            #"{"type":"message_sent","messageId":"m","cursor":9223372036854775807}"#,
            #"{"type":"auth_success","message":"m","protocol":2,"epoch":"e","cursor":9223372036854775807}"#,
            #"{"type":"auth_success","message":"m","limits":{"messageLength":-9223372036854775808}}"#,
            #"{"type":"new_message","message":\#(messageJSON),"cursor":-9223372036854775808}"#,
        ])
    func numbers(_ text: String) {
        #expect(throws: WireCodec.Malformed.self) { try WireCodec.decode(ServerEvent.self, from: text) }
    }

    @Test(
        "no name of a message is read out of what is none, or names itself twice",
        arguments: [
            #"{"type":"read","clientMessageId":"c"}"#, #"{"type":"message","clientMessageId":7}"#,
            #"{"clientMessageId":"c"}"#, #"{"type":"message","clientMessageId":"c""#, #"["clientMessageId"]"#,
            #"{"type":"message","clientMessageId":"c","clientMessageId":"d"}"#,
        ])
    func nameless(_ json: String) {
        #expect {
            try WireCodec.decode(ClientEvent.self, from: json)
        } throws: { error in
            (error as? WireCodec.Malformed)?.clientMessageID == nil
        }
    }

    @Test("what went wrong is told without what was written")
    func malformedDescription() {
        let text = #"{"type":"message","senderId":"a","receiverId":"b","messageText":["secret"]}"#
        do {
            _ = try WireCodec.decode(ClientEvent.self, from: text)
            Issue.record("decoded")
        } catch {
            #expect(error.description == "field 'messageText' is of another type")
        }
    }
}

/// JSON compared by what it means, without regard to the order of keys.
private indirect enum JSON: Decodable, Equatable {
    case null, flag(Bool), number(Double), text(String), list([JSON]), object([String: JSON])

    init(_ json: String) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(json.utf8))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }
}
