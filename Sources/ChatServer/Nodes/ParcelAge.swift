import ChatWire

/// Tells whether one node's parcels were held up on their way, although the clocks of the two nodes have nothing in common.
///
/// The parcel that was on its way for the shortest time is the measure of all others. Signs of life come all the time. So
/// if nothing has been in time for a while, it is the measure that is wrong, as after a clock stood still.
struct ParcelAge: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What lay between the sender's time and the time here when a parcel was not held up.
    private var difference: Duration?
    private var lateSince: Instant?

    /// - Parameter start: Any time, and always the same.
    mutating func isLate(_ parcel: Parcel, since start: Instant, now: Instant) -> Bool {
        guard let sentAfter = parcel.sentAfter else { return false }
        let found = (now - start) - sentAfter
        guard let usual = difference, found - usual > Self.moment else {
            difference = min(found, difference ?? found)
            lateSince = nil
            return false
        }
        lateSince = lateSince ?? now
        if let lateSince, now - lateSince > Self.patience {
            difference = found
            self.lateSince = nil
        }
        return true
    }

    /// How long somebody who was heard typing may still be typing.
    private static let moment: Duration = .seconds(4)
    private static let patience: Duration = .seconds(10)
}

extension NodeEvent {
    /// Whether the event says what is so at this moment, and is of no use later.
    var isMomentary: Bool {
        switch self {
        case .relay(.typing, to: _, behindMessages: _): true
        case .relay, .feedsGrew, .came, .left, .tell, .handshakes, .started, .rosterWanted, .roster, .ending: false
        }
    }
}
