import ArgumentParser
import ChatUI
import Dispatch
import Foundation
import ServerRuntime

/// Runs this program as its user's own server. A window starts it if it does not run.
struct LocalServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local-server", abstract: Texts.ofArguments.abstract(of: .localServer), shouldDisplay: false)

    /// The process's name in the list of processes, under which a user looks for a server.
    static let processName = "chat-server"

    /// The exit code if another server uses the database (EX_TEMPFAIL). Only the window that started this process sees it.
    static var storeInUse: Int32 { 75 }

    @Option(help: .hidden) var unix: String?
    @Option(help: .hidden) var store: String?

    /// The arguments to start it with, without the program's name.
    static func words(socket: String, store: String) -> [String] {
        ["local-server", "--unix", socket, "--store", store]
    }

    private func settings(_ texts: Texts) throws(UsageFailure) -> ServerSettings {
        guard let unix, let store else { throw UsageFailure(sentence: texts.localServerByHand) }
        for (flag, path) in [("--unix", unix), ("--store", store)] where !path.hasPrefix("/") {
            throw UsageFailure(sentence: texts.relativePath(flag))
        }
        var settings = ServerSettings(store: .sqlite(path: store))
        settings.localSocket = unix
        settings.insistsOnLocalSocket = true
        settings.exitWhenIdle = .seconds(60)
        return settings
    }

    func run() throws {
        let texts = Texts.ofArguments
        try texts.reportingFailures { Self.run(try settings(texts)) }
    }

    private static func run(_ settings: ServerSettings) -> Never {
        try? processName.write(toFile: "/proc/self/comm", atomically: false, encoding: .utf8)  // proc(5)
        let log = ServerLog.make(.text, .info)
        Task {
            var code: Int32 = 0
            do {
                try await Server(settings, log: log).run()
            } catch let failure as StartFailure {
                log.critical("\(failure)")
                code = failure.isStoreInUse ? storeInUse : failure.exitCode
            } catch {
                log.critical("\(error)")
                code = 70  // EX_SOFTWARE
            }
            ServerLog.flush()
            Foundation.exit(code)
        }
        dispatchMain()
    }
}

extension StartFailure {
    fileprivate var isStoreInUse: Bool { if case .store(.inUse) = self { true } else { false } }
}
