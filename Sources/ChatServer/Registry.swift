import ChatWire

/// Which connections are whose, and who counts as online. A user may have several connections.
struct Registry<Device: AnyObject> {
    private var connections: [UserID: [ObjectIdentifier: Device]] = [:]
    private var users: [ObjectIdentifier: UserID] = [:]
    /// Who is online to their peers, with the time when they left if they may yet come back.
    private var present: [UserID: Timestamp?] = [:]
    /// Of whom those who are online were told whether they are.
    private var acquaintances: [UserID: Set<UserID>] = [:]
    /// Of whom many are being told that they came or left, and which news that is.
    private var news: [UserID: Int] = [:]
    private var newsSoFar = 0
    /// The server ends: that everybody leaves is nobody's news.
    var isDraining = false

    var count: Int { users.count }

    func connections(of user: UserID) -> [Device] {
        connections[user].map { Array($0.values) } ?? []
    }

    func isConnected(_ user: UserID) -> Bool { connections[user] != nil }

    func isRegistered(_ connection: Device) -> Bool { users[ObjectIdentifier(connection)] != nil }

    /// Does nothing where the user has `most` connections already.
    mutating func insert(_ connection: Device, _ user: UserID, most: Int = .max) {
        // It may have been registered as another user, whose authorisation failed; nobody was told of that one.
        if users[ObjectIdentifier(connection)] != user { _ = remove(connection, at: nil) }
        guard users[ObjectIdentifier(connection)] != nil || connections[user, default: [:]].count < most else { return }
        users[ObjectIdentifier(connection)] = user
        connections[user, default: [:]][ObjectIdentifier(connection)] = connection
        if present[user] != nil { present[user] = .some(nil) }
    }

    /// - Returns: the connection's user, if nobody told their peers yet that they are gone, and now it may be so.
    mutating func remove(_ connection: Device, at time: Timestamp?) -> UserID? {
        let id = ObjectIdentifier(connection)
        guard let user = users.removeValue(forKey: id) else { return nil }
        connections[user]?.removeValue(forKey: id)
        guard connections[user]?.isEmpty == true else { return nil }
        connections[user] = nil
        guard present[user] != nil, let time else { return nil }
        present[user] = .some(time)
        return isDraining ? nil : user
    }

    // MARK: Presence

    func isPresent(_ user: UserID) -> Bool { present[user] != nil }

    /// - Returns: whether the user was not online before.
    mutating func arrive(_ user: UserID) -> Bool {
        guard connections[user] != nil, present[user] == nil else { return false }
        present[user] = .some(nil)
        return true
    }

    /// - Returns: whether the user, who left at that time, has not been back since.
    mutating func depart(_ user: UserID, leftAt time: Timestamp) -> Bool {
        guard connections[user] == nil, present[user] == .some(.some(time)) else { return false }
        present[user] = nil
        acquaintances[user] = nil
        return true
    }

    /// That the user came, or left, takes the place of what was being told of them.
    mutating func beginNews(of user: UserID) -> Int {
        newsSoFar += 1
        news[user] = newsSoFar
        return newsSoFar
    }

    func isLatest(_ number: Int, of user: UserID) -> Bool { news[user] == number }

    mutating func endNews(_ number: Int, of user: UserID) {
        if news[user] == number { news[user] = nil }
    }

    mutating func note(acquaintances peers: [UserID], of user: UserID) {
        guard present[user] != nil else { return }
        acquaintances[user, default: []].formUnion(peers)
    }

    /// These two write to each other.
    /// - Returns: whether both are online, and one of them at least was not told so of the other.
    mutating func meet(_ one: UserID, _ other: UserID) -> Bool {
        guard present[one] != nil, present[other] != nil, one != other else { return false }
        let isNew = acquaintances[one, default: []].insert(other).inserted
        return acquaintances[other, default: []].insert(one).inserted || isNew
    }

    /// Everybody who is online, with the time when they left if they did already.
    var everybodyPresent: [(user: UserID, leftAt: Timestamp?)] { present.map { ($0.key, $0.value) } }
}
