import Testing

/// Something did not happen in time. It says what there was instead.
struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Calls `look` every 25 ms until it finds something. `state` describes for a failure what was seen last.
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
