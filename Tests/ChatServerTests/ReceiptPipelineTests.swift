import ChatWire
import Testing

@testable import ChatServer

/// The queue's decisions, without a task and a store.
@Suite("Receipts and blocks on their way into the store") struct ReceiptPipelineTests {
    private final class Reader: Sendable {
        let name: String
        init(_ name: String) { self.name = name }
    }

    private typealias Pipeline = ReceiptPipeline<Reader>

    private enum Event {
        case ack(UserID, Int)
        case read(UserID, MessageID)
        case block(Bool, UserID)
        case find(UserID)
        /// What the store is asked, and what it says.
        case asked(String, Pipeline.Answer)
    }

    private static let (phone, tablet) = (Reader("phone"), Reader("tablet"))

    /// Each row: what happens, and what comes of it.
    private func check(_ table: [(event: Event, effects: [String])]) {
        var pipeline = Pipeline()
        for (index, (event, expected)) in table.enumerated() {
            var effects: [Pipeline.Effect] = []
            switch event {
            case .ack(let user, let cursor): pipeline.acknowledge(.init(user: user, cursor: cursor))
            case .read(let user, let id): pipeline.markRead(mark(user, id), on: user == anna ? Self.phone : Self.tablet)
            case .block(let isBlocked, let user):
                pipeline.setBlocked(isBlocked, other(user), by: user, at: now, limit: 9, on: Self.phone)
            case .find(let user): pipeline.findBlock(other(user), by: user, on: Self.phone)
            case .asked(let request, let answer):
                #expect(ask(&pipeline) == request, "row \(index)")
                #expect(pipeline.next() == nil, "row \(index): one request at a time")
                effects = pipeline.take(answer)
            }
            #expect(effects.map(line) == expected, "row \(index): \(event)")
        }
        #expect(ask(&pipeline) == nil)
    }

    private func other(_ user: UserID) -> UserID { user == anna ? bob : anna }
    private func mark(_ user: UserID, _ id: MessageID) -> ReadMark {
        ReadMark(user: user, peer: other(user), messageID: id)
    }
    private func name(_ user: UserID) -> String { user == anna ? "anna" : "bob" }

    private func ask(_ pipeline: inout Pipeline) -> String? {
        while let step = pipeline.next() {
            guard case .ask(let request) = step else { continue }
            return switch request {
            case .acknowledge(let acks, atMost: _):
                "ack " + acks.map { "\(name($0.user)) \($0.cursor)" }.joined(separator: ", ")
            case .markRead(let marks, atMost: _):
                "read " + marks.map { "\(name($0.user)) \($0.messageID)" }.joined(separator: ", ")
            case .findBlockEitherWay: "blocked either way"
            case .setBlocked(let isBlocked, _, by: let user, at: _, limit: _, atMost: _):
                "\(isBlocked ? "block" : "unblock") by \(name(user))"
            case .findBlock(_, by: let user): "find by \(name(user))"
            }
        }
        return nil
    }

    private func line(_ effect: Pipeline.Effect) -> String {
        switch effect {
        case .answer(let answer, to: let reader): "\(reader.name): \(input(answer))"
        case .relay(let event, to: let user, except: let reader, behindMessages: let isBehind):
            "to \(name(user))\(reader.map { " but \($0.name)" } ?? ""): \(event.kind)\(isBehind ? "" : " at once")"
        case .deliver(let stored, let user): "to \(name(user)): \(stored.message.text)"
        case .blockChanged(let isBlocked, _, by: let user, at: _): "\(name(user)) \(isBlocked ? "blocks" : "unblocks")"
        case .tooManyBlocks: "too many blocks"
        case .failed(let error): "failed: \(error == .full)"
        }
    }

