import ChatWire

/// Which connections are whose, and who counts as online. A user may have several connections.
struct Registry<Device: AnyObject> {
    private var people: [UserID: Person] = [:]
    private var users: [ObjectIdentifier: UserID] = [:]
    /// Of whom many are being told that they came or left, and which news that is.
    private var announcements: [UserID: Int] = [:]
    private var announcementCount = 0
    /// The server ends: that everybody leaves is nobody's news.
    var isDraining = false

    var count: Int { users.count }

    /// A user who is connected, or online to their peers.
    private struct Person {
        var devices: [Device] = []
        var presence: Presence?
        /// Of whom they were told, as long as they are online, whether they are.
        var acquaintances: Set<UserID> = []
    }

    /// Online to their peers.
    private enum Presence: Equatable {
        case online
        /// They may yet come back.
        case left(at: Timestamp)
    }

    func connections(of user: UserID) -> [Device] { people[user]?.devices ?? [] }

    func isConnected(_ user: UserID) -> Bool { people[user]?.devices.isEmpty == false }

    func isRegistered(_ connection: Device) -> Bool { users[ObjectIdentifier(connection)] != nil }

    /// Does nothing where the user has `most` connections already.
    mutating func insert(_ connection: Device, _ user: UserID, limit: Int = .max) {
        // It may have been registered as another user, whose authorisation failed; nobody was told of that one.
        if users[ObjectIdentifier(connection)] != user { _ = remove(connection, at: nil) }
        let isNew = users[ObjectIdentifier(connection)] == nil
        if isNew, connections(of: user).count >= limit { return }
        users[ObjectIdentifier(connection)] = user
        if isNew { people[user, default: Person()].devices.append(connection) }
        if isOnline(user) { people[user]?.presence = .online }
    }

    /// - Returns: the connection's user, if nobody told their peers yet that they are gone, and now it may be so.
    mutating func remove(_ connection: Device, at time: Timestamp?) -> UserID? {
        guard let user = users.removeValue(forKey: ObjectIdentifier(connection)) else { return nil }
        people[user]?.devices.removeAll { $0 === connection }
        if isConnected(user) { return nil }
        guard isOnline(user) else {
            people[user] = nil
            return nil
        }
        guard let time else { return nil }
        people[user]?.presence = .left(at: time)
        return isDraining ? nil : user
    }

    // MARK: Presence

    func isOnline(_ user: UserID) -> Bool { people[user]?.presence != nil }

    /// - Returns: whether the user was not online before.
    mutating func markOnline(_ user: UserID) -> Bool {
        guard isConnected(user), !isOnline(user) else { return false }
        people[user]?.presence = .online
        return true
    }

    /// - Returns: whether the user, who left at that time, has not been back since.
    mutating func markOffline(_ user: UserID, leftAt time: Timestamp) -> Bool {
        guard !isConnected(user), people[user]?.presence == .left(at: time) else { return false }
        people[user] = nil
        return true
    }

    /// That the user came, or left, takes the place of what was being told of them.
    mutating func beginAnnouncement(of user: UserID) -> Int {
        announcementCount += 1
        announcements[user] = announcementCount
        return announcementCount
    }

    func isLatestAnnouncement(_ number: Int, of user: UserID) -> Bool { announcements[user] == number }

    mutating func endAnnouncement(_ number: Int, of user: UserID) {
        if announcements[user] == number { announcements[user] = nil }
    }

    /// What is told of a user; nil of somebody who was never here.
    /// - Parameter lastSeen: As the store has it.
    func presence(of user: UserID, lastSeen: Timestamp?) -> ServerEvent.Presence? {
        if isOnline(user) { return .init(user: user, isOnline: true) }
        return lastSeen.map { .init(user: user, isOnline: false, lastSeen: $0) }
    }

    mutating func note(acquaintances peers: [UserID], of user: UserID) {
        guard isOnline(user) else { return }
        people[user]?.acquaintances.formUnion(peers)
    }

    /// The way of a message.
    struct Recipients {
        var senderDevices: [Device] = []
        var receiverDevices: [Device] = []
        /// Both users are online, and one of them at least was not told so of the other.
        var isFirstContact = false
    }

    /// - Parameter receiver: Nil where only the sender knows of the message.
    mutating func recipients(ofMessageFrom sender: UserID, to receiver: UserID?) -> Recipients {
        let (first, second) = (people.index(forKey: sender), receiver.flatMap { people.index(forKey: $0) })
        var recipients = Recipients()
        if let first { recipients.senderDevices = people.values[first].devices }
        if let second { recipients.receiverDevices = people.values[second].devices }
        if let receiver, let first, let second {
            recipients.isFirstContact = noteAcquaintance(sender, receiver, at: first, second)
        }
        return recipients
    }

    private mutating func noteAcquaintance(
        _ one: UserID, _ other: UserID, at first: [UserID: Person].Index, _ second: [UserID: Person].Index
    ) -> Bool {
        guard first != second, people.values[first].presence != nil, people.values[second].presence != nil else {
            return false
        }
        // Most know each other, and then nothing is changed.
        let isNew = !people.values[first].acquaintances.contains(other)
        if isNew { people.values[first].acquaintances.insert(other) }
        if people.values[second].acquaintances.contains(one) { return isNew }
        people.values[second].acquaintances.insert(one)
        return true
    }

    /// Everybody who is online, with the time when they left if they did already.
    var onlineUsers: [(user: UserID, leftAt: Timestamp?)] {
        people.compactMap { user, person in
            switch person.presence {
            case .online: (user, nil)
            case .left(let time): (user, time)
            case nil: nil
            }
        }
    }
}
