import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocketTransport

/// One end against bytes, with a clock that the test moves.
struct WebSocketConnectionTests {
    /// A connection in a channel without a network.
    private final class Bench {
        let channel = EmbeddedChannel()
        let transcript = Transcript()
        let connections: ConnectionLoop
        var loop: EmbeddedEventLoop { channel.embeddedEventLoop }
        var socket: WebSocket { get throws { try #require(transcript.socket) } }

        init(
            role: Role = .server, limits: WebSocketLimits = WebSocketLimits(), echoes: Bool = false,
            lastWords: String? = nil
        ) throws {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            let settings = ConnectionSettings(role: role, limits: limits, heartbeat: .init())
            connections = ConnectionLoop(settings: settings, eventLoop: channel.eventLoop)
            let handler = Recorder(transcript, echoes: echoes, lastWords: lastWords)
            try channel.pipeline.syncOperations.addHandler(WebSocketConnection(handler: handler, loop: connections))
        }

        func receive(_ bytes: [UInt8]) throws {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            loop.run()
        }

        /// The bytes that were written since the last look.
        func sent() throws -> [UInt8] {
            loop.run()
            var bytes: [UInt8] = []
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
            return bytes
        }

        func setWritable(_ isWritable: Bool) {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
            loop.run()
        }
    }

    @Test func answersPings() throws {
        let bench = try Bench()
        try bench.receive(Wire.frame(0x89, [1, 2, 3]))
        #expect(try bench.sent() == Wire.frame(0x8A, [1, 2, 3], key: nil))
        try bench.receive(Wire.frame(0x8A, [9]))
        #expect(try bench.sent() == [])
        #expect(bench.transcript.events == [.opened])
    }

    @Test func echoesTheCloseCodeAndSaysNothingMore() throws {
        let bench = try Bench()
        try bench.receive(Wire.close(1001, "gone") + Wire.text("too late"))
        #expect(try bench.sent() == Wire.close(1001, key: nil))
        #expect(bench.transcript.events == [.opened, .closed(.byPeer(code: 1001, reason: "gone"))])
        try bench.socket.send(text: "unheard")
        try bench.receive(Wire.frame(0x89, []))
        #expect(try bench.sent() == [])
    }

    @Test func answersAnEmptyCloseWithAnEmptyOne() throws {
        let bench = try Bench()
        try bench.receive(Wire.frame(0x88, []))
        #expect(try bench.sent() == [0x88, 0])
        #expect(bench.transcript.closure == .byPeer(code: nil, reason: ""))
    }

    static let violations: [([UInt8], UInt16)] = [
        (Wire.text("a", key: nil), 1002), (Wire.frame(0x81, [0xFF]), 1007),
        ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1], 1009), (Wire.close(1005), 1002),
    ]

    @Test(arguments: violations)
    func violationsEndItWithTheirCode(bytes: [UInt8], code: UInt16) throws {
        let bench = try Bench(echoes: true)
        try bench.receive(Wire.text("before") + bytes + Wire.text("after"))
        let sent = try bench.sent()
        let echo = Wire.text("before", key: nil)
        #expect(sent.starts(with: echo))
        let close = Array(sent.dropFirst(echo.count))
        #expect(close.starts(with: [0x88]) && close.dropFirst(2).starts(with: [UInt8(code >> 8), UInt8(code & 0xFF)]))
        guard case .violation(code, _) = bench.transcript.closure else {
            Issue.record("\(String(describing: bench.transcript.closure))")
            return
        }
        #expect(bench.transcript.events.count == 3)
    }

    @Test func closingIsAHandshake() throws {
        let bench = try Bench(role: .client)
        let socket = try bench.socket
        socket.send(text: "last")
        socket.close(code: 4000, reason: String(repeating: "€", count: 100))
        socket.send(text: "never sent")
        var buffer = ByteBuffer(bytes: try bench.sent())
        var reader = MessageReader(role: .server, frameLimit: 1000, messageLimit: 1000)
        let text = try reader.next(from: &buffer)
        #expect(text == .text("last"))
        let close = try reader.next(from: &buffer)
        #expect(close == .close(CloseFrame(code: 4000, reason: String(repeating: "€", count: 41))))
        #expect(buffer.readableBytes == 0)
        #expect(bench.transcript.closure == nil)
        try bench.receive(Wire.text("ignored", key: nil) + Wire.close(4000, key: nil))
        #expect(bench.transcript.events == [.opened, .closed(.byUs(code: 4000))])
    }

