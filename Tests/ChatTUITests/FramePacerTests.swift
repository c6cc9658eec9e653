import Testing

@testable import chat_tui

@Suite("When to paint") struct FramePacerTests {
    @Test("a key is painted at once, and the news of a frame together") func frames() {
        let start = ContinuousClock.now
        var pacer = FramePacer()
        // Changes: the time in milliseconds, whether it causes a paint at once, and when a later paint is due.
        let rows: [(byKey: Bool, at: Int, isPainted: Bool, due: Int?)] = [
            (false, 0, true, nil), (false, 3, false, 16), (false, 15, false, 16), (false, 16, true, nil),
            (false, 20, false, 32), (true, 21, true, nil), (true, 22, true, nil), (false, 30, false, 38),
            (false, 100, true, nil),
        ]
        for (index, row) in rows.enumerated() {
            let isPainted = pacer.changed(byKey: row.byKey, now: start + .milliseconds(row.at))
            #expect(isPainted == row.isPainted, "row \(index)")
            #expect(pacer.due == row.due.map { start + .milliseconds($0) }, "row \(index)")
        }
    }
}
