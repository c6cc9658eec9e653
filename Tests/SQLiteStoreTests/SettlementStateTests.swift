import ChatServer
import ChatWire
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

/// Who waits for settlement, and for how much of it. The test has its own clock.
@Suite struct SettlementStateTests {
    private let start = ContinuousClock.now

    private func stored(_ first: Int64, _ last: Int64, from sender: UserID = alice, to receiver: UserID = bob)
        -> [AppendOutcome]
    {
        (first...last).map { seq in
            .stored(
                StoredMessage(
                    message: Message(id: "\(seq)", sender: sender, receiver: receiver, text: "x", createdAt: noon),
                    senderCursor: Int(seq), receiverCursor: Int(seq)))
        }
    }

    /// The state of a server that opened its database and settled everything up to `seq` 10.
    private func opened() -> SettlementState {
        var state = SettlementState(isOnlyWriter: true)
        state.note(.init(end: 10, count: 0, isWhole: true))
        return state
    }

    private func ask(
        _ state: inout SettlementState, _ scope: ReadScope, at time: Duration = .zero, _ told: Told = Told()
    ) -> String {
        let answer = state.ask(scope, at: start + time, within: .milliseconds(100)) { isSettled in
            told.answers.withLock { $0.append(isSettled) }
        }
        return switch answer {
        case .now(let isSettled): "\(isSettled)"
        case .later(let begins): begins ? "begins" : "waits"
        }
    }

    private final class Told: Sendable {
        let answers = Mutex<[Bool]>([])
        var all: [Bool] { answers.withLock { $0 } }
    }

    @Test func nobodyWaitsForWhatIsSettledOrSomebodyElses() {
        var state = opened()
        #expect(ask(&state, .allMessages) == "true")
        state.noteStored(stored(11, 12), first: 11, last: 12)
        #expect(ask(&state, .noMessages) == "true")
        #expect(ask(&state, .messages(of: carol)) == "true")
        #expect(ask(&state, .messages(of: bob)) == "begins")
        #expect(ask(&state, .allMessages) == "waits")
    }

    @Test func eachWaitsForItsOwnPart() {
        var state = opened()
        state.noteStored(stored(11, 20, to: bob), first: 11, last: 20)
        state.noteStored(stored(21, 30, from: carol, to: carol), first: 21, last: 30)
        let (first, second) = (Told(), Told())
        #expect(ask(&state, .messages(of: bob), first) == "begins")
        #expect(ask(&state, .messages(of: carol), second) == "waits")
        var (due, goesOn) = state.endPart(.init(end: 15, count: 5, isWhole: false), begunAt: state.beginPart())
        #expect(due.isEmpty && goesOn)
        (due, goesOn) = state.endPart(.init(end: 20, count: 5, isWhole: false), begunAt: state.beginPart())
        for callback in due { callback(true) }
        #expect(first.all == [true] && second.all.isEmpty && goesOn)
        (due, goesOn) = state.endPart(.init(end: 30, count: 10, isWhole: true), begunAt: state.beginPart())
        for callback in due { callback(true) }
        #expect(second.all == [true] && !goesOn)
        #expect(ask(&state, .allMessages) == "true")
    }

    @Test func whoWaitsForTooLongReadsWithoutIt() {
        var state = opened()
        state.noteStored(stored(11, 20), first: 11, last: 20)
        let (first, second) = (Told(), Told())
        #expect(ask(&state, .messages(of: bob), first) == "begins")
        #expect(ask(&state, .allMessages, at: .milliseconds(60), second) == "waits")
        let (due, next) = state.expire(start + .milliseconds(100))
        for callback in due { callback(false) }
        #expect(first.all == [false] && second.all.isEmpty)
        #expect(next == start + .milliseconds(160))
    }

