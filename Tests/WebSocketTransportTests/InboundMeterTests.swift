import Testing

@testable import WebSocketTransport

@Suite struct InboundTallyTests {
    /// The bytes that arrived, the messages reported, the bytes held, and the frames so far. `others` is the overhead
    /// that is reported.
    struct Step {
        var came: Int
        var messages: [Int] = []
        var held = 0
        var frames: Int
        var others: [Int]?
    }

    static let stories: [[Step]] = [
        // Only messages: their headers are reported when there are enough of them.
        [
            Step(came: 106, messages: [100], frames: 1),
            Step(came: 162, messages: [50, 50, 50], frames: 4, others: nil),
            Step(came: 46 + 10, messages: [10], frames: 5, others: [0, 64]), Step(came: 0, frames: 5),
        ],
        // A pong and an empty fragment are reported at once.
        [Step(came: 6, frames: 1, others: [1, 6]), Step(came: 12, frames: 3, others: [2, 12])],
        // Held bytes are reported when they are parsed.
        [
            Step(came: 3, held: 3, frames: 0), Step(came: 3, frames: 1, others: [1, 6]),
            Step(came: 1000, held: 1000, frames: 1), Step(came: 8, messages: [994], frames: 2),
            Step(came: 6, frames: 3, others: [1, 20]),
        ],
    ]

    @Test(arguments: stories.indices) func everyByteIsToldOnce(_ story: Int) {
        var meter = InboundMeter()
        for (index, step) in Self.stories[story].enumerated() {
            meter.came(bytes: step.came)
            for bytes in step.messages { meter.willTell(bytes: bytes) }
            let others = meter.takeOthers(heldBytes: step.held, frames: step.frames)
            #expect(others.map { [$0.frames, $0.bytes] } == step.others, "step \(index + 1)")
        }
    }
}
