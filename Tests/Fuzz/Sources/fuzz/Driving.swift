import NIOCore
import NIOEmbedded
import Synchronization

@testable import WebSocketTransport

extension WebSocketLimits {
    /// Small limits, so that the fuzzer reaches them.
    static var small: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.frameBytes = 200
        limits.messageBytes = 300
        limits.headerBytes = 1024
        limits.requestBodyBytes = 100
        return limits
    }
}

/// An event of a handler.
enum SocketEvent: Equatable {
    case opened
    case text(String)
    case binary([UInt8])
    case closed(WebSocketClosure)
}

final class SocketRecord: Sendable {
    private let state = Mutex<[SocketEvent]>([])

    var events: [SocketEvent] { state.withLock { $0 } }
    func append(_ event: SocketEvent) { state.withLock { $0.append(event) } }
}

/// Records its events, and echoes messages.
final class Recorder: WebSocketHandler {
    private let record: SocketRecord
    private var socket: WebSocket?

    init(_ record: SocketRecord) { self.record = record }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        record.append(.opened)
    }

    func received(text: String) {
        record.append(.text(text))
        socket?.send(text: text)
    }

    func received(binary: ByteBuffer) {
        record.append(.binary(Array(binary.readableBytesView)))
        socket?.send(binary: binary)
    }

    func closed(_ closure: WebSocketClosure) {
        require(socket != nil, "a connection ends once, and after it was opened")
        socket = nil
        record.append(.closed(closure))
    }
}

/// Runs a connection from its first byte to its end.
/// - Returns: The bytes that were sent.
func drive(_ channel: EmbeddedChannel, _ handlers: [any ChannelHandler], _ pieces: [[UInt8]]) -> [UInt8] {
    let tasks = TaskQueue.shared
    do {
        try channel.pipeline.syncOperations.addHandlers(handlers)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    } catch {
        fatalError("setting up failed: \(error)")
    }
    for piece in pieces {
        guard channel.isActive else { break }
        // Errors that reach the end of the pipeline were handled by nobody.
        do { try channel.writeInbound(ByteBuffer(bytes: piece)) } catch {}
        tasks.run(with: channel.embeddedEventLoop)
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    tasks.run(with: channel.embeddedEventLoop)

    var sent: [UInt8] = []
    while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { sent += buffer.readableBytesView }
    return sent
}