    private func input(_ input: Session.Input) -> String {
        switch input {
        case .readMarked(.success(let isFurther)): isFurther.map { "\($0)" } ?? "unknown"
        case .readMarked(.failure), .blockSet(_, .some), .blockFound(_, .failure): "failed"
        case .blockSet(_, nil): "set"
        case .blockFound(_, .success(let isBlocked)): "is \(isBlocked ? "" : "not ")blocked"
        case .tooManyBlocks: "too many"
        case .banned: "banned"
        default: "\(input)"
        }
    }

    @Test("of several acks of a user the highest counts, and its sender is told") func acks() {
        check([
            (.ack(anna, 3), []), (.ack(bob, 1), []), (.ack(anna, 7), []), (.ack(anna, 5), []),
            (
                .asked(
                    "ack anna 7, bob 1",
                    .acknowledged(.success([.init(marks: [.init(sender: bob, messageID: "m")]), .init()]))),
                ["to bob: delivered"]
            ),
        ])
    }

    @Test("an ack that covers too much for one turn gets another turn, after requests that came meanwhile")
    func longAck() {
        check([
            (.ack(anna, 1000), []),
            (.asked("ack anna 1000", .acknowledged(.success([.init(isPartial: true)]))), []), (.ack(bob, 1), []),
            (.asked("ack anna 1000, bob 1", .acknowledged(.success([.init(), .init()]))), []),
        ])
    }

    @Test("an ack that the store fails to take is covered by the next one") func failedAck() {
        check([(.ack(anna, 3), []), (.asked("ack anna 3", .acknowledged(.failure(.full))), ["failed: true"])])
    }

    @Test("the reader is answered first, then the peer and the reader's other devices are told") func read() {
        check([
            (.read(anna, "m"), []), (.asked("read anna m", .markedRead(.success([.set(newest: "m")]))), []),
            (
                .asked("blocked either way", .blockedEitherWay(.success(false))),
                ["phone: true", "to bob: read", "to anna but phone: read"]
            ),
        ])
    }

    @Test("a peer is told nothing if there is a block, or if the store cannot say", arguments: [true, false])
    func readApart(isKnown: Bool) {
        check([
            (.read(anna, "m"), []), (.asked("read anna m", .markedRead(.success([.set(newest: "m")]))), []),
            (
                .asked("blocked either way", .blockedEitherWay(isKnown ? .success(true) : .failure(.full))),
                ["phone: true", "to anna but phone: read"]
            ),
        ])
    }

    @Test("a peer is told nothing of a mark that covers nothing of theirs") func readNothing() {
        check([
            (.read(anna, "m"), []), (.asked("read anna m", .markedRead(.success([.set(newest: nil)]))), []),
            (
                .asked("blocked either way", .blockedEitherWay(.success(false))),
                ["phone: true", "to anna but phone: read"]
            ),
        ])
    }

    @Test("consecutive marks are one request, and are answered in order") func marks() {
        check([
            (.read(anna, "1"), []), (.read(bob, "2"), []), (.read(anna, "3"), []), (.read(bob, "4"), []),
            (
                .asked(
                    "read anna 1, bob 2, anna 3, bob 4",
                    .markedRead(.success([.unknown, .unchanged, .set(newest: "3"), .unknown]))),
                ["phone: unknown", "tablet: false"]
            ),
            (
                .asked("blocked either way", .blockedEitherWay(.success(false))),
                ["phone: true", "to bob: read", "to anna but phone: read", "tablet: unknown"]
            ),
            (.read(anna, "5"), []), (.asked("read anna 5", .markedRead(.failure(.full))), ["phone: failed"]),
        ])
    }

    @Test("a mark that moved a part of the way delays its user's later requests, and nobody else's") func longMark() {
        check([
            (.read(anna, "far"), []), (.find(anna), []), (.read(bob, "near"), []),
            // Anna's question stands between the two marks, so they are no one request.
            (.asked("read anna far", .markedRead(.success([.partial]))), []),
            (.asked("read bob near", .markedRead(.success([.unchanged]))), ["tablet: false"]),
            (.read(bob, "next"), []),
            // What was put back waits for its turn behind what came meanwhile.
            (
                .asked("read bob next, anna far", .markedRead(.success([.unchanged, .unchanged]))),
                ["tablet: false", "phone: false"]
            ),
            (.asked("find by anna", .blockFound(.success(false))), ["phone: is not blocked"]),
        ])
    }

