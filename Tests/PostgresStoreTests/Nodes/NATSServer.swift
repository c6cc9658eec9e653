#if Cluster

import Foundation

@testable import NATSBus

/// A NATS server of the tests' own, on a free port.
final class NATSServer: @unchecked Sendable {
    private let folder: String
    private var process: Process
    private(set) var port = 0

    static let shared: NATSServer = {
        do { return try NATSServer() } catch { fatalError("NATS does not start: \(error)") }
    }()

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process = try Self.start(port: -1, in: folder)
        port = try Self.waitForPort(of: process, in: folder)
        Self.processes.append(process)
        Self.folders.append(folder)
        atexit {
            for process in NATSServer.processes { process.terminate() }
            for folder in NATSServer.folders { try? FileManager.default.removeItem(atPath: folder) }
        }
    }

    // Tests that run a server of their own append to it one after the other, as they are in one suite.
    nonisolated(unsafe) private static var processes: [Process] = []
    nonisolated(unsafe) private static var folders: [String] = []

    /// - Parameter name: Tells databases apart.
    func address(_ name: String) throws -> NATSAddress {
        guard let address = NATSAddress("nats://127.0.0.1:\(port)/\(name)") else {
            throw Failure(description: "an odd name: \(name)")
        }
        return address
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Starts it again on the same port.
    func restart() throws {
        process = try Self.start(port: port, in: folder)
        _ = try Self.waitForPort(of: process, in: folder)
        Self.processes.append(process)
    }

    private static func start(port: Int, in folder: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: try program())
        process.arguments = ["-a", "127.0.0.1", "-p", "\(port)", "--ports_file_dir", folder]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Debian's package may be installed, or unpacked by `make nats`.
    private static func program() throws -> String {
        let paths = ["/usr/sbin/nats-server", "/usr/bin/nats-server", ".build-cluster/nats/usr/sbin/nats-server"]
        guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
            throw Failure(description: "`make nats` unpacks it")
        }
        return path
    }

    /// The server writes its addresses into a file as soon as it listens.
    private static func waitForPort(of process: Process, in folder: String) throws -> Int {
        let file = folder + "/nats-server_\(process.processIdentifier).ports"
        let end = ContinuousClock.now + .seconds(30)
        while .now < end {
            if let text = try? String(contentsOfFile: file, encoding: .utf8),
                let match = text.firstMatch(of: /nats:\/\/127\.0\.0\.1:(\d+)/), let port = Int(match.1)
            {
                return port
            }
            usleep(10_000)
        }
        throw Failure(description: "it does not listen")
    }
}

#endif
