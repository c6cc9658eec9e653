import ChatWire

// Events as lines of a parcel: a letter and fields, with tabs between them. No field contains a control character: ids
// have none, and JSON escapes them.
//
// The bus is trusted with presence and receipts, and with nothing else. So a line is read only if it is one that a node
// writes.

extension NodeEvent {
    /// - Parameter room: The bytes that one line may have. Lists are cut into several lines.
    func lines(fitting room: Int) -> [String] {
        switch self {
        case .feedsGrew(let hints): hints.map { "g\t\($0.cursor)\t\($0.sent)\t\($0.user.wire)" }
        case .relay(let event, let user, let isBehindMessages):
            ["r\t\(Self.text(isBehindMessages))\t\(user.wire)\t\(WireCodec.encode(event))"]
        case .came(let user, let isAnnounced): ["c\t\(Self.text(isAnnounced))\t\(user.wire)"]
        case .left(let user, let time, let isAnnounced):
            ["l\t\(Self.text(isAnnounced))\t\(time.microseconds)\t\(user.wire)"]
        case .tell(let peers, let user, let lastSeen):
            Self.pieces(of: peers, fitting: room - user.wire.utf8.count - 30).map { piece, _, _ in
                "t\t\(lastSeen.map { String($0.microseconds) } ?? "")\t\(user.wire)\(piece)"
            }
        case .handshakes(let count, let address): ["h\t\(count)\t\(address)"]
        case .started: ["s"]
        case .rosterWanted(let node): ["w\t\(node.name)\t\(node.run)"]
        case .roster(let users, let isFirst, let isLast):
            Self.pieces(of: users, fitting: room - 10).map { piece, startsHere, endsHere in
                "u\t\(Self.text(isFirst && startsHere))\t\(Self.text(isLast && endsHere))\(piece)"
            }
        case .ending: ["e"]
        }
    }

    /// Cuts a list of users into texts. There is one even for an empty list.
    private static func pieces(
        of users: [UserID], fitting room: Int
    ) -> [(text: String, isFirst: Bool, isLast: Bool)] {
        var texts = [""]
        for user in users {
            if !texts[texts.count - 1].isEmpty, texts[texts.count - 1].utf8.count + user.wire.utf8.count >= room {
                texts.append("")
            }
            texts[texts.count - 1] += "\t" + user.wire
        }
        return texts.indices.map { (texts[$0], $0 == 0, $0 == texts.count - 1) }
    }

    /// What a parcel can say happened. More would be forged.
    private static let counts = 0...65_536
    /// In bytes. The longest text of an IPv6 address has 45, and some have a zone.
    private static let longestAddress = 64

    /// Nil for a time that is none of this program's.
    private static func time(_ text: Substring) -> Timestamp? {
        guard let microseconds = Int64(text), 0...253_402_300_799_999_999 ~= microseconds else { return nil }
        return Timestamp(microseconds: microseconds)
    }

    private static func text(_ flag: Bool) -> String { flag ? "1" : "0" }

    /// Nil for a line that this version does not know.
    init?(line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        func flag(_ index: Int) -> Bool { fields[index] == "1" }
        func users(from index: Int) -> [UserID] { fields[index...].compactMap { UserID(String($0)) } }
        switch (fields[0], fields.count) {
        case ("g", 4):
            guard let cursor = Int(fields[1]), cursor >= 0, let sent = Int(fields[2]), Self.counts ~= sent,
                let user = UserID(String(fields[3]))
            else {
                return nil
            }
            self = .feedsGrew([FeedHint(user: user, cursor: cursor, sent: sent)])
        case ("r", 4):
            guard let user = UserID(String(fields[2])),
                let event = try? WireCodec.decode(ServerEvent.self, from: String(fields[3])),
                event.isRelayed(to: user, behindMessages: flag(1))
            else { return nil }
            self = .relay(event, to: user, behindMessages: flag(1))
        case ("c", 3):
            guard let user = UserID(String(fields[2])) else { return nil }
            self = .came(user, isAnnounced: flag(1))
        case ("l", 4):
            guard let time = Self.time(fields[2]), let user = UserID(String(fields[3])) else { return nil }
            self = .left(user, at: time, isAnnounced: flag(1))
        case ("t", 3...):
            let lastSeen = Self.time(fields[1])
            guard lastSeen != nil || fields[1].isEmpty, let user = UserID(String(fields[2])) else { return nil }
            self = .tell(users(from: 3), about: user, lastSeen: lastSeen)
        case ("h", 3):
            guard let count = Int(fields[1]), Self.counts ~= count, 1...Self.longestAddress ~= fields[2].utf8.count
            else { return nil }
            self = .handshakes(count, from: String(fields[2]))
        case ("s", 1): self = .started
        case ("w", 3):
            let node = NodeID(name: String(fields[1]), run: String(fields[2]))
            guard node.isSound else { return nil }
            self = .rosterWanted(of: node)
        case ("u", 3...): self = .roster(users(from: 3), isFirst: flag(1), isLast: flag(2))
        case ("e", 1): self = .ending
        default: return nil
        }
    }
}

extension ServerEvent {
    /// Whether a node tells others of such an event. Messages, errors and everything about a connection come from the node
    /// that the device is at, and from the database.
    fileprivate func isRelayed(to recipient: UserID, behindMessages: Bool) -> Bool {
        switch self {
        case .delivered(_, let id): UUIDText.isCanonical(id.wire)
        // A user's own mark goes to their other devices.
        case .read(let user, let peer, let id): UUIDText.isCanonical(id.wire) && (peer == nil || user == recipient)
        case .typing, .presence, .blocked: !behindMessages
        case .authSuccess, .messageSent, .newMessage, .error, .resumeComplete, .resyncRequired, .tokenExpiring,
            .unknown:
            false
        }
    }
}