    @Test("blocks are stored in the order of the user's requests, and others are told of a change last") func blocks() {
        check([
            (.block(true, anna), []), (.find(anna), []), (.block(false, anna), []), (.block(true, bob), []),
            (
                .asked("block by anna", .blockSet(.success(.begun))),
                ["phone: set", "to anna: blocked at once", "anna blocks"]
            ),
            (.asked("find by anna", .blockFound(.success(true))), ["phone: is blocked"]),
            (
                .asked("unblock by anna", .blockSet(.success(.unchanged))),
                ["phone: set", "to anna: blocked at once"]
            ),
            (.asked("block by bob", .blockSet(.success(.tooMany))), ["too many blocks", "phone: too many"]),
            (.block(true, anna), []), (.asked("block by anna", .blockSet(.success(.banned))), ["phone: banned"]),
            (.block(true, anna), []), (.asked("block by anna", .blockSet(.failure(.full))), ["phone: failed"]),
            (.find(anna), []), (.asked("find by anna", .blockFound(.failure(.full))), ["phone: failed"]),
        ])
    }

    @Test("an unblock that has to deliver much takes turns, and what the user asked after it waits") func longUnblock()
    {
        let message = Message(id: "m", sender: bob, receiver: anna, text: "hidden", createdAt: now)
        let last = StoredMessage(message: message, senderCursor: 0, receiverCursor: 600)
        check([
            (.block(false, anna), []), (.find(anna), []),
            (.asked("unblock by anna", .blockSet(.success(.partial))), []), (.read(bob, "b"), []),
            (.asked("read bob b", .markedRead(.success([.unchanged]))), ["tablet: false"]),
            (.asked("unblock by anna", .blockSet(.success(.partial))), []),
            (
                .asked("unblock by anna", .blockSet(.success(.ended(delivered: last)))),
                ["phone: set", "to anna: blocked at once", "to anna: hidden", "anna unblocks"]
            ),
            (.asked("find by anna", .blockFound(.success(false))), ["phone: is not blocked"]),
        ])
    }

    @Test("acks are stored before marks, and users take turns") func turns() {
        var pipeline = Pipeline()
        for number in 1...300 { pipeline.markRead(mark(anna, "\(number)"), on: Self.phone) }
        pipeline.markRead(mark(bob, "b"), on: Self.tablet)
        pipeline.acknowledge(.init(user: anna, cursor: 1))
        #expect(pipeline.count == 302)
        #expect(ask(&pipeline) == "ack anna 1")
        _ = pipeline.take(.acknowledged(.success([.init()])))
        let first = (1...8).map { "anna \($0)" } + ["bob b"] + (9...255).map { "anna \($0)" }
        #expect(ask(&pipeline) == "read " + first.joined(separator: ", "))
    }

    @Test("a waiting caller is called when everything that was queued before was given to the store") func callbacks() {
        var pipeline = Pipeline()
        #expect(!pipeline.whenAcknowledged {})
        #expect(!pipeline.whenJobsAreDone {})
        pipeline.acknowledge(.init(user: anna, cursor: 1))
        pipeline.markRead(mark(anna, "1"), on: Self.phone)
        #expect(pipeline.whenAcknowledged {})
        #expect(pipeline.whenJobsAreDone {})
        _ = pipeline.next()
        _ = pipeline.take(.acknowledged(.failure(.full)))
        _ = pipeline.next()
        _ = pipeline.take(.markedRead(.failure(.full)))
        guard case .callBack(let callbacks) = pipeline.next() else {
            Issue.record("nobody is called")
            return
        }
        #expect(callbacks.count == 2)
    }
}
