import ChatWire

/// Up to which place of the log there may be messages of which user: whoever asks about somebody else waits for no settlement.
struct UserPlaces {
    /// Users of the same hash share one. The hashes are other ones in every process.
    private var places = [Int64](repeating: 0, count: 1 << 14)
    /// Up to there, messages may be anybody's.
    private(set) var everybody: Int64 = 0

    /// - Parameter place: Not before one that was given earlier.
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
