import NIOCore
import NIOHTTP1

/// The two handlers that parse requests and serialize answers. They are removed at the upgrade.
struct HTTPServerCodec {
    let encoder = HTTPResponseEncoder()
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>

    init(limits: WebSocketLimits) {
        decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits.decoderLimits))
    }
}

/// The two handlers that serialize the request and parse the answer. They are removed at the upgrade.
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
