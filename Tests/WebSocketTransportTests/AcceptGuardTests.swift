import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import WebSocketTransport

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

struct AcceptGuardTests {
    /// The changes of auto-read since the last look.
    private func switched(_ channel: EmbeddedChannel) -> [Bool] {
        channel.options.compactMap { $0.option is ChannelOptions.Types.AutoReadOption ? $0.value as? Bool : nil }
    }

    private func guarded(
        _ notices: Notices, _ change: (inout WebSocketLimits) -> Void = { _ in }
    ) -> (channel: EmbeddedChannel, limiter: SocketLimiter) {
        let limiter = SocketLimiter(.with(change))
        return (EmbeddedChannel(handler: AcceptGuard(limiter, isTCP: true, onNotice: notices.append)), limiter)
    }

    private func socket(from address: String, _ loop: EmbeddedEventLoop) throws -> any Channel {
        let socket = EmbeddedChannel(loop: loop)
        socket.remoteAddress = try SocketAddress(ipAddress: address, port: 1)
        return socket
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func pausesWhenTheSystemIsOutOfSomething(code: CInt) {
        let notices = Notices()
        let channel = guarded(notices).channel
        channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
        #expect(switched(channel) == [false])
        #expect(notices.count == 1)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(switched(channel) == [true])
    }

    @Test func oneClientsFailureChangesNothing() {
        let notices = Notices()
        let channel = guarded(notices).channel
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(switched(channel).isEmpty && notices.count == 0)
    }

    /// A socket beyond the limit costs nothing more: no TLS and no HTTP.
    @Test func whatIsTooManyIsClosedAtTheAccept() throws {
        let notices = Notices()
        let (listener, limiter) = guarded(notices) { $0.addressAccepts = 10 }
        for number in 0..<12 {
            try listener.writeInbound(socket(from: "192.0.2.1", listener.embeddedEventLoop))
            #expect(try (listener.readInbound(as: (any Channel).self) != nil) == (number < 10))
        }
        try listener.writeInbound(socket(from: "192.0.2.2", listener.embeddedEventLoop))
        #expect(limiter.count == 11 && limiter.refused == [.addressAccepts: 2] && notices.count == 2)
        #expect(switched(listener).isEmpty)
    }

    /// While the sockets' event loops are busy, refused sockets still have their descriptors.
    @Test func acceptingWaitsForThoseThatAreBeingClosed() throws {
        let (listener, limiter) = guarded(Notices()) { $0.sockets = 4 }
        let (loop, busy) = (listener.embeddedEventLoop, EmbeddedEventLoop())
        var accepted = 0
        while switched(listener).isEmpty, accepted < 100 {
            try listener.writeInbound(socket(from: "192.0.2.1", busy))
            accepted += 1
        }
        #expect(accepted < 4 + SocketLimiter.maxBeyondLimit && limiter.count == 2)
        loop.advanceTime(by: .seconds(1))
        #expect(switched(listener) == [false])
        busy.run()
        loop.advanceTime(by: .seconds(1))
        #expect(switched(listener) == [true] && limiter.hasRoom)
    }

    @Test func openFileLimitIsRaisedToItsMaximum() {
        let raised = raiseOpenFileLimit()
        #expect(raised >= 256)
        #expect(raiseOpenFileLimit() == raised)
    }

    private final class Notices: Sendable {
        private let all = Mutex<[ServerNotice]>([])
        var count: Int { all.withLock { $0.count } }
        func append(_ notice: ServerNotice) { all.withLock { $0.append(notice) } }
    }
}
