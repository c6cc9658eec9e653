import Testing

@testable import ChatWire

@Suite struct UUIDVersion7Tests {
    /// 2024-01-01T12:00:00Z
    private let noon = Timestamp(seconds: 1_704_110_400)

    /// In the same millisecond, in the next one, and after the clock went back.
    @Test func eachIsAboveTheOneBefore() {
        var sequence = UUIDVersion7.Sequence()
        var last = sequence.make(at: noon)
        for step in 0..<20_000 {
            let milliseconds = Int64(step / 5000 * (step < 15_000 ? 1 : -1))
            let id = sequence.make(at: Timestamp(microseconds: noon.microseconds + milliseconds * 1000))
            guard last.precedes(inBytes: id) else {
                Issue.record("\(id) came after \(last)")
                return
            }
            last = id
        }
        #expect(last.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    }

    @Test func itBeginsWithTheTime() {
        var sequence = UUIDVersion7.Sequence()
        #expect(sequence.make(at: noon).hasPrefix("018cc4e5-2200-7"))
    }

    /// By bytes and not by characters: `é` in its two forms, and a prefix before the whole.
    @Test func textsAreInTheOrderOfTheirBytes() {
        let texts = ["", "A", "a", "ab", "e\u{301}", "\u{E9}"]
        for (place, one) in texts.enumerated() {
            for (other, text) in texts.enumerated() { #expect(one.precedes(inBytes: text) == (place < other)) }
        }
    }
}
