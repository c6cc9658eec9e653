import NIOCore

/// One end of a WebSocket in a channel's pipeline: RFC 6455 after the upgrade.
///
/// ``MessageReader`` parses incoming bytes, and ``Outbox`` holds outgoing ones. This class moves them, answers pings,
/// takes part in the closing handshake and watches the deadlines. It must be used on the channel's event loop only. It
/// creates no tasks and no timers of its own.
final class WebSocketConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// Our Close frame is sent or queued, and the peer's is awaited.
        case closing
        /// Both Close frames are sent, and the transport is ending. Anything that still arrives is discarded.
        case ending
        case closed
    }

    private let loop: ConnectionLoop
    private var handler: (any WebSocketHandler)?
    private var context: ChannelHandlerContext?
    /// The application's handle. It is nil after the end, so that the two do not keep each other alive.
    private(set) var socket: WebSocket?
    var deadlineSlot: Int64?

    private var phase = Phase.open
    /// How the connection ended. The first cause counts.
    private var closure: WebSocketClosure?
    private var heartbeat: Heartbeat
    private var closeDeadline: NIODeadline?
    private var admissionDeadline: NIODeadline?

    private var reader: MessageReader
    /// Bytes that are read but not parsed: a part of a frame's header, or everything while reading is paused.
    private var unread = ByteBuffer()
    /// Whether the application has paused reading.
    private var isPausedByHandler = false
    /// Set while the peer is throttled: nothing is read until this time.
    private var throttleEnd: NIODeadline?
    private var readIsDue = false
    private var meter = InboundMeter()
    /// The bytes that arrived after the closing handshake.
    private var lingerBytes = 0

    private var outbox: Outbox
    private var flushIsDue = false
    /// True during a flush. If the write fails, the channel delivers what is left to read, from inside the
    /// application's own call. The handler must not be called from there.
    private var isFlushing = false
    /// Whether the channel accepts more data.
    private var isWritable = true
    /// The time by which the channel must become writable again.
    private var writeDeadline: NIODeadline?
    /// Actions to call when the outbox has been sent up to a position.
    private var sentActions: [(position: UInt64, action: @Sendable () -> Void)] = []
    /// Whether to shut down our half of the TCP connection after the outbox is sent.
    private var hangsUpWhenSent = false

    init(handler: any WebSocketHandler, loop: ConnectionLoop) {
        self.handler = handler
        self.loop = loop
        let (settings, limits) = (loop.settings, loop.settings.limits)
        reader = MessageReader(
            role: settings.role, frameLimit: limits.frameBytes, messageLimit: limits.messageBytes)
        outbox = Outbox(role: settings.role)
        let interval = TimeAmount(settings.heartbeat.interval).nanoseconds
        let firstWait = settings.role == .client ? TimeAmount.nanoseconds(.random(in: 0...interval)) : nil
        heartbeat = Heartbeat(settings.heartbeat, firstWait: firstWait, now: loop.deadlines.now)
    }

    private var limits: WebSocketLimits { loop.settings.limits }

    // MARK: In the pipeline

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
        let socket = WebSocket(self, eventLoop: context.eventLoop)
        self.socket = socket
        scheduleDeadline()
        handler?.opened(socket)
        loop.insert(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        let count = bytes.readableBytes
        if phase != .open {
            lingerBytes += count
            if lingerBytes > limits.lingerBytes { return cut() }
        }
        guard phase == .open || phase == .closing else { return }
        meter.came(bytes: count)
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeBuffer(&bytes) }
        if isFlushing {
            onNextTick { $0.readWhatCame(bytes: count) }
        } else {
            readWhatCame(bytes: count)
        }
    }

    private func readWhatCame(bytes count: Int) {
        let framesBefore = reader.finishedFrames
        if !isPaused { readMessages() }
        if heartbeat.heard(bytes: count, endsFrame: reader.finishedFrames > framesBefore) { scheduleDeadline() }
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { readIsDue = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            flush()  // the peer may still read our Close frame
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            writeDeadline = nil
            flush()
        } else {
            writeDeadline = loop.deadlines.now + TimeAmount(limits.writeDeadline)
            scheduleDeadline()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        closure = closure ?? .lost(plainWords(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A failed write ends the channel from inside the application's own call.
        onNextTick { $0.finish() }
        context.fireChannelInactive()
    }

    // MARK: What the application asks for

    func send(text: String, sheddable: Bool) {
        guard mayAppend(sheddable: sheddable) else { return }
        outbox.append(.text, text)
        outboxGrew()
    }

    func send(text: [UInt8], sheddable: Bool) {
        guard mayAppend(sheddable: sheddable) else { return }
        outbox.append(.text, text)
        outboxGrew()
    }

    private func mayAppend(sheddable: Bool) -> Bool {
        phase == .open && !(sheddable && outbox.byteCount >= limits.sheddingBytes)
    }

    func send(binary: ByteBuffer) {
        guard phase == .open else { return }
        outbox.append(.binary, binary)
        outboxGrew()
    }

    func probe(patience: Duration?) {
        guard phase == .open, !isPaused else { return }
        let patience = patience.map { TimeAmount($0) }
        if case .ping = heartbeat.probe(now: loop.deadlines.now, patience: patience) { sendPing() }
        scheduleDeadline()
    }

    func awaitAdmission(for time: Duration) {
        admissionDeadline = loop.deadlines.now + TimeAmount(time)
        scheduleDeadline()
    }

    func admit() {
        admissionDeadline = nil
        scheduleDeadline()
    }

    func close(code: UInt16, reason: String) {
        guard phase == .open else { return }
        closure = .byUs(code: code)
        phase = .closing
        appendClose(code: code, reason: reason)
        limitClosing()
        outboxGrew()
    }

    private var isPaused: Bool { isPausedByHandler || throttleEnd != nil }

    func pauseReading() {
        if phase == .open { isPausedByHandler = true }
    }

    func resumeReading() {
        guard isPausedByHandler else { return }
        isPausedByHandler = false
        readOn()
    }

    /// A peer is also throttled while it is closing, since what is discarded has to be read as well.
    func throttle(for time: Duration) {
        guard phase == .open || phase == .closing else { return }
        throttleEnd = loop.deadlines.now + TimeAmount(time)
        scheduleDeadline()
    }

    private func readOn() {
        guard !isPaused else { return }
        heartbeat.restart(now: loop.deadlines.now)
        // The handler must not be called from inside the application's own call.
        onNextTick { connection in
            guard !connection.isPaused else { return }
            connection.readMessages()
            if connection.readIsDue, !connection.isPaused {
                connection.readIsDue = false
                connection.context?.read()
            }
        }
    }

    func whenSent(_ action: @escaping @Sendable () -> Void) {
        guard phase == .open else { return }
        sentActions.append((outbox.end, action))
        requestFlush()
    }

    // MARK: Reading

    private func readMessages() {
        do throws(ProtocolViolation) {
            while !isPaused, phase == .open || phase == .closing, let event = try reader.next(from: &unread) {
                received(event)
            }
        } catch {
            fail(.violation(code: error.code, error.reason), code: error.code, text: error.reason)
        }
        tellOtherBytes()
        guard !isPaused, unread.readableBytes < unread.storageCapacity else { return }
        // A few bytes of a header must not keep a whole receive buffer alive.
        unread = unread.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: unread.readableBytesView)
    }

    private func tellOtherBytes() {
        let held = unread.readableBytes + reader.heldBytes
        guard let others = meter.takeOthers(heldBytes: held, frames: reader.frameCount) else { return }
        handler?.received(otherFrames: others.frames, bytes: others.bytes)
    }

    private func received(_ event: MessageReader.Event) {
        switch (event, phase) {
        case (.text(let text), .open):
            meter.willTell(bytes: text.utf8.count)
            handler?.received(text: text)
        case (.binary(let bytes), .open):
            meter.willTell(bytes: bytes.readableBytes)
            handler?.received(binary: bytes)
        case (.ping(let payload), .open):
            outbox.append(.pong, payload)
            outboxGrew()
        case (.close(let frame), .open):
            closure = .byPeer(code: frame.code, reason: frame.reason)
            appendClose(code: frame.code, reason: "")
            endTransport()
        case (.close, _):
            endTransport()
        default:
            break  // a pong was counted as a sign of life already; after the closing handshake, a ping needs no answer
        }
    }

    // MARK: Writing

    /// Sends what was appended, and checks the limits of the outbox.
    private func outboxGrew() {
        if outbox.byteCount > Self.writeAtOnceBytes { flush() }
        if outbox.byteCount > limits.outboundBytes, phase == .open {
            giveUp(.slowConsumer, code: CloseCode.slowConsumer, text: "too much is waiting to be read")
        } else {
            requestFlush()
        }
    }

    /// With this many bytes, the socket is written to before the end of the tick.
    private static let writeAtOnceBytes = 64 * 1024

    /// Requests one flush for everything that is sent in this tick of the loop.
    private func requestFlush() {
        guard !flushIsDue, context != nil else { return }
        flushIsDue = true
        loop.flushSoon(self)
    }

    func flushIfDue() {
        if flushIsDue { flush() }
    }

    private func flush() {
        flushIsDue = false
        guard let context, phase != .closed else { return }
        let wasFlushing = isFlushing  // the channel may have become writable during a flush
        isFlushing = true
        defer { isFlushing = wasFlushing }
        var wroteAny = false
        while isWritable, let bytes = outbox.popFirst() {
            context.write(wrapOutboundOut(bytes), promise: nil)
            wroteAny = true
        }
        if notifyOfSent(context) { wroteAny = true }
        if hangsUpWhenSent, outbox.isEmpty {
            hangsUpWhenSent = false
            hangUp(context)
            wroteAny = true
        }
        if wroteAny { context.flush() }
    }

    /// Attaches the actions whose bytes have been written to an empty write after them.
    private func notifyOfSent(_ context: ChannelHandlerContext) -> Bool {
        let reached = sentActions.prefix { $0.position <= outbox.start }
        if reached.isEmpty { return false }
        sentActions.removeFirst(reached.count)
        let promise = context.eventLoop.makePromise(of: Void.self)
        let (eventLoop, actions) = (context.eventLoop, reached.map(\.action))
        promise.futureResult.whenSuccess {
            eventLoop.execute { for action in actions { action() } }
        }
        context.write(wrapOutboundOut(ByteBuffer()), promise: promise)
        return true
    }

    private func sendPing() {
        outbox.append(.ping, ByteBuffer())
        outboxGrew()
    }

    private func appendClose(code: UInt16?, reason: String) {
        outbox.append(.close, CloseFrame(code: code, reason: reason).payload)
    }

    // MARK: Ending

    /// Ends the TCP connection after both Close frames. The server does so first, so that TIME_WAIT is on its side (RFC
    /// 6455, section 7.1.1).
    private func endTransport() {
        phase = .ending
        hangsUpWhenSent = loop.settings.role == .server
        limitClosing()
        requestFlush()
        tellClosed()
    }

    /// Ends the connection for a reason of this side. The peer gets a Close frame if it still reads. The application is
    /// told now.
    private func fail(_ reason: WebSocketClosure, code: UInt16, text: String) {
        guard phase == .open || phase == .closing else { return }
        if phase == .open {
            closure = closure ?? reason
            appendClose(code: code, reason: text)
        }
        phase = .ending
        hangsUpWhenSent = true
        limitClosing()
        requestFlush()
        tellClosed()
    }

    /// Ends the connection to a peer that does not read.
    private func giveUp(_ reason: WebSocketClosure, code: UInt16, text: String) {
        outbox.removeAll()
        sentActions = []
        fail(reason, code: code, text: text)
    }

    /// Sends FIN after what was written, and waits for the peer's FIN until the deadline. Closing with unread bytes
    /// would reset the connection, and our Close frame could get lost.
    private func hangUp(_ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { [weak self] in
            self?.context?.close(mode: .output, promise: nil)
        }
        context.write(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    private func limitClosing() {
        closeDeadline = closeDeadline ?? loop.deadlines.now + TimeAmount(limits.closeTime)
        scheduleDeadline()
        guard isPaused else { return }
        (isPausedByHandler, throttleEnd) = (false, nil)
        readOn()  // so that the peer's Close frame or FIN is seen
    }

    /// Cleans up after the channel is gone.
    private func finish() {
        guard phase != .closed else { return }
        (isPausedByHandler, throttleEnd) = (false, nil)
        readMessages()  // what came before the end was sent, so it is delivered
        closure = closure ?? .lost("the connection ended without a Close frame")
        phase = .closed
        loop.deadlines.cancel(self)
        outbox.removeAll()
        sentActions = []
        tellClosed()
        onNextTick { $0.loop.remove($0) }  // after the application was told
    }

    /// Tells the application of the end, once, and not from inside its own call.
    private func tellClosed() {
        guard let handler, let context else { return }
        self.handler = nil
        socket = nil
        guard let closure else { return }
        context.eventLoop.assumeIsolated().execute { handler.closed(closure) }
    }

    private func onNextTick(_ body: @escaping (WebSocketConnection) -> Void) {
        context?.eventLoop.assumeIsolated().execute { body(self) }
    }
}

// MARK: - Deadlines

extension WebSocketConnection: LoopConnection {
    var isWebSocket: Bool { true }
    var outboundBytes: Int { outbox.byteCount }

    func drain(code: UInt16) { close(code: code, reason: "the server ends") }

    private func scheduleDeadline() {
        let ofOpen = phase == .open ? [heartbeat.deadline, writeDeadline, admissionDeadline, throttleEnd] : []
        if let next = (ofOpen + [closeDeadline]).compactMap(\.self).min() { loop.deadlines.schedule(self, at: next) }
    }

    func deadlineReached(now: NIODeadline) {
        guard phase != .closed else { return }
        if let closeDeadline, closeDeadline <= now { return cut() }
        if phase == .open { checkPeer(now: now) }
        scheduleDeadline()
    }

    private func checkPeer(now: NIODeadline) {
        if let writeDeadline, writeDeadline <= now {
            return giveUp(.slowConsumer, code: CloseCode.slowConsumer, text: "nothing was read for too long")
        }
        if let admissionDeadline, admissionDeadline <= now {
            self.admissionDeadline = nil
            handler?.notAdmitted()
            return close(code: CloseCode.notAdmitted, reason: "nobody said who this is")
        }
        if let throttleEnd, throttleEnd <= now {
            self.throttleEnd = nil
            readOn()
        }
        if isPaused { return heartbeat.restart(now: now) }
        switch heartbeat.tick(now: now) {
        case .nothing: break
        case .ping: sendPing()
        case .giveUp: giveUp(.noPong, code: CloseCode.noPong, text: "no answer to a ping")
        }
    }

    /// Resets the connection of a peer that did not close in time. A reset also discards what the kernel still holds
    /// for it.
    func cut() {
        if let context { reset(context.channel) }
    }
}
