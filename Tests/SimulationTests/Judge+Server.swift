import ChatServer
import ChatWire
import Foundation

// What the server says, and to whom.

extension Judge {
    func serverLogged(_ line: LogLine) {
        switch line {
        case .badEvent(let reason):
            // After a restore people have seen what the server does not know.
            if lostMessages.isEmpty || reason.contains("ack") { fail("the server was told nonsense: \(reason)") }
        case .refused(let code): if code != .rateLimited { fail("the server refuses a message: \(code.rawValue)") }
        default: break
        }
    }

    func told(_ event: ServerEvent, to client: any ClientEnd) {
        if let client = client as? OldClient, case .messageSent(let event) = event,
            !world.server.isStored(event.messageID)
        {
            fail("\(client.name) is told that \(event.messageID) is stored")
        }
    }

    /// A client of protocol 1 is sent four events, with their fields.
    func checkProtocol1(_ event: ServerEvent) {
        guard let json = try? JSONSerialization.jsonObject(with: Data(WireCodec.encode(event).utf8)) as? [String: Any]
        else { return fail("no JSON: \(event)") }
        let fields = Set(json.keys)
        let isRight =
            switch json["type"] as? String {
            case "auth_success": fields == ["type", "message"]
            case "message_sent": fields == ["type", "messageId"]
            case "error": fields.isSubset(of: ["type", "message", "code"])
            case "new_message":
                fields == ["type", "message"]
                    && Set((json["message"] as? [String: Any] ?? [:]).keys)
                        == ["id", "sender_id", "receiver_id", "message_text", "created_at"]
            default: false
            }
        if !isRight { fail("a client of protocol 1 was sent \(json)") }
    }

    /// What an old client gets while it is connected is a run of what was written to it.
    func checkFeed(of client: OldClient) {
        guard let server = world.server as? CurrentServer, client.received.count > 1 else { return }
        let messages = server.messages(to: client.user)
        let ids = client.received.suffix(2).map(\.id)
        if !lostMessages.isDisjoint(with: ids) { return }
        guard let place = messages.firstIndex(of: ids[0]), messages.dropFirst(place + 1).first == ids[1] else {
            return fail("\(client.name) got \(ids[1]) after \(ids[0])")
        }
    }

    /// At rest, it has got everything since the first one.
    func checkEnd(of client: OldClient) {
        guard let server = world.server as? CurrentServer, let last = client.received.last else { return }
        if server.messages(to: client.user).last != last.id { fail("\(client.name) did not get the last message") }
    }

    func throughJSON<Event: JSONCodable & Hashable>(_ event: Event) -> Event {
        do {
            return try WireCodec.decode(Event.self, from: WireCodec.encode(event))
        } catch {
            fail("\(event) does not survive JSON: \(error)")
            return event
        }
    }
}
