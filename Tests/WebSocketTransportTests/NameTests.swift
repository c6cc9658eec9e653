import Dispatch
import NIOCore
import Synchronization
import Testing

@testable import WebSocketTransport

/// Servers given by name, with a resolver that the test provides.
@Suite(.timeLimit(.minutes(10)))
struct NameTests {
    /// All connections use one event loop: a queue per loop would show.
    private let eventLoop = testGroup.next()

    private func client(
        time: Duration = .seconds(10), lookup: @escaping NameResolver.Lookup
    ) -> WebSocketClient {
        let dialer = Dialer(tls: ClientTLS(), proxies: .none, lookup: lookup)
        return WebSocketClient(
            group: eventLoop, limits: .with { $0.handshakeTime = time }, heartbeat: .init(), dialer: dialer)
    }

    private func get(_ client: WebSocketClient, _ port: Int) async throws -> Int {
        try await client.get(.tcp(host: "chat.example", port: port, tls: false)).status
    }

    @Test func triesAllAddresses() async throws {
        try await withServer { _, port in
            let client = client { _, port in
                try ["::1", "127.0.0.2", "127.0.0.1"].map { try SocketAddress(ipAddress: $0, port: port) }
            }
            let status = try await get(client, port)
            #expect(status == 200)
        }
    }

    @Test func saysWhatIsWrongWithTheName() async throws {
        for (failure, problem) in [
            (LookupFailure.unknown, NetworkFailure.unknownHost), (.noAnswer, .noNameServer),
        ] {
            let client = client { _, _ in throw failure }
            await #expect(throws: ConnectError.unreachable(problem)) {
                _ = try await get(client, 1)
            }
        }
    }

    @Test func aLookupThatHangsHoldsUpNobody() async throws {
        try await withServer { _, port in
            let lookups = Mutex(0)
            let release = DispatchSemaphore(value: 0)
            let lookup: NameResolver.Lookup = { _, port in
                let number = lookups.withLock { count in
                    count += 1
                    return count
                }
                if number == 1 { release.wait() }
                return [try SocketAddress(ipAddress: "127.0.0.1", port: port)]
            }
            let hasty = client(time: .milliseconds(500), lookup: lookup)
            await #expect(throws: ConnectError.unreachable(.silent)) { _ = try await get(hasty, port) }
            let status = try await get(client(lookup: lookup), port)
            #expect(status == 200)
            release.signal()
        }
    }

    @Test func theSystemKnowsThisMachine() throws {
        let addresses = try SocketAddress.resolveAll("localhost", port: 8765)
        #expect(addresses.contains { $0.ipAddress == "127.0.0.1" || $0.ipAddress == "::1" })
        #expect(addresses.allSatisfy { $0.port == 8765 })
        #expect(try SocketAddress.resolveAll("::1", port: 1).map(\.ipAddress) == ["::1"])
        #expect(throws: LookupFailure.unknown) { try SocketAddress.resolveAll("no host", port: 1) }
    }
}
