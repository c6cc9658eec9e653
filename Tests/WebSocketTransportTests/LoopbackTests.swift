import Foundation
import NIOCore
import Testing

@testable import WebSocketTransport

/// Both ends, over real sockets.
@Suite(.timeLimit(.minutes(10)))
struct LoopbackTests {
    private let client = WebSocketClient(group: testGroup)

    private func connect(
        _ port: Int, _ transcript: Transcript, target: String = "/", client: WebSocketClient? = nil
    ) async throws -> WebSocket {
        try await (client ?? self.client).connect(
            to: .tcp(host: "127.0.0.1", port: port, tls: false), target: target
        ) { Recorder(transcript) }
    }

    /// Messages that another thread sent before are in the loop's queue. The loop's own calls must not overtake them.
    @Test func sendingKeepsItsOrderOverThreads() async throws {
        try await withServer { _, port in
            let transcript = Transcript()
            let socket = try await connect(port, transcript)
            let rounds = 200
            for round in 0..<rounds {
                try await socket.eventLoop.submit {
                    // The loop is busy here, so the other thread's message waits in its queue.
                    let hasSent = DispatchSemaphore(value: 0)
                    Thread.detachNewThread {
                        socket.send(text: "\(2 * round)")
                        hasSent.signal()
                    }
                    hasSent.wait()
                    socket.send(text: "\(2 * round + 1)")
                }.get()
            }
            try await eventually("all of them") { transcript.events.count == 1 + 2 * rounds }
            #expect(transcript.events == [.opened] + (0..<2 * rounds).map { .text("\($0)") })
        }
    }