    @Test func closingIsBounded() throws {
        let bench = try Bench()
        try bench.socket.close(code: 1012)
        #expect(try bench.sent() == Wire.close(1012, key: nil))
        bench.loop.advanceTime(by: .seconds(4))
        #expect(bench.channel.isActive)
        bench.loop.advanceTime(by: .seconds(2))
        #expect(!bench.channel.isActive)
        #expect(bench.transcript.closure == .byUs(code: 1012))
    }

    @Test func whoIsNotAdmittedHasToLeave() throws {
        let bench = try Bench()
        try bench.socket.awaitAdmission(for: .seconds(10))
        bench.loop.advanceTime(by: .seconds(9))
        try bench.receive(Wire.text("hello"))
        #expect(bench.transcript.closure == nil)
        bench.loop.advanceTime(by: .milliseconds(1100))
        #expect(try bench.sent().dropFirst(2).starts(with: [UInt8(4008 >> 8), UInt8(4008 & 0xFF)]))
        bench.loop.advanceTime(by: .seconds(6))
        #expect(!bench.channel.isActive)
        #expect(bench.transcript.closure == .byUs(code: 4008))
    }

    @Test func whoIsNotAdmittedIsToldSoBefore() throws {
        let bench = try Bench(lastWords: "who are you?")
        try bench.socket.awaitAdmission(for: .seconds(1))
        bench.loop.advanceTime(by: .milliseconds(1100))
        let words = Wire.text("who are you?", key: nil)
        #expect(try bench.sent() == words + Wire.close(4008, "nobody said who this is", key: nil))
        try bench.receive(Wire.close(4008))
        #expect(bench.transcript.events == [.opened, .closed(.byUs(code: 4008))])
    }

    @Test func whoIsAdmittedStays() throws {
        let bench = try Bench()
        try bench.socket.awaitAdmission(for: .seconds(10))
        bench.loop.advanceTime(by: .seconds(9))
        try bench.socket.admit()
        bench.loop.advanceTime(by: .seconds(10))
        #expect(bench.transcript.closure == nil)
        #expect(try bench.sent() == [])
        bench.loop.advanceTime(by: .milliseconds(6100))  // the heartbeat has not changed
        #expect(try bench.sent() == [0x89, 0])
    }

    @Test func codesThatMayNotBeSentAreLeftOut() throws {
        for code in [0, 1005, 1006, 1015, 2000] as [UInt16] {
            let bench = try Bench()
            try bench.socket.close(code: code)
            #expect(try bench.sent() == [0x88, 0])
        }
    }

    @Test func lostWithoutAClose() throws {
        let bench = try Bench()
        try bench.receive(Wire.text("a"))
        try bench.channel.close().wait()
        bench.loop.run()
        guard case .lost = bench.transcript.closure else {
            Issue.record("\(String(describing: bench.transcript.closure))")
            return
        }
        #expect(bench.transcript.events.count == 3)
    }

    @Test func silentPeerIsPingedAndGivenUp() throws {
        let bench = try Bench()
        bench.loop.advanceTime(by: .seconds(24))
        #expect(try bench.sent() == [])
        bench.loop.advanceTime(by: .milliseconds(1100))
        #expect(try bench.sent() == [0x89, 0])
        bench.loop.advanceTime(by: .seconds(9))
        #expect(bench.transcript.closure == nil)
        bench.loop.advanceTime(by: .milliseconds(1100))
        #expect(bench.transcript.closure == .noPong)
        #expect(try bench.sent().starts(with: [0x88]))
        bench.loop.advanceTime(by: .seconds(6))
        #expect(!bench.channel.isActive)
    }

    /// What the peer sends instead of a pong, and whether that is a sign of life.
    @Test(arguments: [
        ([0x81], false), (Array(Wire.frame(0x82, Array(repeating: 0, count: 1000)).dropLast()), false),
        (Array(Wire.frame(0x82, Array(repeating: 0, count: 60_000)).prefix(1100)), true),
        (Wire.frame(0x8A, []), true), (Wire.frame(0x01, [0x61]), true),
    ])
    func lifeIsAFrameOrAUsefulPart(bytes: [UInt8], isLife: Bool) throws {
        let bench = try Bench()
        bench.loop.advanceTime(by: .milliseconds(25_100))
        #expect(try bench.sent() == [0x89, 0])
        bench.loop.advanceTime(by: .seconds(9))
        try bench.receive(bytes)
        bench.loop.advanceTime(by: .seconds(10))
        #expect(bench.transcript.closure == (isLife ? nil : .noPong))
    }

    @Test func clientsFirstPingIsSomewhereInTheInterval() throws {
        let firstPings = try (0..<20).map { _ in
            let bench = try Bench(role: .client)
            for tenth in 1...251 {
                bench.loop.advanceTime(by: .milliseconds(100))
                if try !bench.sent().isEmpty { return tenth }
            }
            return 0
        }
        #expect(!firstPings.contains(0))
        #expect(Set(firstPings).count > 5)
    }