    /// A smaller request in the meantime does not cancel a larger one.
    @Test func lessThanAllTakesNothingBack() {
        var state = opened()
        state.noteStored(stored(11, 20), first: 11, last: 20)
        let begins = state.askForAll(at: start)
        let beginsAgain = state.askForAll(but: 5, at: start)
        #expect(begins && !beginsAgain)
        let most = state.endPart(.init(end: 16, count: 6, isWhole: false), begunAt: state.beginPart())
        #expect(most.goesOn)
        let all = state.endPart(.init(end: 20, count: 4, isWhole: true), begunAt: state.beginPart())
        #expect(!all.goesOn)
        state.noteStored(stored(21, 30), first: 21, last: 30)
        let beginsPart = state.askForAll(but: 5, at: start)
        #expect(beginsPart)
        let part = state.endPart(.init(end: 26, count: 6, isWhole: false), begunAt: state.beginPart())
        #expect(!part.goesOn)
    }

    @Test func aFailureCountsForAMoment() {
        var state = opened()
        state.noteStored(stored(11, 20), first: 11, last: 20)
        let told = Told()
        #expect(ask(&state, .messages(of: bob), told) == "begins")
        for callback in state.fail(until: start + .seconds(1)) { callback(false) }
        #expect(told.all == [false])
        #expect(ask(&state, .messages(of: bob), at: .milliseconds(900)) == "false")
        #expect(ask(&state, .messages(of: carol), at: .milliseconds(900)) == "true")
        let begins = state.askForAll(at: start + .milliseconds(900))
        #expect(!begins)
        #expect(ask(&state, .messages(of: bob), at: .milliseconds(1100)) == "begins")
    }

    /// A failed commit may have reached the disk. Reads of its users check that; others do not.
    @Test func aDoubtfulCommitConcernsItsUsersOnly() {
        var state = opened()
        #expect(!state.isDoubtful(logEnd: 10) && state.isDoubtful(logEnd: 11))
        state.noteDoubtful([draft("1")])
        #expect(ask(&state, .messages(of: carol)) == "true")
        #expect(ask(&state, .messages(of: bob)) == "begins")
        _ = state.endPart(.init(end: 10, count: 0, isWhole: true), begunAt: state.beginPart())
        #expect(ask(&state, .messages(of: bob)) == "true")
        // The `seq` is used after all.
        state.noteStored(stored(11, 11), first: 11, last: 11)
        #expect(ask(&state, .messages(of: bob)) == "begins")
    }

    /// Beside a server, or if settling failed at the opening.
    @Test func whoKnowsNothingLooks() {
        var command = SettlementState(isOnlyWriter: false)
        command.note(.init(end: 10, count: 0, isWhole: true))
        let told = Told()
        #expect(ask(&command, .messages(of: carol)) == "begins")
        let number = command.beginPart()
        #expect(ask(&command, .messages(of: carol), told) == "waits")
        // The settlement does not contain what was stored since it began.
        let (due, goesOn) = command.endPart(.init(end: 10, count: 0, isWhole: true), begunAt: number)
        #expect(due.count == 1 && goesOn)
        var server = SettlementState(isOnlyWriter: true)
        #expect(ask(&server, .messages(of: carol)) == "begins")
        server.noteStored(stored(11, 11), first: 11, last: 11)
        #expect(ask(&server, .messages(of: carol)) == "waits")
        _ = server.endPart(.init(end: 11, count: 11, isWhole: true), begunAt: server.beginPart())
        #expect(ask(&server, .messages(of: carol)) == "true")
    }

    @Test func aPartIsAsLargeAsTheTimeAllows() {
        var pace = SettlementBatchSize()
        #expect(pace.rows == 1024)
        for _ in 0..<10 { pace.note(pace.rows, took: .milliseconds(2)) }
        #expect(pace.rows == SettlementBatchSize.most)
        pace.note(pace.rows, took: .milliseconds(10))
        pace.note(5, took: .milliseconds(1))
        #expect(pace.rows == SettlementBatchSize.most)
        pace.note(800, took: .milliseconds(90))
        #expect(pace.rows == 400)
        for _ in 0..<10 { pace.note(pace.rows, took: .milliseconds(90)) }
        #expect(pace.rows == SettlementBatchSize.fewest)
    }
}
