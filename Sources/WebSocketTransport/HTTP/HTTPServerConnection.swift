import DequeModule
import NIOCore
import NIOHTTP1
import Synchronization

/// HTTP/1.1 on a server's connection, until it is upgraded to a WebSocket or closed.
///
/// Requests are answered one after the other; while one is, nothing more is read, so that a client that pipelines costs
/// no more than one that does not. An answer goes out in pieces, as the client takes them, and a client that takes nothing
/// for too long is cut. Belongs to the channel's event loop.
final class HTTPServerConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Between two requests.
        case waiting
        case receiving(HTTPRequestHead, bodyBytes: Int)
        /// The application makes the answer, or the client takes it.
        case answering
        /// The last answer is being sent. What still arrives is thrown away.
        case closing
        case done
    }

    private let application: any ServerApplication
    private let loop: ConnectionLoop
    private let trustedProxies: TrustedProxies
    private var codec: HTTPServerCodec?
    /// Until the first request is here.
    private var census: SocketCensus?
    private var context: ChannelHandlerContext?
    var deadlineSlot: Int64?

    private var phase = Phase.waiting
    private var deadline: NIODeadline?
    /// Parts of requests behind the one that is being answered.
    private var pipelined = Deque<HTTPServerRequestPart>()
    private var readIsDue = false
    /// What the client has not taken of the answer, and the right to keep it.
    private var unsent = ByteBuffer()
    private var hold: AnswerLedger.Hold?
    private var endIsDue = false
    private var isSending = false
    /// Known to the task that makes an answer.
    private let end = ConnectionEndMark()
    /// Whether the answer under way is the last on this connection, whatever was asked behind it.
    private var closesAfterAnswer = false
    /// Nothing more comes than what is here.
    private var hasInputEnded = false

    init(
        application: any ServerApplication, loop: ConnectionLoop, trustedProxies: TrustedProxies,
        codec: HTTPServerCodec, census: SocketCensus? = nil
    ) {
        self.application = application
        self.loop = loop
        self.trustedProxies = trustedProxies
        self.codec = codec
        self.census = census
    }

    private var limits: WebSocketLimits { loop.settings.limits }

    // MARK: In the pipeline

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        setDeadline(limits.handshakeTime)
        loop.insert(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        loop.remove(self)
        self.context = nil
        codec = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .closing, .done: break
        case .answering: keep(unwrapInboundIn(data))
        case .waiting, .receiving: received(unwrapInboundIn(data))
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = phase { readIsDue = true } else { context.read() }
    }

    /// One that sends more ahead than anybody does has its answer, and may come again for the others.
    private func keep(_ part: HTTPServerRequestPart) {
        if closesAfterAnswer { return }
        pipelined.append(part)
        if pipelined.count > Self.mostPipelined {
            closesAfterAnswer = true
            pipelined = []
        }
    }

    /// In parts: a request without a body has two.
    static let mostPipelined = 200

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        sendMore()
        context.fireChannelWritabilityChanged()
    }

    private func finish() {
        phase = .done
        end.reach()
        (unsent, hold, pipelined) = (ByteBuffer(), nil, [])
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        loop.remove(self)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { clientFinished() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (phase, error) {
        case (.waiting, let error as HTTPParserError), (.receiving, let error as HTTPParserError):
            refuse(Self.refusal(of: error))
        case (.answering, is HTTPParserError):
            hasInputEnded = true  // what is wrong comes behind the requests that are being answered
        case (.closing, is HTTPParserError), (.closing, is ByteToMessageDecoderError):
            break
        default:
            context.close(promise: nil)
        }
    }

    private static func refusal(of error: HTTPParserError) -> HTTPResponse {
        switch error {
        case .headerOverflow: HTTPResponse(status: 431, text: "The headers are too big")
        default: HTTPResponse(status: 400, text: "This is not HTTP")
        }
    }

    /// The client will send no more, but may still read the answers to what it asked.
    private func clientFinished() {
        switch phase {
        case .answering: hasInputEnded = true
        case .waiting, .receiving, .closing: context?.close(promise: nil)
        case .done: break
        }
    }

    // MARK: Requests

    private func received(_ part: HTTPServerRequestPart) {
        switch (part, phase) {
        case (.head(let head), .waiting):
            begin(head)
        case (.body(let bytes), .receiving(let head, let bodyBytes)):
            let total = bodyBytes + bytes.readableBytes
            if total > limits.requestBodyBytes { return refuseBody() }
            phase = .receiving(head, bodyBytes: total)
        case (.end, .receiving(let head, let bodyBytes)):
            setDeadline(nil)
            phase = .answering
            answer(head, hasBody: bodyBytes > 0)
        default:
            break  // the parser sends parts in order
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        if let census, let context {
            census.begin(ObjectIdentifier(context.channel))
            self.census = nil
        }
        phase = .receiving(head, bodyBytes: 0)
        setDeadline(limits.handshakeTime)
        // RFC 9112, section 3.2: exactly one Host; HTTP/1.0 knew none yet.
        let hosts = head.headers["Host"].count
        if hosts > 1 || hosts == 0 && head.version.minor >= 1 {
            return refuse(HTTPResponse(status: 400, text: "Exactly one Host header is needed"))
        }
        if let authority = Authority(ofTarget: head.uri), authority != head.headers.first(name: "Host") {
            return refuse(HTTPResponse(status: 400, text: "The Host header names another server than the target"))
        }
        if let length = head.headers.first(name: "Content-Length").flatMap(Int.init), length > limits.requestBodyBytes {
            return refuseBody()
        }
        if head.headers["Expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
            context?.flush()
        }
    }

    private func refuseBody() {
        refuse(HTTPResponse(status: 413, text: "The body is longer than \(limits.requestBodyBytes) bytes"))
    }

    private func answer(_ head: HTTPRequestHead, hasBody: Bool) {
        guard let context else { return }
        // After a request that could change the protocol the parser stops, whether or not it was changed.
        let stopsParser = head.headers.contains(name: "Upgrade") || head.method == .CONNECT
        if !head.isKeepAlive || head.version.minor == 0 || stopsParser { closesAfterAnswer = true }

        let headers = HTTPHeaderFields(head.headers)
        let peer = Peer(of: context.channel, headers: headers, trusting: trustedProxies)
        let request = HTTPRequest(method: head.method.rawValue, target: head.uri, headers: headers, peer: peer)
        if OpeningHandshake.isAsked(by: headers) {
            return upgrade(head, request, hasBody: hasBody)
        }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Not cancelled with the connection: what the application has begun, it finishes.
        Task { [application, end, answers = loop.answers, eventLoop = context.eventLoop] in
            let key = peer.limitKey
            let needsTurn = !application.answersAtOnce(request)
            if needsTurn, await !answers.turn(for: key) {
                return eventLoop.execute { connection.value.refuse(.tooBusy) }
            }
            defer { if needsTurn { answers.endTurn(for: key) } }
            if end.isReached { return }
            let response = await application.respond(to: request)
            let hold = answers.hold(bytes: response.body.count, for: key)
            eventLoop.execute {
                if let hold {
                    connection.value.send(response, isHead: head.method == .HEAD, holding: hold)
                } else {
                    connection.value.refuse(.tooBusy)
                }
            }
        }
    }

    private func upgrade(_ head: HTTPRequestHead, _ request: HTTPRequest, hasBody: Bool) {
        guard !hasBody else {
            return refuse(HTTPResponse(status: 400, text: "An upgrade request has no body"))
        }
        let key: String
        do throws(OpeningHandshake.Refusal) {
            key = try OpeningHandshake.check(method: head.method, version: head.version, headers: request.headers)
        } catch {
            return refuse(error.response)
        }
        switch application.admit(request) {
        case .refuse(let response): refuse(response)
        case .accept(let handler): becomeWebSocket(handler, key: key)
        }
    }

    private func becomeWebSocket(_ handler: any WebSocketHandler, key: String) {
        guard let context, let codec else { return }
        let headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": OpeningHandshake.accept(for: key),
        ]
        write(.head(HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)))
        write(.end(nil))

        phase = .done
        let pipeline = context.pipeline.syncOperations
        pipeline.removeHandler(codec.encoder, promise: nil)
        do {
            try pipeline.addHandler(WebSocketConnection(handler: handler, loop: loop), position: .after(self))
        } catch {
            return context.close(promise: nil)  // the channel is closed already
        }
        context.flush()  // now that it counts as open
        if readIsDue { context.read() }
        // What the client sent behind its request is in the decoder, which hands it on as it goes.
        pipeline.removeHandler(codec.decoder, promise: nil)
        pipeline.removeHandler(context: context, promise: nil)
    }

    // MARK: Answers

    /// Answers with an error, after which the connection ends.
    private func refuse(_ response: HTTPResponse) {
        closesAfterAnswer = true
        phase = .answering
        send(response, isHead: false)
    }

    private func send(_ response: HTTPResponse, isHead: Bool, holding hold: AnswerLedger.Hold? = nil) {
        guard context != nil, case .answering = phase else { return }
        // Who asks too much begins anew, and is counted at the accept.
        if loop.drainCode != nil || response.status == 429 { closesAfterAnswer = true }
        var headers = response.headers.nioHeaders
        let mayHaveBody = response.status >= 200 && response.status != 204 && response.status != 304
        if mayHaveBody { headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count)) }
        if isLastAnswer { headers.replaceOrAdd(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        if mayHaveBody, !isHead, !response.body.isEmpty {
            unsent = ByteBuffer(bytes: response.body)
            self.hold = hold
        }
        loop.traffic.note(status: response.status, bytes: unsent.readableBytes)
        endIsDue = true
        setDeadline(limits.keepAliveTime)
        sendMore()
    }

    /// A client that takes so much within the time that it has is not silent.
    private static let pieceBytes = 16 * 1024

    private func sendMore() {
        guard let context, endIsDue, !isSending else { return }
        isSending = true
        defer { isSending = false }
        let progress = NIOLoopBound(self, eventLoop: context.eventLoop)
        repeat {
            while context.channel.isWritable, unsent.readableBytes > 0,
                let piece = unsent.readSlice(length: min(Self.pieceBytes, unsent.readableBytes))
            {
                let taken = context.eventLoop.makePromise(of: Void.self)
                taken.futureResult.whenSuccess { progress.value.pieceIsTaken() }
                context.write(wrapOutboundOut(.body(.byteBuffer(piece))), promise: taken)
            }
            if unsent.readableBytes == 0, endIsDue { sendEnd(context) }
            context.flush()
        } while context.channel.isWritable && unsent.readableBytes > 0
    }

    private func pieceIsTaken() {
        if case .answering = phase { setDeadline(limits.keepAliveTime) }
    }

    private func sendEnd(_ context: ChannelHandlerContext) {
        endIsDue = false
        unsent = ByteBuffer()
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess { [weak self] in self?.answerIsSent() }
        context.write(wrapOutboundOut(.end(nil)), promise: sent)
    }

    private func answerIsSent() {
        guard let context, case .answering = phase else { return }
        hold = nil
        if isLastAnswer { return hangUp(context) }
        phase = .waiting
        setDeadline(limits.keepAliveTime)
        while isReceiving, let part = pipelined.popFirst() { received(part) }
        if readIsDue, isReceiving {
            readIsDue = false
            context.read()
        }
    }

    private var isLastAnswer: Bool {
        closesAfterAnswer || hasInputEnded && !pipelined.contains { if case .end = $0 { true } else { false } }
    }

    private var isReceiving: Bool {
        switch phase {
        case .waiting, .receiving: true
        case .answering, .closing, .done: false
        }
    }

    /// Ends our half, and all of it when the client has ended its own: closing with bytes unread would reset the
    /// connection and could take the answer with it.
    private func hangUp(_ context: ChannelHandlerContext) {
        phase = .closing
        pipelined = []
        setDeadline(limits.closeTime)
        let pipeline = context.pipeline.syncOperations
        if let decoder = codec?.decoder {
            try? pipeline.addHandler(FarewellGuard(most: limits.farewellBytes), position: .before(decoder))
            pipeline.removeHandler(decoder, promise: nil)
        }
        context.close(mode: .output, promise: nil)
        if readIsDue { context.read() }
    }

    private func write(_ part: HTTPServerResponsePart) {
        context?.write(wrapOutboundOut(part), promise: nil)
    }
}

