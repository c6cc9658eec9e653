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

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func pausesWhenTheSystemIsOutOfSomething(code: CInt) {
        let notices = Notices()
        let channel = EmbeddedChannel(handler: AcceptGuard(onNotice: notices.append))
        channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
        #expect(switched(channel) == [false])
        #expect(notices.count == 1)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(switched(channel) == [true])
    }

    @Test func oneClientsFailureChangesNothing() {
        let notices = Notices()
        let channel = EmbeddedChannel(handler: AcceptGuard(onNotice: notices.append))
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(switched(channel).isEmpty && notices.count == 0)
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
