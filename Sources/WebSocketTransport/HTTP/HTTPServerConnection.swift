import DequeModule
import NIOCore
import NIOHTTP1
import Synchronization

/// HTTP/1.1 on a server's connection, until it is upgraded to a WebSocket or closed.
///
/// Requests are answered one after the other. While one is being answered nothing more is read, so a client that
/// pipelines costs no more than others. An answer is sent in pieces, as fast as the client reads. A client that reads
/// nothing for too long is disconnected. It must be used on the channel's event loop only.
final class HTTPServerConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Between two requests.
        case waiting
        case receiving(HTTPRequestHead, bodyBytes: Int)
        /// The application makes the answer, or the client reads it.
        case answering
        /// The last answer is being sent. Anything that still arrives is discarded.
        case closing
        case done
    }

    private let application: any ServerApplication
    private let loop: ConnectionLoop
    private let trustedProxies: TrustedProxies
    private var codec: HTTPServerCodec?
    /// Set until the first request has arrived.
    private var limiter: SocketLimiter?
    private var context: ChannelHandlerContext?
    var deadlineSlot: Int64?

    private var phase = Phase.waiting
    private var deadline: NIODeadline?
    /// Parts of requests that arrived while an earlier one is being answered.
    private var pipelined = Deque<HTTPServerRequestPart>()
    private var readIsDue = false
    /// The rest of the answer that is not sent yet, and the reservation of its bytes.
    private var unsent = ByteBuffer()
    private var hold: AnswerLimiter.Hold?
    private var endIsDue = false
    private var isSending = false
    /// Shared with the task that makes an answer.
    private let end = ConnectionEndFlag()
    /// Whether the present answer is the last on this connection, even if requests follow.
    private var closesAfterAnswer = false
    /// Whether the client has ended its side, so that nothing more arrives.
    private var hasInputEnded = false

    init(
        application: any ServerApplication, loop: ConnectionLoop, trustedProxies: TrustedProxies,
        codec: HTTPServerCodec, limiter: SocketLimiter? = nil
    ) {
        self.application = application
        self.loop = loop
        self.trustedProxies = trustedProxies
        self.codec = codec
        self.limiter = limiter
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

    /// A client that pipelines far too much gets its present answer only. It may connect again for the others.
    private func keep(_ part: HTTPServerRequestPart) {
        if closesAfterAnswer { return }
        pipelined.append(part)
        if pipelined.count > Self.maxPipelined {
            closesAfterAnswer = true
            pipelined = []
        }
    }

    /// Counted in parts: a request without a body has two.
    static let maxPipelined = 200

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
            hasInputEnded = true  // the error comes after the requests that are being answered
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

    /// The client has ended its side, but may still read the answers to its requests.
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
        if let limiter, let context {
            limiter.begin(ObjectIdentifier(context.channel))
            self.limiter = nil
        }
        phase = .receiving(head, bodyBytes: 0)
        setDeadline(limits.handshakeTime)
        // There must be exactly one Host field (RFC 9112, section 3.2). HTTP/1.0 did not have it yet.
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
        // The parser stops after a request that could switch protocols, even if it does not.
        let stopsParser = head.headers.contains(name: "Upgrade") || head.method == .CONNECT
        if !head.isKeepAlive || head.version.minor == 0 || stopsParser { closesAfterAnswer = true }

        let headers = HTTPHeaderFields(head.headers)
        let peer = Peer(of: context.channel, headers: headers, trusting: trustedProxies)
        let request = HTTPRequest(method: head.method.rawValue, target: head.uri, headers: headers, peer: peer)
        if OpeningHandshake.isAsked(by: headers) {
            return upgrade(head, request, hasBody: hasBody)
        }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        // The task is not cancelled when the connection ends: the application finishes what it has begun.
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
        // The decoder still holds what the client sent after its request, and passes it on when it is removed.
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

    private func send(_ response: HTTPResponse, isHead: Bool, holding hold: AnswerLimiter.Hold? = nil) {
        guard context != nil, case .answering = phase else { return }
        // A client that asks too much has to connect again, and new connections are limited.
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

    /// A client that takes this many bytes within its deadline is not stalled.
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

    /// Ends our side, and the whole connection once the client has ended its side. Closing with unread bytes would
    /// reset the connection and could lose the answer.
    private func hangUp(_ context: ChannelHandlerContext) {
        phase = .closing
        pipelined = []
        setDeadline(limits.closeTime)
        let pipeline = context.pipeline.syncOperations
        if let decoder = codec?.decoder {
            try? pipeline.addHandler(LingeringClose(most: limits.lingerBytes), position: .before(decoder))
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
        case .answering: cut()  // a reset also makes the kernel discard what the client does not read
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
    /// Status 503 (RFC 9110, section 15.6.4).
    fileprivate static let tooBusy = HTTPResponse(
        status: 503, text: "Too many answers wait to be read, try again", headers: ["Retry-After": "1"])
}

/// Tells a task that nobody waits for its answer any more.
private final class ConnectionEndFlag: Sendable {
    private let flag = Atomic(false)

    var isReached: Bool { flag.load(ordering: .relaxed) }

    func reach() { flag.store(true, ordering: .relaxed) }
}
