import AsyncHTTPClient
import NIOCore

/// Gets a key set over HTTP: a small document from one address, and from no other it may point at.
final class KeyFetcher: Sendable {
    private let url: String
    private let client: HTTPClient

    private static let mostBytes = 256 * 1024
    private static let timeout: TimeAmount = .seconds(5)

    init(url: String) {
        self.url = url
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: Self.timeout, read: Self.timeout)
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func fetch() async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/json")
        let response = try await client.execute(request, timeout: Self.timeout)
        guard response.status == .ok else { throw Refused(status: Int(response.status.code)) }
        let body = try await response.body.collect(upTo: Self.mostBytes)
        return Array(body.readableBytesView)
    }

    func close() async {
        try? await client.shutdown()
    }

    private struct Refused: Error, CustomStringConvertible {
        var status: Int
        var description: String { "HTTP \(status)" }
    }
}
