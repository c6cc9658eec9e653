import Foundation
import MarketplaceStandIn
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Talks to the stand-in as a program of a user would, without the code under test.
struct Client {
    let standIn: MarketplaceStandIn

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var json: JSON { JSON(parsing: body) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
        var access: String { json["access_token"]?.string ?? "" }
        var refresh: String { json["refresh_token"]?.string ?? "" }
        /// The code of an error, in either form.
        var code: String? { json["error_code"]?.string ?? json["code"]?.string }

        var claims: JSON {
            let part = access.split(separator: ".").dropFirst().first ?? ""
            let standard = String(part).replacing("-", with: "+").replacing("_", with: "/")
            let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
            guard let bytes = Data(base64Encoded: padded) else { return .null }
            return JSON(parsing: [UInt8](bytes)) ?? .null
        }
    }

    /// Redirects are answers here.
    func send(
        _ method: String, _ path: String, body: JSON? = nil, text: String? = nil, token: String? = nil,
        headers: [String: String] = [:], key: String? = "publishable"
    ) async throws -> Answer {
        var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
        fields.add(name: "Host", value: "127.0.0.1:\(standIn.port)")
        fields.add(name: "Connection", value: "close")
        if let key { fields.add(name: "apikey", value: key == "publishable" ? standIn.apiKeys.publishable : key) }
        if let token { fields.add(name: "Authorization", value: "Bearer " + token) }
        let bytes = Array((body?.text ?? text ?? "").utf8)
        fields.add(name: "Content-Length", value: String(bytes.count))
        let path = path.hasPrefix(standIn.url) ? String(path.dropFirst(standIn.url.count)) : path
        let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: fields)
        return try await exchange(head, bytes)
    }

    private func exchange(_ head: HTTPRequestHead, _ body: [UInt8]) async throws -> Answer {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: Answer.self)
        let isEncrypted = standIn.url.hasPrefix("https")
        let connecting = ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if isEncrypted {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.trustRoots = .certificates(
                            try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.authority.utf8)))
                        let context = try NIOSSLContext(configuration: configuration)
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(Reader(promise))
                }
            }
            .connect(host: "127.0.0.1", port: standIn.port)
        connecting.whenFailure { promise.fail($0) }
        let channel = try await connecting.get()
        let limit = channel.eventLoop.scheduleTask(in: .seconds(10)) { promise.fail(Failed.tooLate) }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        defer {
            limit.cancel()
            channel.close(promise: nil)
        }
        return try await promise.futureResult.get()
    }

    enum Failed: Error {
        case tooLate
        case cutOff
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let promise: EventLoopPromise<Answer>
        private var head: HTTPResponseHead?
        private var body: [UInt8] = []

        init(_ promise: EventLoopPromise<Answer>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let bytes): body += bytes.readableBytesView
            case .end:
                guard let head else { return }
                let fields = head.headers.map { (name: String, value: String) in (name.lowercased(), value) }
                promise.succeed(
                    Answer(
                        status: Int(head.status.code), headers: Dictionary(fields) { first, _ in first }, body: body))
            }
        }

        func channelInactive(context: ChannelHandlerContext) { promise.fail(Failed.cutOff) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }
    }

    func logIn(_ email: String, _ password: String) async throws -> Answer {
        try await send(
            "POST", "/auth/v1/token?grant_type=password",
            body: ["email": .string(email), "password": .string(password)])
    }

    func refresh(_ token: String) async throws -> Answer {
        try await send(
            "POST", "/auth/v1/token?grant_type=refresh_token", body: ["refresh_token": .string(token)])
    }
}