    @Test func messagesComeBackInOrder() async throws {
        try await withServer { _, port in
            let transcript = Transcript()
            let socket = try await connect(port, transcript)
            let texts = (0..<200).map { "message \($0) – ñ" }
            for text in texts { socket.send(text: text) }
            socket.send(binary: ByteBuffer(bytes: [0, 1, 2]))
            try await eventually("all are back") { transcript.events.count == 202 }
            #expect(transcript.events == [.opened] + texts.map(HandlerEvent.text) + [.binary([0, 1, 2])])
        }
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65535, 65536])
    func everyLengthPasses(length: Int) async throws {
        try await withServer { _, port in
            let transcript = Transcript()
            let socket = try await connect(port, transcript)
            let text = String(repeating: "x", count: length)
            socket.send(text: text)
            try await eventually("it is back") { transcript.events.last == .text(text) }
        }
    }

    @Test func clientCloses() async throws {
        let application = TestApplication()
        try await withServer(application) { server, port in
            let transcript = Transcript()
            let socket = try await connect(port, transcript)
            socket.send(text: "last words")
            socket.close(code: 1000, reason: "bye")
            try await eventually("both know") { transcript.closure != nil && application.first?.closure != nil }
            #expect(transcript.closure == .byUs(code: 1000))
            #expect(
                application.first?.events == [
                    .opened, .text("last words"), .closed(.byPeer(code: 1000, reason: "bye")),
                ])
            try await eventually("the connection is gone") { server.openConnections == 0 }
        }
    }

    @Test func serverCloses() async throws {
        let application = TestApplication()
        try await withServer(application) { server, port in
            let transcript = Transcript()
            let socket = try await connect(port, transcript)
            socket.send(text: "close me")
            try await eventually("both know") { transcript.closure != nil && application.first?.closure != nil }
            #expect(transcript.closure == .byPeer(code: 4003, reason: "as you wish"))
            #expect(application.first?.closure == .byUs(code: 4003))
            try await eventually("the connection is gone") { server.openConnections == 0 }
        }
    }

    @Test func refusalCarriesStatusAndBody() async throws {
        try await withServer { _, port in
            await #expect(throws: ConnectError.refused(status: 401, body: Array("who are you\n".utf8))) {
                _ = try await connect(port, Transcript(), target: "/refused")
            }
        }
    }

    @Test func requestReachesTheApplication() async throws {
        let application = TestApplication()
        try await withServer(application) { _, port in
            _ = try await client.connect(
                to: .tcp(host: "127.0.0.1", port: port, tls: false), target: "/a%20b?userId=u%31&x=a+b&empty",
                hostHeader: "chat.example", headers: ["Authorization": "Bearer t"]
            ) { Recorder(Transcript()) }
            let request = try #require(application.requests.withLock { $0.first })
            #expect(request.path == "/a b")
            #expect(request.queryValue("userId") == "u1")
            #expect(request.queryValue("x") == "a b")
            #expect(request.queryValue("empty") == "")
            #expect(request.headers["authorization"] == "Bearer t")
            #expect(request.headers["HOST"] == "chat.example")
            #expect(request.peer == .address("127.0.0.1"))
        }
    }

    @Test func nobodyListens() async throws {
        let port = try await withServer { _, port in port }
        await #expect(throws: ConnectError.unreachable(.refused)) {
            _ = try await connect(port, Transcript())
        }
    }

    @Test func silentServerTimesOut() async throws {
        // A listener that never accepts: the kernel establishes the connection, but nobody answers.
        let silent = try await SilentListener()
        let hasty = WebSocketClient(group: testGroup, limits: .with { $0.handshakeTime = .milliseconds(300) })
        await #expect(throws: ConnectError.timedOut) {
            _ = try await connect(silent.port, Transcript(), client: hasty)
        }
        await #expect(throws: ConnectError.timedOut) {
            _ = try await hasty.get(.tcp(host: "127.0.0.1", port: silent.port, tls: false))
        }
        try await silent.close()
    }

    @Test func cancelledConnectEnds() async throws {
        let silent = try await SilentListener()
        let port = silent.port
        let task = Task { try await connect(port, Transcript()) }
        task.cancel()
        await #expect(throws: ConnectError.cancelled) { _ = try await task.value }
        try await silent.close()
    }

    @Test func getsAnswers() async throws {
        try await withServer { _, port in
            let endpoint = Endpoint.tcp(host: "localhost", port: port, tls: false)
            let answer = try await client.get(endpoint, target: "/messages?userId=a")
            #expect(answer.status == 200)
            #expect(answer.headers["x-test"] == "yes")
            #expect(answer.body == Array("path /messages\n".utf8))
            #expect(try await client.get(endpoint, target: "/nothing").status == 204)
            #expect(try await client.get(endpoint, target: "/big").body.count == 3 << 20)
            let small = WebSocketClient(group: testGroup, limits: .with { $0.responseBodyBytes = 1 << 20 })
            await #expect(throws: ConnectError.badResponse("the answer is longer than 1048576 bytes")) {
                _ = try await small.get(endpoint, target: "/big")
            }
            await #expect(throws: ConnectError.self) { _ = try await client.get(endpoint, target: "/\r\nX: y") }
        }
    }

    @Test func drainClosesEverything() async throws {
        let application = TestApplication()
        let server = WebSocketServer(group: testGroup, application: application)
        let port = try await server.listen(host: "127.0.0.1", port: 0)
        let transcripts = (0..<20).map { _ in Transcript() }
        for transcript in transcripts { _ = try await connect(port, transcript) }
        #expect(server.openConnections == 20)
        async let slow = client.get(.tcp(host: "127.0.0.1", port: port, tls: false), target: "/slow")
        try await eventually("the request is being answered") {
            application.requests.withLock { $0.contains { $0.path == "/slow" } }
        }
        await server.stopListening()
        await #expect(throws: ConnectError.self) { _ = try await connect(port, Transcript()) }
        #expect(server.openConnections == 20)
        await server.drain(code: 1012, within: .seconds(5))
        #expect(server.openConnections == 0)
        #expect(try await slow.status == 200)
        try await eventually("all were told") { transcripts.allSatisfy { $0.closure != nil } }
        #expect(transcripts.allSatisfy { $0.closure == .byPeer(code: 1012, reason: "the server ends") })
        await #expect(throws: ConnectError.self) { _ = try await connect(port, Transcript()) }
        await #expect(throws: ListenError.draining) { _ = try await server.listen(host: "127.0.0.1", port: 0) }
    }

    @Test func drainCutsWhoDoesNotLeave() async throws {
        let server = WebSocketServer(group: testGroup, application: TestApplication())
        let port = try await server.listen(host: "127.0.0.1", port: 0)
        let stubborn = try await RawClient(port: port)
        try await stubborn.upgrade()
        let start = ContinuousClock.now
        await server.drain(code: 1012, within: .seconds(2))
        #expect(ContinuousClock.now - start < .seconds(4))
        try await eventually("the client sees the end") { stubborn.isClosed }
        #expect(stubborn.afterUpgrade == Wire.close(1012, "the server ends", key: nil))
    }

    @Test func pausedReaderLosesNothing() async throws {
        let application = TestApplication(echoes: false)
        try await withServer(application) { _, port in
            let socket = try await connect(port, Transcript())
            try await eventually("the server has it") { application.first?.socket != nil }
            let transcript = try #require(application.first)
            let receiver = try #require(transcript.socket)
            receiver.pauseReading()
            try await receiver.eventLoop.submit {}.get()  // messages sent from here on arrive while it is paused
            for number in 0..<50 { socket.send(text: "\(number)") }
            try await Task.sleep(for: .milliseconds(100))
            #expect(transcript.events == [.opened])
            receiver.resumeReading()
            try await eventually("all are there") { transcript.events.count == 51 }
            #expect(transcript.events.dropFirst() == (0..<50).map { .text("\($0)") }[...])
        }
    }

    @Test func whenSentFollowsTheMessages() async throws {
        let application = TestApplication(echoes: false)
        try await withServer(application) { _, port in
            let transcript = Transcript()
            _ = try await connect(port, transcript)
            try await eventually("the server has it") { application.first?.socket != nil }
            let socket = try #require(application.first?.socket)
            let sent = testGroup.next().makePromise(of: Void.self)
            for _ in 0..<100 { socket.send(text: String(repeating: "x", count: 1000)) }
            socket.whenSent { sent.succeed() }
            try await sent.futureResult.get()
            try await eventually("all are there") { transcript.events.count == 101 }
        }
    }

    @Test func localhostAndUnixSocket() async throws {
        let application = TestApplication()
        let server = WebSocketServer(group: testGroup, application: application)
        let port = try await server.listen(host: "localhost", port: 0)
        let folder = try TemporaryFolder()
        let path = folder.path + "/run/chat.sock"
        try await server.listen(unixSocket: path)
        for endpoint in [Endpoint.tcp(host: "localhost", port: port, tls: false), .unix(path: path)] {
            let transcript = Transcript()
            let socket = try await client.connect(to: endpoint) { Recorder(transcript) }
            socket.send(text: "hello")
            try await eventually("it is back") { transcript.events.last == .text("hello") }
        }
        #expect(application.requests.withLock { $0.last?.peer } == .unix)
        #expect(application.requests.withLock { $0.last?.headers["Host"] } == "localhost")
        await server.drain(within: .milliseconds(500))
        await #expect(throws: ConnectError.self) {
            _ = try await client.connect(to: .unix(path: path)) { Recorder(Transcript()) }
        }
    }

    @Test func saysWhyItDoesNotListen() async throws {
        try await withServer { server, port in
            await #expect(throws: ListenError.notBound("127.0.0.1:\(port)", "Address already in use")) {
                _ = try await server.listen(host: "127.0.0.1", port: port)
            }
            await #expect(throws: ListenError.unknownHost("no host")) {
                _ = try await server.listen(host: "no host", port: 0)
            }
        }
    }

    @Test func slowReaderIsClosedAndDelaysNobody() async throws {
        let application = TestApplication(echoes: false)
        let limits = WebSocketLimits.with { $0.closeTime = .milliseconds(300) }
        try await withServer(application, limits: limits) { server, port in
            let slow = try await RawClient(port: port, reads: false)
            try await slow.send(RawClient.upgradeRequest())
            try await eventually("the server has it") { application.first?.socket != nil }
            let brisk = Transcript()
            _ = try await connect(port, brisk)
            try await eventually("the server has both") { application.transcripts.withLock { $0.last?.socket != nil } }
            let sockets = application.transcripts.withLock { $0.compactMap(\.socket) }
            #expect(sockets.count == 2)
            // More than the kernel holds for one connection.
            let text = String(repeating: "x", count: 60_000)
            for round in 0..<1000 where application.first?.closure == nil {
                for socket in sockets { socket.send(text: text) }
                try await eventually("the brisk one has it") { brisk.events.count == round + 2 }
            }
            try await eventually("the slow one is given up") { application.first?.closure == .slowConsumer }
            #expect(brisk.closure == nil)
            try await eventually("its connection is gone") { server.openConnections == 1 }
            slow.close()
        }
    }
}
