import NIOCore
import NIOEmbedded

@testable import WebSocketTransport

/// What a client sends to a server: requests, an upgrade, and frames after it.
enum UpgradeRequestTarget {
    private struct Outcome: Equatable {
        /// The statuses of the answers, in order.
        var statuses: [Int]
        var events: [SocketEvent]
    }

    static func check(_ input: [UInt8]) {
        let whole = serve(Delivery.whole.pieces(of: input))
        let byteByByte = serve(Delivery.byteByByte.pieces(of: input))
        require(whole.events == byteByByte.events, "the socket's events are the same: \(whole) \(byteByByte)")
        // An error after a request is answered only if it arrives after the answer. Otherwise that answer is the last.
        require(byteByByte.statuses.starts(with: whole.statuses), "the answers are the same: \(whole) \(byteByByte)")
        require(whole.statuses.isEmpty == byteByByte.statuses.isEmpty, "there is an answer either way")
    }

    private static func serve(_ pieces: [[UInt8]]) -> Outcome {
        let application = Application()
        let settings = ConnectionSettings(role: .server, limits: .small, heartbeat: .init())
        let channel = EmbeddedChannel()
        let loop = ConnectionLoop(settings: settings, eventLoop: channel.embeddedEventLoop)
        let codec = HTTPServerCodec(limits: settings.limits)
        let connection = HTTPServerConnection(
            application: application, loop: loop, trustedProxies: TrustedProxies(), codec: codec)
        let output = drive(channel, [codec.encoder, codec.decoder, connection], pieces)
        return Outcome(statuses: statuses(in: output), events: application.record.events)
    }

    /// The answers' statuses. Bodies are short and contain no status line.
    private static func statuses(in output: [UInt8]) -> [Int] {
        String(decoding: output, as: UTF8.self).split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }

    private final class Application: ServerApplication {
        let record = SocketRecord()

        func admit(_ request: HTTPRequest) -> Admission {
            request.path == "/no" ? .refuse(HTTPResponse(status: 401, text: "no")) : .accept(Recorder(record))
        }

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            HTTPResponse(status: 200, text: "\(request.query.count)")
        }
    }
}
