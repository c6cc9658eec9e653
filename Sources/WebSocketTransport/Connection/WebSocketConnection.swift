import NIOCore

/// One end of a WebSocket in a channel's pipeline: RFC 6455 after the upgrade.
///
/// Bytes in go through ``MessageReader``, bytes out through ``Outbox``; this class moves them, answers pings, takes part
/// in the closing handshake and watches the deadlines. It belongs to the channel's event loop and makes no task and no
/// timer of its own.
final class WebSocketConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// Our Close frame is on its way, the peer's is awaited.
        case closing
        /// Both have said all; the transport is ending. What still arrives is thrown away.
        case ending
        case closed
    }

    private let loop: ConnectionLoop
    private var handler: (any WebSocketHandler)?
    private var context: ChannelHandlerContext?
    /// The application's view of this; nil after the end, so that they do not keep each other alive.
    private(set) var socket: WebSocket?
    var deadlineSlot: Int64?

    private var phase = Phase.open
    /// How it ended: what came first.
    private var closure: WebSocketClosure?
    private var heartbeat: Heartbeat
    private var closeDeadline: NIODeadline?
    private var admissionDeadline: NIODeadline?

    private var reader: MessageReader
    /// What was read and not yet understood: part of a frame's header, or everything while reading is paused.
    private var unread = ByteBuffer()
    /// The application wants nothing read.
    private var isHeld = false
    /// The peer sent too much: until then nothing is read.
    private var restEnd: NIODeadline?
    private var readIsDue = false
    private var tally = InboundTally()
    /// What came after all was said.
    private var farewellBytes = 0

    private var outbox: Outbox
    private var flushIsDue = false
    /// A write that fails makes the channel read what is left, from inside a call that the application itself made. It must not
    /// be called from there.
    private var isFlushing = false
    /// Whether the channel takes more.
    private var isWritable = true
    /// Since when the channel takes nothing, plus the time that it may.
    private var writeDeadline: NIODeadline?
    /// Who wants to know that the outbox was sent up to a position.
    private var sentActions: [(position: UInt64, action: @Sendable () -> Void)] = []
    /// Whether to shut down our half of the TCP connection when the outbox is sent.
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
            farewellBytes += count
            if farewellBytes > limits.farewellBytes { return cut() }
        }
        guard phase == .open || phase == .closing else { return }
        tally.came(bytes: count)
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
            flush()  // it may still read our Close frame
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
        // A write that fails ends the channel from inside the application's own call.
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

    private var isPaused: Bool { isHeld || restEnd != nil }

    func pauseReading() {
        if phase == .open { isHeld = true }
    }

    func resumeReading() {
        guard isHeld else { return }
        isHeld = false
        readOn()
    }

    /// Also while it is closing: what is thrown away has to be read as well.
    func rest(for time: Duration) {
        guard phase == .open || phase == .closing else { return }
        restEnd = loop.deadlines.now + TimeAmount(time)
        scheduleDeadline()
    }

    private func readOn() {
        guard !isPaused else { return }
        heartbeat.restart(now: loop.deadlines.now)
        // Not here: the application must not be called from inside its own call.
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
        // A few bytes of a header must not keep a whole receive buffer.
        unread = unread.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: unread.readableBytesView)
    }

    private func tellOtherBytes() {
        let held = unread.readableBytes + reader.heldBytes
        guard let others = tally.takeOthers(heldBytes: held, frames: reader.frameCount) else { return }
        handler?.received(otherFrames: others.frames, bytes: others.bytes)
    }

    private func received(_ event: MessageReader.Event) {
        switch (event, phase) {
        case (.text(let text), .open):
            tally.willTell(bytes: text.utf8.count)
            handler?.received(text: text)
        case (.binary(let bytes), .open):
            tally.willTell(bytes: bytes.readableBytes)
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
            break  // a pong was counted as life already; and who was told goodbye needs no answer
        }
    }

    // MARK: Writing

    /// Sees to it that what was appended goes out, and that it is not too much.
    private func outboxGrew() {
        if outbox.byteCount > Self.writeAtOnceBytes { flush() }
        if outbox.byteCount > limits.outboundBytes, phase == .open {
            giveUp(.slowConsumer, code: CloseCode.slowConsumer, text: "too much is waiting to be read")
        } else {
            requestFlush()
        }
    }

    /// From how many bytes on the socket is written to before the end of the tick.
    private static let writeAtOnceBytes = 64 * 1024

    /// One flush for all that is sent in a tick of the loop.
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
        let wasFlushing = isFlushing  // the channel may have become writable within a flush
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

    /// Ties the actions whose bytes are with the channel to an empty write behind them.
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

    /// Both Close frames are said. The server ends the TCP connection first, so that the port is left waiting on its
    /// side (RFC 6455, section 7.1.1).
    private func endTransport() {
        phase = .ending
        hangsUpWhenSent = loop.settings.role == .server
        limitClosing()
        requestFlush()
        tellClosed()
    }

    /// Ends the connection for our own reason: the peer gets a Close frame if it still reads, the application is told
    /// now.
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

    /// Ends the connection to a peer that does not take what waits for it.
    private func giveUp(_ reason: WebSocketClosure, code: UInt16, text: String) {
        outbox.removeAll()
        sentActions = []
        fail(reason, code: code, text: text)
    }

    /// Sends FIN behind what was written. The peer's own end of the connection is waited for until the deadline, since
    /// closing with bytes unread would reset the connection and lose our Close frame on the way.
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
        (isHeld, restEnd) = (false, nil)
        readOn()  // the peer's Close frame, or its end of the connection, is to be seen
    }

    /// The end of everything here: the channel is gone.
    private func finish() {
        guard phase != .closed else { return }
        (isHeld, restEnd) = (false, nil)
        readMessages()  // what came before the end was sent, so it is received
        closure = closure ?? .lost("the connection ended without a Close frame")
        phase = .closed
        loop.deadlines.cancel(self)
        outbox.removeAll()
        sentActions = []
        tellClosed()
        onNextTick { $0.loop.remove($0) }  // after the application was told
    }

    /// Tells the application once, and not from inside its own call.
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
        let ofOpen = phase == .open ? [heartbeat.deadline, writeDeadline, admissionDeadline, restEnd] : []
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
        if let restEnd, restEnd <= now {
            self.restEnd = nil
            readOn()
        }
        if isPaused { return heartbeat.restart(now: now) }
        switch heartbeat.tick(now: now) {
        case .nothing: break
        case .ping: sendPing()
        case .giveUp: giveUp(.noPong, code: CloseCode.noPong, text: "no answer to a ping")
        }
    }

    /// The peer had its time to close properly. A reset also throws away what the kernel still held for it.
    func cut() {
        if let context { reset(context.channel) }
    }
}