    @Test func pingOnDemand() throws {
        let bench = try Bench(role: .client)
        try bench.socket.ping()
        #expect(try bench.sent().starts(with: [0x89, 0x80]))
        bench.loop.advanceTime(by: .milliseconds(10_100))
        #expect(bench.transcript.closure == .noPong)
    }

    @Test func pausedReadingIsNoSilence() throws {
        let bench = try Bench()
        try bench.socket.pauseReading()
        try bench.receive(Wire.text("a"))
        bench.loop.advanceTime(by: .seconds(120))
        #expect(bench.transcript.events == [.opened])
        try bench.socket.resumeReading()
        bench.loop.run()
        #expect(bench.transcript.events == [.opened, .text("a")])
    }

    @Test func throttlingEndsByItself() throws {
        let bench = try Bench()
        try bench.socket.throttle(for: .seconds(2))
        try bench.receive(Wire.text("a"))
        try bench.socket.pauseReading()
        try bench.socket.resumeReading()
        bench.loop.advanceTime(by: .milliseconds(1900))
        #expect(bench.transcript.events == [.opened])
        bench.loop.advanceTime(by: .milliseconds(200))
        #expect(bench.transcript.events == [.opened, .text("a")])
        try bench.socket.throttle(for: .seconds(2))
        try bench.socket.pauseReading()
        try bench.receive(Wire.text("b"))
        bench.loop.advanceTime(by: .seconds(3))
        #expect(bench.transcript.events == [.opened, .text("a")])
        try bench.socket.resumeReading()
        bench.loop.run()
        #expect(bench.transcript.events == [.opened, .text("a"), .text("b")])
    }

    @Test func restsWhileItIsClosing() throws {
        let bench = try Bench()
        try bench.socket.close(code: 1008)
        try bench.socket.throttle(for: .seconds(2))
        try bench.receive(Wire.close(1008))
        bench.loop.advanceTime(by: .milliseconds(1900))
        #expect(bench.transcript.closure == nil)
        bench.loop.advanceTime(by: .milliseconds(200))
        try bench.channel.close().wait()
        bench.loop.run()
        #expect(bench.transcript.closure == .byUs(code: 1008))
    }

    @Test func whatCameBeforeTheEndIsReceivedThoughPaused() throws {
        let bench = try Bench()
        try bench.socket.pauseReading()
        try bench.receive(Wire.text("a") + Wire.close(1000))
        try bench.channel.close().wait()
        bench.loop.run()
        #expect(bench.transcript.events == [.opened, .text("a"), .closed(.byPeer(code: 1000, reason: ""))])
    }

    @Test func outboxIsBounded() throws {
        let bench = try Bench(limits: .with { $0.outboundBytes = 10_000 })
        bench.setWritable(false)
        for _ in 0..<9 { try bench.socket.send(text: String(repeating: "x", count: 1000)) }
        bench.loop.run()
        #expect(bench.transcript.closure == nil)
        for _ in 0..<2 { try bench.socket.send(text: String(repeating: "x", count: 1000)) }
        #expect(bench.transcript.closure == nil, "not from within send")
        bench.loop.run()
        #expect(bench.transcript.closure == .slowConsumer)
        bench.setWritable(true)
        #expect(try bench.sent().dropFirst(2).starts(with: [UInt8(4002 >> 8), UInt8(4002 & 0xFF)]))
    }

    /// A channel that reads what is left when a write fails, before the write returns.
    private final class ReadsWhileFlushing: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var incoming: [UInt8] = []

