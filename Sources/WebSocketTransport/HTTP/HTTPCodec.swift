import NIOCore
import NIOHTTP1

/// The two handlers that turn bytes into requests and answers into bytes; they leave with the upgrade.
struct HTTPServerCodec {
    let encoder = HTTPResponseEncoder()
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>

    init(limits: WebSocketLimits) {
        decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits.decoderLimits))
    }
}

/// The two handlers that turn a request into bytes and bytes into an answer; they leave with the upgrade.
struct HTTPClientCodec {
    let encoder = HTTPRequestEncoder()
    let decoder: ByteToMessageHandler<HTTPResponseDecoder>

    init(limits: WebSocketLimits) {
        decoder = ByteToMessageHandler(
            HTTPResponseDecoder(
                leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .drop,
                limitConfiguration: limits.decoderLimits))
    }
}

extension WebSocketLimits {
    var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headerBytes
        limits.maxHeaderListSize = headerBytes
        return limits
    }
}
