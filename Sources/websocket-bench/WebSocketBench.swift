import ArgumentParser
import Foundation
import WebSocketTransport

/// A load for measuring servers on this machine: many idle connections, or a few busy ones.
@main
struct WebSocketBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "websocket-bench",
        abstract: "Measures a WebSocket server on this machine.",
        subcommands: [IdleConnections.self, EchoRoundTrips.self])
}

/// A server's address, as both measurements take it.
struct ServerUnderTest: ParsableArguments {
    @Option(help: "The server: PORT of 127.0.0.1.")
    var port: Int

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port is a number from 1 to 65535.") }
    }

    /// Never another machine: this is a load generator.
    var endpoint: Endpoint { .tcp(host: "127.0.0.1", port: port, tls: false) }
}

/// What a measurement waits for did not happen in its time.
struct TookTooLong: Error, CustomStringConvertible {
    var description: String
}

/// A connection ended in the middle of the measurement.
struct ConnectionLost: Error, CustomStringConvertible {
    var why: String
    var description: String { "a connection was lost: \(why)" }
}

/// Waits until `condition` holds, looking often.
/// - Throws: ``TookTooLong`` after `limit`.
func wait(
    for what: String, within limit: Duration = .seconds(60), until condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        if ContinuousClock.now > deadline { throw TookTooLong(description: "\(what) took more than \(limit)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
