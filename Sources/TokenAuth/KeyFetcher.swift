import Foundation
import NIOPosix
import WebSocketTransport

/// Fetches a key set over HTTP: a small document from one configured address. Redirects are not followed.
struct KeyFetcher: Sendable {
    private let endpoint: Endpoint
    /// Path and query, percent-encoded.
    private let target: String
    private let client: WebSocketClient
    /// Limits the whole fetch. A source that sends a byte now and then must not hold up those who wait for the keys.
    private let timeout: Duration

    private static let maxBytes = 256 * 1024

    /// Returns nil unless the text is an `http` or `https` URL with a host.
    init?(url text: String, timeout: Duration = .seconds(5)) {
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty,
            let isEncrypted = ["http": false, "https": true][url.scheme?.lowercased() ?? ""]
        else { return nil }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        endpoint = .tcp(host: name, port: url.port ?? (isEncrypted ? 443 : 80), tls: isEncrypted)
        let path = url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath
        target = path + (url.percentEncodedQuery.map { "?\($0)" } ?? "")
        var limits = WebSocketLimits()
        limits.handshakeTime = timeout
        limits.responseBodyBytes = Self.maxBytes
        client = WebSocketClient(group: MultiThreadedEventLoopGroup.singleton, limits: limits)
        self.timeout = timeout
    }

    func fetch() async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { [timeout] group in
            group.addTask { try await fetchAll() }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw TookTooLong()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    private func fetchAll() async throws -> [UInt8] {
        let response = try await client.get(endpoint, target: target, headers: ["Accept": "application/json"])
        guard response.status == 200 else { throw Refused(status: response.status) }
        return response.body
    }

    private struct TookTooLong: Error, CustomStringConvertible {
        let description = "it took too long"
    }

    private struct Refused: Error, CustomStringConvertible {
        var status: Int
        var description: String { "HTTP \(status)" }
    }
}
