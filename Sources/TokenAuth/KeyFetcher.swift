import AsyncHTTPClient
import NIOCore

/// Gets a key set over HTTP: a small document from one address, and from no other it may point at.
final class KeyFetcher: Sendable {
    private let url: String
    private let client: HTTPClient

    private static let mostBytes = 256 * 1024
    /// For everything together: who sends a byte now and then must not hold up those who wait for the keys.
    private let timeout: Duration

    init(url: String, timeout: Duration = .seconds(5)) {
        self.url = url
        self.timeout = timeout
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: TimeAmount(timeout), read: TimeAmount(timeout))
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func fetch() async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { [timeout] group in
            group.addTask { try await self.fetchAll() }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw TookTooLong()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private func fetchAll() async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: "application/json")
        let response = try await client.execute(request, timeout: TimeAmount(timeout))
        guard response.status == .ok else { throw Refused(status: Int(response.status.code)) }
        let body = try await response.body.collect(upTo: Self.mostBytes)
        try Task.checkCancellation()  // then the body ends before its end
        return Array(body.readableBytesView)
    }

    func close() async {
        try? await client.shutdown()
    }

    private struct TookTooLong: Error, CustomStringConvertible {
        let description = "it took too long"
    }

    private struct Refused: Error, CustomStringConvertible {
        var status: Int
        var description: String { "HTTP \(status)" }
    }
}
