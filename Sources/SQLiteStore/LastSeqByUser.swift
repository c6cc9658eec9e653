import ChatWire

/// For each user, the `seq` up to which the log may have messages of that user. A read about another user needs no
/// settlement.
struct LastSeqByUser {
    /// Users with the same hash share an entry. Swift seeds its hashes differently in every process.
    private var places = [Int64](repeating: 0, count: 1 << 14)
    /// Up to this `seq`, messages may be anybody's.
    private(set) var everybody: Int64 = 0

    /// - Parameter place: Not less than one that was given before.
    mutating func insert(_ user: UserID, _ place: Int64) {
        places[index(of: user)] = place
    }

    mutating func insertEverybody(_ place: Int64) {
        everybody = max(everybody, place)
    }

    func place(of user: UserID) -> Int64 {
        max(everybody, places[index(of: user)])
    }

    private func index(of user: UserID) -> Int {
        Int(UInt(bitPattern: user.hashValue) % UInt(places.count))
    }
}
