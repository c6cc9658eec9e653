import ChatWire

/// The connections of each user, and who counts as online. A user may have several connections.
struct Registry<Device: AnyObject> {
    private var people: [UserID: Person] = [:]
    private var users: [ObjectIdentifier: UserID] = [:]
    /// The number of the announcement in progress about each user.
    private var announcements: [UserID: Int] = [:]
    private var announcementCount = 0
    /// Whether the server is ending. Nobody is told then that others disconnect.
    var isDraining = false
    /// The users on other nodes.
    var others = OtherNodes()
    /// Whether there may be other nodes. They are told who comes and leaves.
    var hasOtherNodes = false
    /// What they have to be told.
    private var news: [NodeEvent] = []

    var count: Int { users.count }

    /// A user who is connected, or counts as online.
    private struct Person {
        var devices: [Device] = []
        var presence: Presence?
        /// The peers whose presence the user was told of while online.
        var acquaintances: Set<UserID> = []
    }

    /// The state of a user who counts as online.
    private enum Presence: Equatable {
        case online
        /// The user has disconnected and may still come back.
        case left(at: Timestamp)
    }

    func connections(of user: UserID) -> [Device] { people[user]?.devices ?? [] }

    var connectedUsers: [UserID] { people.compactMap { $0.value.devices.isEmpty ? nil : $0.key } }

    func isConnected(_ user: UserID) -> Bool { people[user]?.devices.isEmpty == false }

    func isRegistered(_ connection: Device) -> Bool { users[ObjectIdentifier(connection)] != nil }

    /// Adds a connection, unless the user has `limit` connections already.
    mutating func insert(_ connection: Device, _ user: UserID, limit: Int? = nil) {
        // The connection may have been registered as another user, whose log-in failed. Nobody was told of that user.
        if users[ObjectIdentifier(connection)] != user { _ = remove(connection, at: nil) }
        let isNew = users[ObjectIdentifier(connection)] == nil
        if isNew, let limit, connections(of: user).count >= limit { return }
        users[ObjectIdentifier(connection)] = user
        if isNew { people[user, default: Person()].devices.append(connection) }
        if isOnlineHere(user) { people[user]?.presence = .online }
    }

    /// - Returns: the connection's user if this was their last connection and they count as online until their peers
    ///   are told.
    mutating func remove(_ connection: Device, at time: Timestamp?) -> UserID? {
        guard let user = users.removeValue(forKey: ObjectIdentifier(connection)) else { return nil }
        people[user]?.devices.removeAll { $0 === connection }
        if isConnected(user) { return nil }
        guard isOnlineHere(user) else {
            people[user] = nil
            return nil
        }
        guard let time else { return nil }
        people[user]?.presence = .left(at: time)
        return isDraining ? nil : user
    }

    // MARK: Presence

    func isOnline(_ user: UserID) -> Bool { isOnlineHere(user) || others.have(user) }

    private func isOnlineHere(_ user: UserID) -> Bool { people[user]?.presence != nil }

    /// - Returns: whether the user was offline before.
    mutating func markOnline(_ user: UserID) -> Bool {
        guard isConnected(user), !isOnlineHere(user) else { return false }
        people[user]?.presence = .online
        let isNew = !others.have(user)
        if hasOtherNodes { news.append(.came(user, isAnnounced: isNew)) }
        return isNew
    }

    /// - Returns: whether the user, who left at that time, has not been back since, neither here nor on another node.
    mutating func markOffline(_ user: UserID, leftAt time: Timestamp) -> Bool {
        guard !isConnected(user), people[user]?.presence == .left(at: time) else { return false }
        people[user] = nil
        let isGone = !others.have(user)
        if hasOtherNodes { news.append(.left(user, at: time, isAnnounced: isGone)) }
        return isGone
    }

    /// What other nodes have to be told since the last call.
    mutating func takeNews() -> [NodeEvent] {
        defer { news = [] }
        return news
    }

    /// Those who are online here and may have been told of one of these users, each with those of them.
    func acquaintances(among users: Set<UserID>) -> [(told: UserID, of: [UserID])] {
        people.compactMap { user, person in
            guard person.presence != nil else { return nil }
            let known =
                users.count < person.acquaintances.count
                ? users.filter(person.acquaintances.contains) : person.acquaintances.intersection(users)
            return known.isEmpty ? nil : (user, Array(known))
        }
    }

    /// Starts an announcement, which replaces the one in progress about this user.
    mutating func beginAnnouncement(of user: UserID) -> Int {
        announcementCount += 1
        announcements[user] = announcementCount
        return announcementCount
    }

    func isLatestAnnouncement(_ number: Int, of user: UserID) -> Bool { announcements[user] == number }

    mutating func endAnnouncement(_ number: Int, of user: UserID) {
        if announcements[user] == number { announcements[user] = nil }
    }

    /// The presence that others are told of a user; nil if the user was never online.
    /// - Parameter lastSeen: The last-seen time in the store.
    func presence(of user: UserID, lastSeen: Timestamp?) -> ServerEvent.Presence? {
        if isOnline(user) { return .init(user: user, isOnline: true) }
        return lastSeen.map { .init(user: user, isOnline: false, lastSeen: $0) }
    }

    mutating func note(acquaintances peers: [UserID], of user: UserID) {
        guard isOnlineHere(user) else { return }
        people[user]?.acquaintances.formUnion(peers)
    }

    /// The devices that a message goes to.
    struct Recipients {
        var senderDevices: [Device] = []
        var receiverDevices: [Device] = []
        /// Whether both users are online, and at least one of them was not told so of the other.
        var isFirstContact = false
    }

    /// - Parameter receiver: Nil if only the sender may know of the message.
    mutating func recipients(ofMessageFrom sender: UserID, to receiver: UserID?) -> Recipients {
        let (first, second) = (people.index(forKey: sender), receiver.flatMap { people.index(forKey: $0) })
        var recipients = Recipients()
        if let first { recipients.senderDevices = people.values[first].devices }
        if let second { recipients.receiverDevices = people.values[second].devices }
        if let receiver, let first {
            if let second {
                recipients.isFirstContact = noteAcquaintance(sender, receiver, at: first, second)
            } else if others.have(receiver) {
                recipients.isFirstContact = noteAcquaintance(of: first, with: receiver)
            }
        }
        return recipients
    }

    /// The receiver is on another node only.
    private mutating func noteAcquaintance(of sender: [UserID: Person].Index, with receiver: UserID) -> Bool {
        guard people.values[sender].presence != nil else { return false }
        return people.values[sender].acquaintances.insert(receiver).inserted
    }

    private mutating func noteAcquaintance(
        _ one: UserID, _ other: UserID, at first: [UserID: Person].Index, _ second: [UserID: Person].Index
    ) -> Bool {
        guard first != second, people.values[first].presence != nil, people.values[second].presence != nil else {
            return false
        }
        // Most users have met before, and nothing has to change then.
        let isNew = !people.values[first].acquaintances.contains(other)
        if isNew { people.values[first].acquaintances.insert(other) }
        if people.values[second].acquaintances.contains(one) { return isNew }
        people.values[second].acquaintances.insert(one)
        return true
    }

    /// All users who count as online, with the time at which they left if they have disconnected.
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
