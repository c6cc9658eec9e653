import Testing

/// What did not happen in time, with what there was instead.
struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Looks every 25 ms until `look` finds something. `state` tells in the failure what was seen last.
@discardableResult
func wait<Found>(
    for what: String, within limit: Duration = .seconds(30), state: () throws -> String = { "" },
    _ look: () throws -> Found?
) async throws -> Found {
    let deadline = ContinuousClock.now + limit
    while true {
        if let found = try look() { return found }
        if ContinuousClock.now >= deadline {
            throw TimedOut(description: "waited \(limit) for \(what)\n\(try state())")
        }
        try await Task.sleep(for: .milliseconds(25))
    }
}
