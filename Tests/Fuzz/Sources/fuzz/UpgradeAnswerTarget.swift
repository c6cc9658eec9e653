import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import WebSocketTransport

/// What a server sends to a client that asked for a WebSocket: the answer, and frames after it.
enum UpgradeAnswerTarget {
    private struct Outcome: Equatable {
        var error: ConnectError?
        var events: [SocketEvent]
    }

    static func check(_ input: [UInt8]) {
        let whole = connect(Delivery.whole.pieces(of: input))
        let byteByByte = connect(Delivery.byteByByte.pieces(of: input))
        require(whole == byteByByte, "whole and byte by byte are the same: \(whole) \(byteByByte)")
    }

    private static func connect(_ pieces: [[UInt8]]) -> Outcome {
        let record = SocketRecord()
        let settings = ConnectionSettings(role: .client, limits: .small, heartbeat: .init())
        let channel = EmbeddedChannel()
        let answer = channel.eventLoop.makePromise(of: WebSocket.self)
        let loop = ConnectionLoop(settings: settings, eventLoop: channel.embeddedEventLoop)
        let codec = HTTPClientCodec(limits: settings.limits)
        let upgrade = ClientUpgradeHandler(
            request: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["Host": "x"]),
            key: "dGhlIHNhbXBsZSBub25jZQ==", codec: codec, loop: loop, makeHandler: { Recorder(record) },
            promise: answer)
        answer.futureResult.whenFailure { _ in channel.close(promise: nil) }
        _ = drive(channel, [codec.encoder, codec.decoder, upgrade], pieces)

        let outcome = NIOLoopBoundBox(Outcome(events: record.events), eventLoop: channel.eventLoop)
        answer.futureResult.whenFailure { outcome.value.error = ConnectError($0) }
        return outcome.value
    }
}
