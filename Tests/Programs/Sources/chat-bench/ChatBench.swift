import ArgumentParser
import Foundation
import WebSocketTransport

/// A load for measuring servers on this machine: many idle connections, or few or many busy ones.
@main
struct ChatBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-bench",
        abstract: "Measures a server on this machine.",
        subcommands: [IdleConnections.self, EchoRoundTrips.self, Delivery.self, Fill.self, Resume.self])
}

/// The address of the server under test, for all measurements.
struct ServerUnderTest: ParsableArguments {
    @Option(help: "The server: PORT of 127.0.0.1.")
    var port: Int

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port is a number from 1 to 65535.") }
    }

    /// Always this machine, since this is a load generator.
    var endpoint: Endpoint { .tcp(host: "127.0.0.1", port: port, tls: false) }
}

/// An expected event did not happen in time.
struct TookTooLong: Error, CustomStringConvertible {
    var description: String
}

/// A connection ended in the middle of the measurement.
struct ConnectionLost: Error, CustomStringConvertible {
    var why: String
    var description: String { "a connection was lost: \(why)" }
}

/// The server made a mistake: a message came twice, not at all or out of order, or was refused.
struct WrongAnswer: Error, CustomStringConvertible {
    var description: String
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

/// Prints a line at once, even into a pipe, because the reader takes its own measurements at that moment.
func report(_ line: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}

/// Prints a result as one line of JSON, for the script that makes the table.
func report(_ result: some Encodable) {
    guard let data = try? JSONEncoder().encode(result) else {
        preconditionFailure("results are made of numbers and strings, which always encode")
    }
    report(String(decoding: data, as: UTF8.self))
}
