import ChatWire
import Foundation
import Logging
import RateLimiting
import Synchronization
import Testing

@testable import ChatServer

/// The pages after an `auth` are limited by more than the speed of the socket.
@Suite("The pace of pages")
struct PagePaceTests {
    private static let big = user("big")

    /// A user with so many pages of peers.
    private static func store(pages: Int) async throws -> FailingStore {
        let store = FailingStore()
        let drafts = (0..<pages * PresenceService.peersAtOnce).map {
            MessageDraft(sender: big, receiver: user("p\($0)"), text: "x", receivedAt: now)
        }
        _ = try await store.append(drafts)
        return store
    }

    /// The clock of this machine, with the date of the messages.
    private static func hub(_ store: any MessageStore, eventRate: Rate?) -> Hub {
        let start = ContinuousClock.now
        return Hub(
            store: store, authenticator: nil, configuration: .with { $0.eventRate = eventRate },
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { ChatServerTests.now.advanced(by: ContinuousClock.now - start) }
    }

    @Test("pages beyond a user's permits wait, and all are sent") func permits() async throws {
        let store = try await Self.store(pages: 6)
        // The first page is part of the `auth`. The next ones cost five permits each, of which one is there.
        let hub = Self.hub(store, eventRate: Rate(burst: 10, perSecond: 20))
        let (device, other) = (Device(hub), Device(hub))
        let start = ContinuousClock.now
        try await device.joins(as: "big", protocolVersion: 2, resume: .init(epoch: store.epoch, cursor: 1200))
        try await device.hears(1, "resume_complete")
        try await other.joins(as: "p7", protocolVersion: 2)
        #expect(ContinuousClock.now - start < .seconds(60))
        try await wait { store.marksAsked.withLock { $0.count { $0 == Self.big } >= 6 } }
        #expect(ContinuousClock.now - start >= .milliseconds(900))
        #expect(device.closedWith == nil && device.throttles.isEmpty)
    }

    @Test("a page of the feed costs one permit, a page of peers five") func cost() async throws {
        let store = try await Self.store(pages: 3)
        try await withHub(store, .with { $0.eventRate = Rate(burst: 1000, perSecond: 1) }) { hub in
            let device = Device(hub)
            try await device.joins(as: "big", protocolVersion: 2, resume: .init(epoch: store.epoch, cursor: 0))
            try await device.hears(1, "resume_complete")
            try await wait { store.marksAsked.withLock { $0.count } >= 5 }
            // 10 for the second and third page, as many for telling the peers, and those of the feed.
            let owed = try #require(hub.traffic.delay(ofPageFor: Self.big, permits: 1000))
            #expect(owed >= .seconds(10 + 10 + 2) && owed < .seconds(10 + 10 + 30))
        }
    }

    @Test("users take turns, however many connections one user has") func turns() async throws {
        let store = try await Self.store(pages: 1)
        store.marksAreHeld.withLock { $0 = true }
        try await withHub(store) { hub in
            let devices = (0..<20).map { _ in Device(hub) }
            for device in devices { try await device.joins(as: "big", protocolVersion: 2) }
            try await wait { hub.syncPages.count == 19 }
            let other = Device(hub)
            try await other.joins(as: "p7", protocolVersion: 2)
            try await wait { hub.syncPages.count == 20 }
            store.marksAreHeld.withLock { $0 = false }
            try await wait { store.marksAsked.withLock { $0.count } >= 21 }
            let asked = store.marksAsked.withLock { $0 }
            #expect(try #require(asked.firstIndex(of: user("p7"))) <= 2)
        }
    }

    @Test("a repeated auth does not read the peers again within some seconds, unless it resumes")
    func again() {
        func meets(_ actions: [Session.Action]) -> Bool { actions.contains(.syncPeers(of: anna)) }
        for version in [1, 2] {
            var session = makeSession(auth(anna, version), account(), .peers([], []))
            func says(_ input: Session.Input, after seconds: Int) -> [Session.Action] {
                let time = now.advanced(by: .seconds(seconds))
                _ = session.handle(input, now: time)
                return session.handle(account(), now: time)
            }
            for second in [0, 1, 9] {
                let actions = says(auth(anna, version), after: second)
                #expect(!meets(actions) && said(actions).map(\.kind) == ["auth_success"])
            }
            #expect(meets(says(auth(anna, version), after: 10)))
            _ = session.handle(.peers([], []), now: now)
            #expect(!meets(says(auth(anna, version), after: 19)))
            let resume = says(auth(anna, 2, resume: .init(epoch: "e", cursor: 4)), after: 19)
            #expect(meets(resume) && said(resume).map(\.kind) == ["auth_success", "resume_complete"])
        }
    }

    @Test("peers that could not be read are read at the next auth") func failed() {
        var session = makeSession(auth(anna, 2), account(), .peersFailed, auth(anna, 2))
        #expect(session.handle(account(), now: now).contains(.syncPeers(of: anna)))
    }

    @Test("an announcement that a user came replaces an unfinished one that they left, and the reverse") func news() {
        var registry = Registry<Device>()
        let first = registry.beginAnnouncement(of: anna)
        let (second, other) = (registry.beginAnnouncement(of: anna), registry.beginAnnouncement(of: bob))
        #expect(!registry.isLatestAnnouncement(first, of: anna) && registry.isLatestAnnouncement(second, of: anna))
        registry.endAnnouncement(first, of: anna)
        #expect(registry.isLatestAnnouncement(second, of: anna) && registry.isLatestAnnouncement(other, of: bob))
        registry.endAnnouncement(second, of: anna)
        #expect(!registry.isLatestAnnouncement(second, of: anna))
    }
}
