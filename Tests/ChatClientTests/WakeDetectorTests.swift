import Testing

@testable import ChatClient

@Suite("Detecting the machine's sleep")
struct WakeDetectorTests {
    /// By how much both clocks advance before a look, and the sleep that the look reports, in seconds.
    struct Look: Sendable {
        var passed: Double
        var awake: Double
        var slept: Double?
    }

    static let nights: [[Look]] = [
        // An idle program, a busy one, and one that was stopped for an hour.
        [Look(passed: 60, awake: 60), Look(passed: 0, awake: 0), Look(passed: 3600, awake: 3600)],
        // A night is reported once.
        [Look(passed: 28_800, awake: 30, slept: 28_770), Look(passed: 60, awake: 60)],
        // Two sleeps between two looks count as one.
        [Look(passed: 1, awake: 1), Look(passed: 100, awake: 10, slept: 90), Look(passed: 5, awake: 2, slept: 3)],
        // The clocks are read one after the other, and the process may lose the processor in between.
        [Look(passed: 10, awake: 10.9), Look(passed: 10, awake: 9.1), Look(passed: 10, awake: 8.1)],
        // Naps that no connection notices do not add up.
        [Look(passed: 2, awake: 0.5), Look(passed: 2, awake: 0.5), Look(passed: 2, awake: 0, slept: 2)],
    ]

    @Test(arguments: nights)
    func looks(_ looks: [Look]) {
        var reading = WakeDetector.Reading.now
        var detector = WakeDetector(reading)
        for look in looks {
            reading.continuous += .seconds(look.passed)
            reading.suspending += .seconds(look.awake)
            let slept = detector.check(reading)
            #expect((slept == nil) == (look.slept == nil))
            if let slept, let expected = look.slept { #expect(slept - .seconds(expected) < .milliseconds(1)) }
        }
    }

    /// The real clocks do not drift apart while the machine is awake.
    @Test func awake() async throws {
        var detector = WakeDetector()
        for _ in 0..<10 {
            try await Task.sleep(for: .milliseconds(10))
            #expect(detector.check() == nil)
        }
    }
}