        func flush(context: ChannelHandlerContext) {
            let bytes = incoming
            incoming = []
            if !bytes.isEmpty { context.fireChannelRead(NIOAny(ByteBuffer(bytes: bytes))) }
            context.flush()
        }
    }

    @Test func nothingIsReceivedFromInsideASend() throws {
        let bench = try Bench()
        let failing = ReadsWhileFlushing()
        try bench.channel.pipeline.syncOperations.addHandler(failing, position: .first)
        failing.incoming = Wire.text("meanwhile")
        try bench.socket.send(text: String(repeating: "x", count: 100_000))
        #expect(failing.incoming.isEmpty, "it wrote at once")
        #expect(bench.transcript.events == [.opened], "not from within send")
        bench.loop.run()
        #expect(bench.transcript.events == [.opened, .text("meanwhile")])
    }

    /// Every byte is reported, with a message or as overhead, whatever the frames are.
    @Test(
        arguments: [
            (Wire.frame(0x89, [1, 2, 3]), 1), (Wire.frame(0x8A, [1, 2, 3]), 1), (Wire.frame(0x8A, []), 1),
            (Wire.frame(0x01, []) + Wire.frame(0x00, []) + Wire.frame(0x00, []), 3),
            (Wire.frame(0x01, [65, 66]) + Wire.frame(0x80, [67]), 1),
        ] as [([UInt8], Int)])
    func tellsOfEveryByte(_ bytes: [UInt8], otherFrames: Int) throws {
        for byByte in [false, true] {
            let bench = try Bench()
            if byByte { for byte in bytes { try bench.receive([byte]) } } else { try bench.receive(bytes) }
            let payload = bench.transcript.events.reduce(0) { sum, event in
                if case .text(let text) = event { sum + text.utf8.count } else { sum }
            }
            // A few bytes of overhead wait for more.
            let told = bench.transcript.otherBytes + payload
            #expect(byByte ? (bytes.count - 64...bytes.count).contains(told) : told == bytes.count)
            #expect(byByte ? bench.transcript.otherFrames >= otherFrames : bench.transcript.otherFrames == otherFrames)
        }
    }

    @Test func cutsOffWhoGoesOnAfterTheEnd() throws {
        let bench = try Bench()
        try bench.receive(Wire.close(1000))
        bench.loop.run()
        for _ in 0..<5 { try? bench.receive([UInt8](repeating: 0, count: 1 << 20)) }
        bench.loop.run()
        #expect(!bench.channel.isActive)
    }

    @Test func tellsHowMuchWaits() throws {
        let bench = try Bench()
        #expect(bench.connections.outboundBytes == 0)
        bench.setWritable(false)
        try bench.socket.send(text: String(repeating: "x", count: 1000))
        #expect(bench.connections.outboundBytes == 1004)
        bench.setWritable(true)
        #expect(bench.connections.outboundBytes == 0)
    }

    @Test func writingIsBoundedInTime() throws {
        let bench = try Bench()
        bench.setWritable(false)
        bench.loop.advanceTime(by: .seconds(9))
        bench.setWritable(true)
        bench.setWritable(false)
        bench.loop.advanceTime(by: .seconds(9))
        #expect(bench.transcript.closure == nil)
        bench.loop.advanceTime(by: .milliseconds(1100))
        #expect(bench.transcript.closure == .slowConsumer)
        bench.loop.advanceTime(by: .seconds(6))
        #expect(!bench.channel.isActive)
    }

    @Test func sheddableMessagesAreShedFirst() throws {
        let bench = try Bench(limits: .with { $0.sheddingBytes = 100 })
        let socket = try bench.socket
        bench.setWritable(false)
        socket.send(text: "typing", sheddable: true)
        socket.send(text: String(repeating: "x", count: 100))
        socket.send(text: "typing again", sheddable: true)
        socket.send(text: "important")
        bench.setWritable(true)
        let expected = [
            Wire.text("typing", key: nil), Wire.text(String(repeating: "x", count: 100), key: nil),
            Wire.text("important", key: nil),
        ]
        #expect(try bench.sent() == expected.flatMap { $0 })
    }

    @Test func burstIsOneWrite() throws {
        let bench = try Bench()
        for _ in 0..<10 { try bench.socket.send(text: "x") }
        bench.loop.run()
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 30)
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("of however many that are written to in a tick, none is forgotten", arguments: [1, 64, 65, 200])
    func manyInATick(count: Int) throws {
        let loop = EmbeddedEventLoop()
        let settings = ConnectionSettings(role: .server, limits: WebSocketLimits(), heartbeat: .init())
        let connections = ConnectionLoop(settings: settings, eventLoop: loop)
        let transcripts = (0..<count).map { _ in Transcript() }
        let channels = try transcripts.map { transcript in
            let channel = EmbeddedChannel(loop: loop)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            let connection = WebSocketConnection(handler: Recorder(transcript), loop: connections)
            try channel.pipeline.syncOperations.addHandler(connection)
            return channel
        }
        for _ in 0..<2 {
            for text in ["a", "b"] {
                for transcript in transcripts { try #require(transcript.socket).send(text: Array(text.utf8)) }
            }
            loop.run()
            for channel in channels {
                var bytes: [UInt8] = []
                while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
                #expect(bytes == Wire.text("a", key: nil) + Wire.text("b", key: nil))
            }
        }
        for channel in channels { _ = try? channel.finish() }
    }

    @Test func nothingIsKeptAliveAfterwards() throws {
        weak var transcript: Transcript?
        do {
            let bench = try Bench()
            transcript = bench.transcript
            try bench.receive(Wire.text("a"))
            try bench.channel.close().wait()
            bench.loop.run()
            #expect(transcript != nil)
        }
        #expect(transcript == nil)
    }
}
