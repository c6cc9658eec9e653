import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

@testable import WebSocketTransport

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/transport-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// The mode bits of a file, or nil where there is none.
func fileMode(_ path: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
}

/// Accepts TCP connections and says nothing, or the same words to everybody who comes.
struct SilentListener {
    private let channel: any Channel
    private let connections = Connections()
    let port: Int

    private final class Connections: Sendable {
        let open = Mutex(0)
        let accepted = Mutex(0)
    }

    /// How many were accepted, and how many of them are still open.
    var accepted: Int { connections.accepted.withLock(\.self) }
    var open: Int { connections.open.withLock(\.self) }

    init(greeting: String = "") async throws {
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { [connections] channel in
                connections.open.withLock { $0 += 1 }
                connections.accepted.withLock { $0 += 1 }
                if !greeting.isEmpty {
                    channel.eventLoop.execute { channel.writeAndFlush(ByteBuffer(string: greeting), promise: nil) }
                }
                channel.closeFuture.whenComplete { _ in connections.open.withLock { $0 -= 1 } }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }
}

/// Answers the first request on each connection with given bytes, or not at all, and reads nothing after it.
struct ScriptedServer {
    private let channel: any Channel
    let port: Int

    init(
        tls: ServerTLS? = nil, delay: TimeAmount = .zero, closes: Bool = false,
        answer: @escaping @Sendable (String) -> [UInt8]
    ) async throws {
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
                    try pipeline.addHandler(Responder(answer: answer, delay: delay, closes: closes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }

    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: @Sendable (String) -> [UInt8]
        private let delay: TimeAmount
        private let closes: Bool
        private var request = ""

        init(answer: @escaping @Sendable (String) -> [UInt8], delay: TimeAmount, closes: Bool) {
            self.answer = answer
            self.delay = delay
            self.closes = closes
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request += String(buffer: unwrapInboundIn(data))
            guard request.hasSuffix("\r\n\r\n") else { return }
            context.channel.setOption(.autoRead, value: false).whenComplete { _ in }
            let (channel, bytes, closes) = (context.channel, ByteBuffer(bytes: answer(request)), closes)
            context.eventLoop.scheduleTask(in: delay) {
                channel.writeAndFlush(bytes, promise: nil)
                if closes { channel.close(promise: nil) }
            }
        }
    }
}