// MARK: - Deadlines

extension HTTPServerConnection: LoopConnection {
    var isWebSocket: Bool { false }
    var outboundBytes: Int { unsent.readableBytes }

    private func setDeadline(_ time: Duration?) {
        guard let time else { return loop.deadlines.cancel(self) }
        loop.deadlines.schedule(self, at: loop.deadlines.now + TimeAmount(time))
    }

    func deadlineReached(now: NIODeadline) {
        switch phase {
        case .receiving: refuse(HTTPResponse(status: 408, text: "The request took too long"))
        case .answering: cut()  // the kernel is to forget, too, what the client does not take
        case .waiting, .closing: context?.close(promise: nil)
        case .done: break
        }
    }

    func drain(code: UInt16) {
        switch phase {
        case .waiting: context?.close(promise: nil)
        case .receiving, .answering: closesAfterAnswer = true
        case .closing, .done: break
        }
    }

    func cut() {
        if let context { reset(context.channel) }
    }
}

extension HTTPResponse {
    /// RFC 9110, section 15.6.4.
    fileprivate static let tooBusy = HTTPResponse(
        status: 503, text: "Too many answers wait to be read, try again", headers: ["Retry-After": "1"])
}

/// Tells a task that nobody waits for its answer any more.
private final class ConnectionEndMark: Sendable {
    private let flag = Atomic(false)

    var isReached: Bool { flag.load(ordering: .relaxed) }

    func reach() { flag.store(true, ordering: .relaxed) }
}
