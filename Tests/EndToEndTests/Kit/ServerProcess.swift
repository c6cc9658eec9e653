import Foundation

/// The real server on 127.0.0.1, with the database in its home. It ends with this object.
final class ServerProcess {
    let port: Int
    private let home: Home
    private let options: [String]
    private let unixSocket: String?
    private let process: ChildProcess
    private let output: OutputPipe

    /// The server did not start.
    struct Ended: Error, CustomStringConvertible {
        let log: String
        var description: String { "the server ended: \(log)" }
    }

    var url: String { "ws://127.0.0.1:\(port)" }

    /// Returns when the server listens. Port 0 uses a free one. The log is in the home's `server.log`.
    /// - Parameters:
    ///   - unixSocket: A Unix socket to listen on as well.
    ///   - through: A program with arguments that then executes the server, as `env` does.
    static func start(
        home: Home, port: Int = 0, options: [String] = [], unixSocket: String? = nil, through starter: [String] = []
    ) async throws -> ServerProcess {
        let program = try Programs.built("chat-server")
        let store = "sqlite:" + home.file("chat.sqlite")
        let output = try OutputPipe()
        let log = try home.appending(to: "server.log")
        let process = try ChildProcess(
            starter + [program, "--port", "\(port)", "--store", store]
                + (unixSocket.map { ["--unix", $0] } ?? ["--no-unix"])
                + options,
            environment: home.environment, output: output.writeEnd, errors: log.fileDescriptor)
        output.closeWriteEnd()
        do {
            let port = try await portAnnounced(on: output, home: home)
            return ServerProcess(
                port: port, home: home, options: options, unixSocket: unixSocket, process: process, output: output)
        } catch {
            process.send(SIGKILL)
            process.waitUntilExit()
            throw error
        }
    }

    private init(
        port: Int, home: Home, options: [String], unixSocket: String?, process: ChildProcess, output: OutputPipe
    ) {
        self.unixSocket = unixSocket
        self.port = port
        self.home = home
        self.options = options
        self.process = process
        self.output = output
    }

    deinit { kill9() }

    /// From the first line on standard output: `listening on ws://127.0.0.1:PORT`.
    private static func portAnnounced(on output: OutputPipe, home: Home) async throws -> Int {
        var bytes: [UInt8] = []
        return try await wait(for: "the server to listen", state: { try home.read("server.log") }) {
            guard let more = output.readAvailable() else { throw Ended(log: try home.read("server.log")) }
            bytes += more
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let line = String(decoding: bytes[..<end], as: UTF8.self)
            return line.split(separator: ":").last.flatMap { Int($0) }
        }
    }

    /// Kills it, as a crash of the machine does.
    func kill9() {
        process.send(SIGKILL)
        process.waitUntilExit()
    }

    /// Has it read its files and keys again.
    func reload() { process.send(SIGHUP) }

    /// Asks it to end, and returns its exit code.
    func terminate() async throws -> Int {
        process.send(SIGTERM)
        return try await waitForExit()
    }

    func waitForExit(within limit: Duration = .seconds(30)) async throws -> Int {
        try await wait(for: "the end of the server", within: limit, state: { try home.read("server.log") }) {
            process.exitCode
        }
    }

    /// Starts another one on the same port and database.
    func restarted() async throws -> ServerProcess {
        try await Self.start(home: home, port: port, options: options, unixSocket: unixSocket)
    }

    /// The body of the answer to a GET of this path.
    func get(_ path: String) throws -> String {
        try HTTP.get(path, port: port)
    }
}
