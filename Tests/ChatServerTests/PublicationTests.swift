import ChatWire
import Synchronization
import Testing

@testable import ChatServer

/// Stored messages are delivered on the threads of their receivers. Each thread is woken once for a whole batch.
@Suite("Delivering stored messages") struct PublicationTests {
    @Test("a batch wakes each loop once, and every device is sent it in order") func batch() async throws {
        try await withHub { hub in
            let (one, other) = (Loop(), Loop())
            let (anna, bob, tablet) = (Device(hub, on: one), Device(hub, on: other), Device(hub, on: other))
            try await anna.joins(as: "anna", protocolVersion: 2)
            for device in [bob, tablet] { try await device.joins(as: "bob", protocolVersion: 2) }
            let count = 100
            let drafts = (1...count).map { MessageDraft.numbered($0) }
            let stored = try await hub.store.append(drafts)
            let origin = MessageOrigin(device: try #require(anna.itsConnection), overLimit: nil)
            let wakings = (one.wakings, other.wakings)
            hub.publish(zip(drafts, stored).map { ($0, .success($1), origin) })
            #expect(one.wakings == wakings.0 + 1 && other.wakings == wakings.1 + 1)
            #expect(anna.cursors.isEmpty && bob.cursors.isEmpty)
            one.turn()
            #expect(anna.cursors == Array(1...count) && bob.cursors.isEmpty)
            other.turn()
            #expect(bob.cursors == Array(1...count) && tablet.cursors == Array(1...count))
        }
    }

    @Test("a mark comes after the confirmation of its message, however fast the receiver is")
    func marksAfterConfirmations() async throws {
        try await withHub { hub in
            let (one, other) = (Loop(), Loop())
            let (anna, bob) = (Device(hub, on: one), Device(hub, on: other))
            for (device, name) in [(anna, "anna"), (bob, "bob")] {
                try await device.joins(as: name, protocolVersion: 2)
            }
            let draft = MessageDraft.numbered(1)
            let stored = try await hub.store.append([draft])
            let origin = MessageOrigin(device: try #require(anna.itsConnection), overLimit: nil)
            hub.publish([(draft, .success(stored[0]), origin)])
            other.turn()
            #expect(bob.cursors == [1])
            let wakings = one.wakings
            let id = try #require(stored[0].stored?.message.id)
            bob.says(.ack(cursor: 1))
            bob.says(.read(otherUser: user("anna"), messageID: id))
            try await wait { one.wakings == wakings + 2 }
            one.turn()
            let kinds = anna.heard.map(\.kind).filter { ["message_sent", "delivered", "read"].contains($0) }
            #expect(kinds.first == "message_sent" && Set(kinds) == ["message_sent", "delivered", "read"])
        }
    }

    @Test("a device that closes between the commit and its turn is told nothing, and nobody else misses anything")
    func goneBetween() async throws {
        try await withHub { hub in
            let loop = Loop()
            let (anna, bob, tablet) = (Device(hub, on: loop), Device(hub, on: loop), Device(hub, on: loop))
            try await anna.joins(as: "anna", protocolVersion: 2)
            for device in [bob, tablet] { try await device.joins(as: "bob", protocolVersion: 2) }
            let draft = MessageDraft.numbered(1)
            let stored = try await hub.store.append([draft])
            let origin = MessageOrigin(device: try #require(anna.itsConnection), overLimit: nil)
            hub.publish([(draft, .success(stored[0]), origin)])
            for device in [anna, bob] { device.leaves() }
            loop.turn()
            #expect(anna.cursors.isEmpty && bob.cursors.isEmpty && tablet.cursors == [1])
        }
    }
}

/// A thread of connections that works when it is told to.
final class Loop: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let count = Mutex(0)

    var wakings: Int { count.withLock { $0 } }

    func execute(_ work: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(work) }
        count.withLock { $0 += 1 }
    }

    func turn() {
        let due = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for work in due { work() }
    }
}

extension MessageDraft {
    fileprivate static func numbered(_ number: Int) -> MessageDraft {
        MessageDraft(
            sender: user("anna"), receiver: user("bob"), text: UntrustedText("\(number)"), receivedAt: now)
    }
}

/// The value by itself: who is told what, and in which order.
@Suite("What a batch of commits tells") struct PublicationValueTests {
    private final class Phone: EventLoopBound {
        let name: String
        let thread: AnyObject
        init(_ name: String, on thread: AnyObject) { (self.name, self.thread) = (name, thread) }
        var loop: ObjectIdentifier { ObjectIdentifier(thread) }
    }

    private final class Thread {}

    @Test("the receiver's devices first, then the sender's answer, then their others; a thread at a time") func order()
    {
        let (one, other) = (Thread(), Thread())
        var registry = Registry<Phone>()
        let phones = ["anna 1", "anna 2", "bob 1", "bob 2"].map { Phone($0, on: $0 == "bob 2" ? other : one) }
        for phone in phones { registry.insert(phone, phone.name.hasPrefix("anna") ? anna : bob) }
        let origin = MessageOrigin(device: phones[0], overLimit: nil)
        let publication = Publication(
            of: [
                (draft("new"), .success(.stored(stored("new"))), origin), (draft("again"), .success(.conflict), origin),
                (draft("lost"), .failure(.full), origin),
            ], to: &registry)
        let told = publication.loops.map { $0.steps.map { "\($0.device.name): \(kind($0.step))" } }
        #expect(
            told == [
                ["bob 1: message, timed", "anna 1: answer", "anna 2: message", "anna 1: answer", "anna 1: answer"],
                ["bob 2: message"],
            ])
        #expect(publication.firstContacts.isEmpty, "nobody is online to their peers")
    }

    @Test("two users who are online without having been told so are reported once") func strangers() {
        let thread = Thread()
        var registry = Registry<Phone>()
        let (phone, tablet) = (Phone("anna", on: thread), Phone("bob", on: thread))
        registry.insert(phone, anna)
        registry.insert(tablet, bob)
        for user in [anna, bob] { _ = registry.markOnline(user) }
        let origin = MessageOrigin(device: phone, overLimit: nil)
        let batch = [(draft("1"), AppendResult.success(.stored(stored("1"))), origin)]
        let (first, second) = (Publication(of: batch, to: &registry), Publication(of: batch, to: &registry))
        #expect(first.firstContacts.map(\.one) == [anna] && second.firstContacts.isEmpty)
    }

    private func kind(_ step: Publication<Phone>.Step) -> String {
        switch step {
        case .answer: "answer"
        case .delivery(_, _, timedFrom: let time): time == nil ? "message" : "message, timed"
        }
    }
}
