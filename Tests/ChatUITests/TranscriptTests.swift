import ChatWire
import Testing

@testable import ChatUI

struct TranscriptTests {
    /// Messages are digits. The digit is the number of seconds after the start of its time.
    @Test(arguments: [
        ("", "123", "123"),
        ("123", "", "123"),
        ("456", "123", "123456"),  // an older page
        ("123", "456", "123456"),  // after a gap
        ("123", "2345", "12345"),  // an overlap
        ("12389", "34567", "123456789"),  // 8 and 9 arrived while the page was being loaded
        ("9", "1234", "12349"),
        ("1234", "1234", "1234"),
        ("1324", "1234", "1234"),  // the server's order is kept
        ("15", "123451", "12345"),
        ("19", "1199", "19"),
        ("159", "37", "13579"),
    ])
    func merge(_ before: String, _ page: String, _ after: String) {
        var transcript = Transcript(user: .me)
        for digit in before { transcript.append(.numbered(digit)) }
        transcript.merge(page.map { .numbered($0) })
        #expect(transcript.stored.map(\.id.wire).joined() == after)
        for (index, message) in transcript.stored.enumerated() { #expect(transcript.place(of: message.id) == index) }
    }

    /// A new message is the last one, whatever its time.
    @Test func aClockThatJumpsMovesNothing() {
        var transcript = Transcript(user: .me)
        for digit in "192" { transcript.append(.numbered(digit)) }
        transcript.openGapAtEnd()
        transcript.append(.numbered("5"))
        transcript.merge("83".map { .numbered($0) }, hasOlder: true)  // after the gap
        #expect(transcript.stored.map(\.id.wire).joined() == "192835")
        transcript.merge("74".map { .numbered($0) }, before: "8")
        #expect(transcript.stored.map(\.id.wire).joined() == "19274835")
        transcript.merge("6835".map { .numbered($0) })
        #expect(transcript.stored.map(\.id.wire).joined() == "192746835")
        transcript.mergeOldest("0".map { .numbered($0) })
        #expect(transcript.stored.map(\.id.wire).joined() == "0192746835")
    }

    /// A page that was fetched before the connection was lost may come after that. The cursors say that it does not belong
    /// behind the gap.
    @Test(arguments: [("5", "1234", "12345"), ("25", "234", "2345"), ("5", "678", "5678"), ("25", "267", "2567")])
    func aPageFromBeforeTheGap(_ before: String, _ page: String, _ after: String) {
        func message(_ digit: Character) -> Message {
            var message = Message.numbered(digit)
            message.cursor = digit.wholeNumberValue
            return message
        }
        var transcript = Transcript(user: .me)
        for digit in before { transcript.append(message(digit)) }
        transcript.openGapAtEnd()
        transcript.merge(page.map(message))
        #expect(transcript.stored.map(\.id.wire).joined() == after)
    }

    /// A message whose confirmation came late is inserted by its cursor.
    @Test func aLateMessageHasItsPlace() {
        var transcript = Transcript(user: .me)
        for (cursor, digit) in "192".enumerated() {
            var message = Message.numbered(digit)
            message.cursor = cursor * 2
            transcript.append(message)
        }
        var late = Message.numbered("8")
        late.cursor = 3
        let isNew = (0..<2).map { _ in transcript.insert(late) }
        #expect(isNew == [true, false])
        #expect(transcript.stored.map(\.id.wire).joined() == "1982")
        #expect(transcript.place(of: "2") == 3)
    }

    /// If two marks come before their messages, the further one counts.
    @Test(arguments: [["2", "1"], ["1", "2"]]) func marksBeforeTheMessages(_ order: [String]) {
        var transcript = Transcript(user: .me)
        for id in order { transcript.move(\.delivered, to: MessageID(String(id))) }
        transcript.merge("123".map { .numbered($0) })
        #expect(transcript.marks.delivered.place == 1)
    }

    @Test func idsAreComparedByBytes() {
        var transcript = Transcript(user: .me)
        transcript.append(.make("\u{E9}"))
        transcript.append(.make("e\u{301}"))
        transcript.merge(["\u{E9}", "e\u{301}"].map { .make($0) })
        #expect(transcript.stored.count == 2)
    }

    /// If the times are equal, a message that arrived live stays after the page.
    @Test func arrivalOrderBreaksTies() {
        var transcript = Transcript(user: .me)
        for id: MessageID in ["a", "x"] { transcript.append(.make(id)) }
        transcript.merge(["a", "b", "c"].map { .make(MessageID($0)) })
        #expect(transcript.stored.map(\.id) == ["a", "b", "c", "x"])
    }

    @Test func confirmationMovesAMessageAmongTheStored() {
        var transcript = Transcript(user: .me)
        for (id, text) in [("own1", "раз"), ("own2", "два")] as [(ClientMessageID, UntrustedText)] {
            transcript.putPending(.init(id: id, text: text, createdAt: .noon, status: .waiting))
        }
        transcript.append(.make("m1"))
        transcript.removePending("own2")
        let isNew = (0..<2).map { _ in transcript.append(.make("m2", "два", own: true)) }
        #expect(isNew == [true, false])
        let ids = (0..<transcript.count).map { transcript.line(at: $0).id }
        #expect(ids == [.stored("m1"), .stored("m2"), .pending("own1")])
        #expect(transcript.index(of: .pending("own1")) == 2)
    }

    /// The messages that are there, the pages that come (`<` if there are older messages, `<5` if it was requested
    /// before message 5), and the messages after which some are missing.
    @Test(arguments: [
        ("123", ["<234"], ""),
        ("123", ["456"], ""),
        ("123", ["<78"], "3"),
        ("123", ["<78", "<7 56"], ""),
        ("123", ["<78", "<7 3456"], ""),
        ("123", ["<78", "<7 456"], ""),
        ("123", ["<78", "<7 <56"], "3"),
        ("123", ["<78", "<7 <3456"], ""),
        ("123", ["<78", "<7 <456", "<4 <23"], ""),
        ("123", ["<78", "<7 "], ""),
        ("123", ["<78", "<7 <"], "3"),
        ("123", ["<56", "<89"], "36"),
        ("789", ["<56"], ""),
        ("", ["<56"], ""),
    ])
    func holes(_ before: String, _ pages: [String], _ holes: String) {
        var transcript = Transcript(user: .me)
        for digit in before { transcript.append(.numbered(digit)) }
        for page in pages {
            let parts = page.split(separator: " ", omittingEmptySubsequences: false)
            let asked = parts.count > 1 ? String(parts[0].dropFirst()) : nil
            let messages = parts[parts.count - 1].filter(\.isNumber).map { Message.numbered($0) }
            transcript.merge(
                messages, hasOlder: parts[parts.count - 1].hasPrefix("<"), before: asked.map { MessageID($0) })
        }
        let found = transcript.stored.indices.filter { transcript.gap(after: $0) == .hole }
        #expect(found.map { transcript.stored[$0].id.wire }.joined() == holes)
        #expect(transcript.holes.count == found.count)
    }

    @Test func theOpenGapStaysBehindItsMessage() {
        var transcript = Transcript(user: .me)
        transcript.openGapAtEnd()
        #expect(transcript.openGap == nil)
        for digit in "56" { transcript.append(.numbered(digit)) }
        transcript.openGapAtEnd()
        transcript.append(.numbered("8"))
        transcript.openGapAtEnd()
        transcript.merge("345678".map { .numbered($0) })
        let gaps = transcript.stored.indices.filter { transcript.gap(after: $0) == .open }
        #expect(gaps.map { transcript.stored[$0].id.wire } == ["6"])
        transcript.closeOpenGap()
        #expect(transcript.stored.indices.allSatisfy { transcript.gap(after: $0) == nil })
    }

    /// Steps: a digit is a new message, `r5` a read mark, `p34` a page. The result is what the mark covers.
    @Test(arguments: [
        (["1", "2", "3", "r2"], "12"),
        (["1", "2", "3", "r2", "r1"], "12"),
        (["1", "2", "3", "r9"], ""),
        (["1", "2", "3", "r2", "r9"], "12"),
        (["1", "r9", "2", "9", "3"], "129"),
        (["5", "6", "r5", "p34"], "345"),
        (["5", "6", "r3"], ""),
        (["5", "6", "r3", "p234"], "23"),
        (["5", "6", "r5", "r3", "p234"], "2345"),
        (["r2", "p123"], "12"),
        (["5", "r9", "p589", "6"], "589"),
    ])
    func marks(_ steps: [String], _ covered: String) {
        var transcript = Transcript(user: .me)
        for step in steps {
            switch step.first {
            case "r": transcript.move(\.read, to: MessageID(String(step.dropFirst())))
            case "p": transcript.merge(step.dropFirst().map { .numbered($0) })
            default: for digit in step { transcript.append(.numbered(digit)) }
            }
        }
        let lines = transcript.stored.indices.map { transcript.line(at: $0) }
        #expect(
            lines.filter { $0.state == .read }.compactMap { if case .stored(let id) = $0.id { id.wire } else { nil } }
                .joined() == covered)
    }
}

extension Message {
    fileprivate static func numbered(_ digit: Character) -> Message {
        let seconds = Int64(digit.wholeNumberValue ?? 0)
        return .make(MessageID(String(digit)), at: Timestamp(seconds: seconds))
    }
}
