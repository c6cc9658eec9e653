import ChatWire
import Testing

@testable import ChatUI

struct TranscriptTests {
    /// Messages are digits, and each is as many seconds old as its digit says it should be.
    @Test(arguments: [
        ("", "123", "123"),
        ("123", "", "123"),
        ("456", "123", "123456"),  // an older page
        ("123", "456", "123456"),  // after a gap
        ("123", "2345", "12345"),  // an overlap
        ("12389", "34567", "123456789"),  // 8 and 9 arrived while the page was under way
        ("9", "1234", "12349"),
        ("1234", "1234", "1234"),
        ("1324", "1234", "1234"),  // the server's order counts
        ("15", "123451", "12345"),
        ("19", "1199", "19"),
        ("159", "37", "13579"),
    ])
    func merge(_ before: String, _ page: String, _ after: String) {
        var transcript = Transcript()
        for digit in before { transcript.append(.numbered(digit)) }
        transcript.merge(page.map { .numbered($0) })
        #expect(transcript.stored.map(\.id).joined() == after)
        for (index, message) in transcript.stored.enumerated() { #expect(transcript.index(of: message.id) == index) }
    }

    @Test func idsAreComparedByBytes() {
        var transcript = Transcript()
        transcript.append(.make("\u{E9}"))
        transcript.append(.make("e\u{301}"))
        transcript.merge(["\u{E9}", "e\u{301}"].map { .make($0) })
        #expect(transcript.stored.count == 2)
    }

    /// Where the times say nothing, what arrived live stays behind the page.
    @Test func arrivalOrderBreaksTies() {
        var transcript = Transcript()
        for id in ["a", "x"] { transcript.append(.make(id)) }
        transcript.merge(["a", "b", "c"].map { .make($0) })
        #expect(transcript.stored.map(\.id) == ["a", "b", "c", "x"])
    }

    @Test func confirmationMovesAMessageAmongTheStored() {
        var transcript = Transcript()
        transcript.appendPending(id: "own1", text: "раз", createdAt: .noon)
        transcript.appendPending(id: "own2", text: "два", createdAt: .noon)
        transcript.append(.make("m1"))
        transcript.removePending("own2")
        let isNew = (0..<2).map { _ in transcript.append(.make("m2", "два", own: true)) }
        #expect(isNew == [true, false])
        let ids = (0..<transcript.count).map { transcript.line(at: $0, user: .me).id }
        #expect(ids == ["m1", "m2", "own1"])
        #expect(transcript.index(of: "own1") == 2)
    }
}

extension Message {
    fileprivate static func numbered(_ digit: Character) -> Message {
        let seconds = Int64(digit.wholeNumberValue ?? 0)
        return .make(String(digit), at: Timestamp(seconds: seconds))
    }
}
