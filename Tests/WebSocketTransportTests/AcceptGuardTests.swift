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
    /// Whether accepting was switched on or off last; empty where it was not.
    private func switched(_ channel: EmbeddedChannel) -> [Bool] {
        channel.options.compactMap { $0.option is ChannelOptions.Types.AutoReadOption ? $0.value as? Bool : nil }
    }

    private func guarded(
        _ notices: Notices, _ change: (inout WebSocketLimits) -> Void = { _ in }
    ) -> (channel: EmbeddedChannel, census: SocketCensus) {
        let census = SocketCensus(.with(change))
        return (EmbeddedChannel(handler: AcceptGuard(census, isTCP: true, onNotice: notices.append)), census)
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

    /// What is one too many goes no further, so nothing is spent on it: no TLS, no HTTP.
    @Test func whatIsTooManyIsClosedAtTheAccept() throws {
        let notices = Notices()
        let (listener, census) = guarded(notices) { $0.addressAccepts = 10 }
        for number in 0..<12 {
            try listener.writeInbound(socket(from: "192.0.2.1", listener.embeddedEventLoop))
            #expect(try (listener.readInbound(as: (any Channel).self) != nil) == (number < 10))
        }
        try listener.writeInbound(socket(from: "192.0.2.2", listener.embeddedEventLoop))
        #expect(census.count == 11 && census.refused == [.addressAccepts: 2] && notices.count == 2)
        #expect(switched(listener).isEmpty)
    }

    /// Where the sockets' own event loops are busy, what was refused has its descriptor still.
    @Test func acceptingWaitsForThoseThatAreBeingClosed() throws {
        let (listener, census) = guarded(Notices()) { $0.sockets = 4 }
        let (loop, busy) = (listener.embeddedEventLoop, EmbeddedEventLoop())
        var accepted = 0
        while switched(listener).isEmpty, accepted < 100 {
            try listener.writeInbound(socket(from: "192.0.2.1", busy))
            accepted += 1
        }
        #expect(accepted < 4 + SocketCensus.mostBeyondLimit && census.count == 2)
        loop.advanceTime(by: .seconds(1))
        #expect(switched(listener) == [false])
        busy.run()
        loop.advanceTime(by: .seconds(1))
        #expect(switched(listener) == [true] && census.hasRoom)
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
